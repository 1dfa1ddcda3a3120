"""Rows of pieces on one baseline, and the lines of text made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.documents.pdf.lines import LinePiece


@dataclass(slots=True)
class PdfLine:
    """A line of text, or a row of a table, with coordinates in points.

    Attributes:
        text: The text in logical order.
        left: The left edge of the text.
        right: The right edge of the text.
        y: The baseline.
        size: The font size.
        bold: Whether all of its letters are bold.
        start: The left edge of its column.
        end: The right edge of its column.
        column: The number of columns begun before, by which a change of column is noticed.
        cells: The cells of a table row in reading order.
        table: The number of the table on its page, from 1; 0 outside tables.
        heads: Whether the row is the header of its table.
        rtl: Whether the line reads right to left.

    """

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool
    start: float = 0.0
    end: float = 0.0
    column: int = 0
    cells: tuple[str, ...] = ()
    table: int = 0
    heads: bool = False
    rtl: bool = True


@dataclass(slots=True)
class PieceRow:
    """Pieces on one baseline, from left to right."""

    pieces: list[LinePiece]
    y: float
    size: float


def runs_right(pieces: Sequence[LinePiece], rtl: bool) -> bool:
    """Return whether a row reads right to left; without letters it reads like its page."""
    arabic = any(0x590 < ord(character) < 0x800 for piece in pieces for character in piece.text)
    letters = sum(piece.letters for piece in pieces)
    return arabic and rtl if letters else rtl


def join_pieces(pieces: Sequence[LinePiece], rtl: bool) -> str:
    """Return the text of the pieces of a row in reading order."""
    return " ".join(piece.text for piece in (reversed(pieces) if rtl else pieces))


def make_line(pieces: Sequence[LinePiece], text: str, rtl: bool) -> PdfLine:
    """Return a line made of pieces from the left; its size is that of the longest piece."""
    main = max(pieces, key=lambda piece: (piece.letters, piece.size))
    bold = all(piece.bold for piece in pieces if piece.letters) and any(p.bold for p in pieces)
    return PdfLine(
        text, pieces[0].left, max(p.right for p in pieces), main.y, main.size, bold, rtl=rtl
    )
