"""Scanned pages: rendered, read by OCR, and converted to pieces of lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from cica_qa.documents.pdf import tesseract
from cica_qa.documents.pdf.lexicon import is_common
from cica_qa.documents.pdf.lines import LinePiece
from cica_qa.documents.pdf.picture import Grey, enlarged, prepare_for_ocr
from cica_qa.documents.pdf.tesseract import DPI, OcrWord

_GAP = 1.6  # of the line's height: greatest gap within a piece
_LARGE = 1.45  # of the usual height: a higher line is certainly set in a larger size
_COMMA = re.compile(r"(?<=[ء-ي])»(?=\s|$)")
_HAMZA = re.compile(r"(?<![ء-ي])([ء-ي]{3,})ء(?=\s|$)")
_TWICE = re.compile(r"(ل[أإآ])[أإآ]|(?<=ل)(ا)ا(?=[ء-ي])")
_FINE = 250  # dots per inch: a finer picture is reduced, as OCR then reads it better
_MOST_PIXELS = 40_000_000
_SIZE = 0.72  # ratio of the font size to the height of the line's box


def render(page: Any, dpi: int = DPI) -> tuple[Grey, float]:
    """Return a grey picture of a page and its resolution in dpi, which is less for huge pages."""
    width, height = page.get_width(), page.get_height()
    pixels = width * height * (dpi / 72) ** 2
    scale = dpi / 72 * min(1.0, (_MOST_PIXELS / max(pixels, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        rows = np.frombuffer(bitmap.buffer, np.uint8).reshape(bitmap.height, bitmap.stride)
        return rows[:, : bitmap.width].copy(), scale * 72
    finally:
        bitmap.close()


def to_pieces(words: list[OcrWord], height: int, dpi: float) -> list[LinePiece]:
    """Return the words of a picture of ``height`` pixels as pieces of lines, in points."""
    lines = [list(line) for _, line in groupby(words, key=lambda word: word.line)]
    usual = median(_height(line) for line in lines) if lines else 1.0
    scale = 72 / dpi
    pieces: list[LinePiece] = []
    for line in lines:
        tall = _height(line)
        size = (tall if tall > _LARGE * usual else usual) * scale * _SIZE
        bottom = median(word.top + 0.8 * word.height for word in line)
        for run in _runs(line, tall):
            text = correct_ocr(" ".join(word.text for word in run))
            left = min(word.left for word in run)
            right = max(word.left + word.width for word in run)
            letters = sum(map(str.isalpha, text))
            y = (height - bottom) * scale
            pieces.append(
                LinePiece(
                    text, left * scale, right * scale, y, tall * scale, 0, size, letters=letters
                )
            )
    return pieces


def correct_ocr(text: str) -> str:
    """Correct frequent errors of Tesseract in Arabic.

    It reads a comma as «»» or as a hamza, and an alef twice.
    """
    if "«" not in text:
        text = _COMMA.sub("،", text)
    text = _HAMZA.sub(_with_comma, text)
    return _TWICE.sub(lambda found: found[1] or found[2], text)


def _with_comma(found: re.Match[str]) -> str:
    """Replace a final hamza by a comma if only that leaves a word: «وبعدء», but not «هواء»."""
    word = found[1]
    return f"{word}،" if is_common(word) and not is_common(word + "ء") else found[0]


def _height(line: list[OcrWord]) -> float:
    return median(word.height for word in line)


def _runs(line: list[OcrWord], height: float) -> list[list[OcrWord]]:
    runs: list[list[OcrWord]] = []
    for word in line:
        if runs:
            last = runs[-1][-1]
            gap = max(word.left - last.left - last.width, last.left - word.left - word.width)
            if gap <= _GAP * height:
                runs[-1].append(word)
                continue
        runs.append([word])
    return runs


def has_pictures(page: Any) -> bool:
    """Return whether a page shows something other than text."""
    count = min(pdfium.FPDFPage_CountObjects(page.raw), 2000)
    kinds = (
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page.raw, i)) for i in range(count)
    )
    return any(kind != pdfium.FPDF_PAGEOBJ_TEXT for kind in kinds)


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of OCR on a picture: pieces of lines in points, and words.

    The boxes of the words are in pixels of a picture of ``height`` pixels at ``dpi``.
    """

    pieces: list[LinePiece]
    words: list[OcrWord]
    height: int
    dpi: float


def read_scan(page: Any, name: str, seconds: float) -> Scan:
    """Read a page by OCR. Raises ``UnreadableError`` as ``tesseract.read_words`` does."""
    picture, dpi = render(page)
    return read_picture(picture, dpi, name, seconds)


def read_picture(picture: Grey, dpi: float, name: str, seconds: float) -> Scan:
    """Read a grey picture by OCR."""
    if dpi > _FINE:
        picture, dpi = enlarged(picture, DPI / dpi), DPI
    ready = prepare_for_ocr(picture)
    words = tesseract.read_words(ready, name, seconds)
    height = ready.shape[0]
    dpi *= height / picture.shape[0]
    return Scan(to_pieces(words, height, dpi), words, height, dpi)
