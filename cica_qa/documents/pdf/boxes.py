"""Pages of a PDF as pictures, and the boxes of a text on them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO

import pypdfium2

from cica_qa.arabic.letters import fold
from cica_qa.documents.pdf.lines import LinePiece
from cica_qa.documents.pdf.pages import read_page

_WORD = re.compile(r"[^\W_]+")
_DOTS = 110  # dots per inch
_MOST_PIXELS = 6_000_000
_LEAST_RUN = 2  # least number of consecutive words that count as a match in longer texts


@dataclass(frozen=True, slots=True)
class Box:
    """A box on a page, in percent of its width and height from the top left corner."""

    left: float
    top: float
    width: float
    height: float


def page_picture(data: bytes, page: int) -> bytes:
    """Return a page, numbered from 1, as a PNG. Raises ``IndexError`` if it does not exist."""
    document = pypdfium2.PdfDocument(data)
    try:
        one = document[_at(document, page)]
        pixels = one.get_width() * one.get_height() * (_DOTS / 72) ** 2
        scale = _DOTS / 72 * min(1.0, (_MOST_PIXELS / max(pixels, 1.0)) ** 0.5)
        written = BytesIO()
        one.render(scale=scale).to_pil().save(written, "PNG", optimize=True)
        return written.getvalue()
    finally:
        document.close()


def boxes_of(data: bytes, page: int, text: str) -> tuple[list[Box], int]:
    """Return the boxes of ``text`` on a page, one per line, and the number of pages.

    There are no boxes if the page is rotated, is a scan, or does not contain the text. Raises
    ``IndexError`` if the page does not exist.
    """
    document = pypdfium2.PdfDocument(data)
    try:
        one = document[_at(document, page)]
        if one.get_rotation():
            return [], len(document)
        edges = one.get_cropbox()
        pieces = read_page(one, True).pieces if text.strip() else []
        return [_box(stretch, edges) for stretch in _found(pieces, text)], len(document)
    finally:
        document.close()


def _at(document: pypdfium2.PdfDocument, page: int) -> int:
    if not 1 <= page <= len(document):
        raise IndexError(page)
    return page - 1


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of a piece; ``begin`` and ``end`` are fractions of its length."""

    piece: LinePiece
    begin: float
    end: float


def _found(pieces: list[LinePiece], text: str) -> list[_Stretch]:
    """Return the stretches of lines whose words match the text, in runs and in its order."""
    wanted = [fold(word[0]) for word in _WORD.finditer(text)]
    words = [(piece, word) for piece in pieces for word in _WORD.finditer(piece.text)]
    there = [fold(word[0]) for _, word in words]
    least = min(_LEAST_RUN, len(wanted))
    found: set[int] = set()
    missing = Counter(wanted)
    for block in SequenceMatcher(None, there, wanted, autojunk=False).get_matching_blocks():
        if block.size >= least:
            found |= {*range(block.a, block.a + block.size)}
            missing -= Counter(wanted[block.b : block.b + block.size])
    # The cells of a table may come in another order: match words that are unique on the page.
    counts = Counter(there)
    found |= {at for at, word in enumerate(there) if missing[word] == 1 == counts[word]}
    spans: dict[int, list[int]] = {}
    for at in sorted(found):
        piece, word = words[at]
        spans.setdefault(id(piece), [word.start(), word.end()])[1] = word.end()
    return [
        _Stretch(piece, first / len(piece.text), last / len(piece.text))
        for piece in pieces
        if (span := spans.get(id(piece)))
        for first, last in [span]
    ]


def _box(stretch: _Stretch, edges: tuple[float, float, float, float]) -> Box:
    """Return the box of a stretch; lines of Arabic begin at their right."""
    left, bottom, right, top = edges
    piece = stretch.piece
    length = piece.right - piece.left
    arabic = sum("\u0600" <= letter <= "\u06ff" for letter in piece.text) * 2 >= len(
        piece.text.split()
    )
    if arabic:
        begin, end = piece.right - stretch.end * length, piece.right - stretch.begin * length
    else:
        begin, end = piece.left + stretch.begin * length, piece.left + stretch.end * length
    high, low = piece.y + 0.85 * piece.height, piece.y - 0.3 * piece.height
    width, height = max(right - left, 1.0), max(top - bottom, 1.0)
    return Box(
        round(100 * (begin - left) / width, 2),
        round(100 * (top - high) / height, 2),
        round(100 * (end - begin) / width, 2),
        round(100 * (high - low) / height, 2),
    )
