"""A page of a PDF: its pieces of lines, its rules, and the signs of damage in its text layer."""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from cica_qa.documents.pdf.damage import Signs
from cica_qa.documents.pdf.glyphs import KASHIDA, read_glyphs
from cica_qa.documents.pdf.letters import is_mark
from cica_qa.documents.pdf.lexicon import is_common
from cica_qa.documents.pdf.lines import LinePiece, PageFacts, read_pieces
from cica_qa.documents.pdf.rules import PageRules, read_rules

_MOST_WALLS = 500  # vertical rules examined; more belong to a drawing
_BOLD = 600  # least weight of a bold font


@dataclass(slots=True)
class PageContent:
    """The content of a page. The edges, in points, are those of the upright page."""

    pieces: list[LinePiece]
    rules: PageRules
    signs: Signs
    bottom: float
    top: float
    left: float = 0.0
    scanned: bool = False


def read_page(page: Any, rtl: bool) -> PageContent:
    """Read a PDFium page. ``rtl`` is the direction of lines without letters."""
    textpage = page.get_textpage()
    try:
        glyphs = read_glyphs(page, textpage)
        rules = read_rules(page) if glyphs.upright else PageRules()
        facts = PageFacts(
            lambda index: _size(textpage, index), ligature_order, rules.vertical[:_MOST_WALLS], rtl
        )
        pieces = read_pieces(glyphs, facts)
        for piece in pieces:
            piece.bold = _is_bold(textpage, piece.index)
        signs = Signs.of([piece.text for piece in pieces], glyphs.unmapped)
    finally:
        textpage.close()
    return PageContent(pieces, rules, signs, glyphs.bottom, glyphs.top, glyphs.left)


def ligature_order(parts: str, before: str, after: str) -> str:
    """Return the letters of a glyph in the order that makes a common word with its neighbours.

    Producers that map a glyph by its first use (Pango) may map one letter to two («اللكبير») or
    a kashida to a letter («عبلد»), so single letters are tried as well.
    """
    flat = KASHIDA in parts
    expected = parts[0] if flat else parts[::-1]
    if not before + after or expected == parts:
        return expected
    repeated = {before[-1:], after[:1]} - {""}
    single = [letter for letter in parts if flat or repeated & ({*parts} - {letter})]
    for letters in (expected, parts, *single):
        word = "".join(c for c in before + letters + after if not is_mark(c) and c != "ـ")
        if is_common(word):
            return letters
    return expected


def _size(textpage: Any, index: int) -> float:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage.raw, index, ctypes.byref(matrix))
    scale = math.hypot(matrix.c, matrix.d)
    return float(pdfium.FPDFText_GetFontSize(textpage.raw, index)) * scale


def _is_bold(textpage: Any, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(textpage.raw, index) >= _BOLD:
        return True
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    size = pdfium.FPDFText_GetFontInfo(textpage.raw, index, name, 128, ctypes.byref(flags))
    return 0 < size <= 128 and b"bold" in name.value.lower()
