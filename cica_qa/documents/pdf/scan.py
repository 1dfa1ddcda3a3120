"""Pages that are pictures: rendered, read by OCR, and turned into pieces of lines."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import Any

import pypdfium2.raw as pdfium

from cica_qa.documents import tesseract
from cica_qa.documents.pdf.letters import is_arabic
from cica_qa.documents.pdf.lines import Piece
from cica_qa.documents.tesseract import DPI, Word

_GAP = 1.6  # of the line's height: a gap that parts two pieces
_LARGE = 1.45  # of the usual height: what is set in a larger size for sure
_MOST_PIXELS = 40_000_000
_SIZE = 0.72  # of the height of a line's box: the size of its font
_NO_BREAKS = str.maketrans("", "", "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")


def render(page: Any, dpi: int = DPI) -> tuple[bytes, int]:
    """Return a grey picture of a page (PGM) and its resolution, less for huge pages."""
    width, height = page.get_width(), page.get_height()
    pixels = width * height * (dpi / 72) ** 2
    if pixels > _MOST_PIXELS:
        dpi = max(36, int(dpi * (_MOST_PIXELS / pixels) ** 0.5))
    bitmap = page.render(scale=dpi / 72, grayscale=True, may_draw_forms=False)
    try:
        rows = memoryview(bitmap.buffer).cast("B")
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        data = b"".join(bytes(rows[y * stride : y * stride + width]) for y in range(height))
    finally:
        bitmap.close()
    return b"P5 %d %d 255\n" % (width, height) + data, dpi


def to_pieces(words: list[Word], height: int, dpi: int) -> list[Piece]:
    """Turn the words of a picture of ``height`` pixels into pieces of lines, in points."""
    lines = [list(line) for _, line in groupby(words, key=lambda word: word.line)]
    usual = median(_height(line) for line in lines) if lines else 1.0
    scale = 72 / dpi
    pieces: list[Piece] = []
    for line in lines:
        tall = _height(line)
        size = (tall if tall > _LARGE * usual else usual) * scale * _SIZE
        bottom = median(word.top + 0.8 * word.height for word in line)
        for run in _runs(line, tall):
            text = " ".join(word.text for word in run).translate(_NO_BREAKS)
            left = min(word.left for word in run)
            right = max(word.left + word.width for word in run)
            letters = sum(map(str.isalpha, text))
            y = (height - bottom) * scale
            pieces.append(
                Piece(text, left * scale, right * scale, y, tall * scale, 0, size, letters=letters)
            )
    return pieces


def _height(line: list[Word]) -> float:
    return median(word.height for word in line)


def _runs(line: list[Word], height: float) -> list[list[Word]]:
    runs: list[list[Word]] = []
    for word in line:
        if runs:
            last = runs[-1][-1]
            gap = max(word.left - last.left - last.width, last.left - word.left - word.width)
            if gap <= _GAP * height:
                runs[-1].append(word)
                continue
        runs.append([word])
    return runs


def reads_right_to_left(words: list[Word]) -> bool:
    """Whether most letters of the words are Arabic."""
    letters = [character for word in words for character in word.text if character.isalpha()]
    return 2 * sum(map(is_arabic, letters)) >= len(letters)


def has_pictures(page: Any) -> bool:
    """Whether a page shows something other than text."""
    count = min(pdfium.FPDFPage_CountObjects(page.raw), 2000)
    kinds = (
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page.raw, i)) for i in range(count)
    )
    return any(kind != pdfium.FPDF_PAGEOBJ_TEXT for kind in kinds)


def read_scan(page: Any, name: str, seconds: float) -> tuple[list[Piece], list[Word]]:
    """Read a page by OCR. Raises ``UnreadableError`` as ``tesseract.read_words`` does."""
    picture, dpi = render(page)
    words = tesseract.read_words(picture, name, seconds, dpi)
    return to_pieces(words, round(page.get_height() * dpi / 72), dpi), words
