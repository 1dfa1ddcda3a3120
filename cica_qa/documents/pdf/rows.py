"""Rows of a page: what stands on one baseline, and the lines of text made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.documents.pdf.lines import Piece


@dataclass(slots=True)
class Line:
    """A line of text, or a row of a table with its ``cells`` in reading order.

    ``start`` and ``end`` are the edges of its column; ``table`` numbers the tables of a page from
    1, and ``heads`` says that the row is its table's header. ``column`` counts the columns that
    were begun, so that a paragraph may run on into the next.
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
class Row:
    """Pieces on one baseline, from the left."""

    pieces: list[Piece]
    y: float
    size: float


def runs_right(pieces: Sequence[Piece], rtl: bool) -> bool:
    """Whether a row reads from the right: it has Arabic, or no letters on a page that does."""
    arabic = any(0x590 < ord(character) < 0x800 for piece in pieces for character in piece.text)
    letters = sum(piece.letters for piece in pieces)
    return arabic and rtl if letters else rtl


def joined(pieces: Sequence[Piece], rtl: bool) -> str:
    """Join the pieces of a row in reading order."""
    return " ".join(piece.text for piece in (reversed(pieces) if rtl else pieces))


def make_line(pieces: Sequence[Piece], text: str, rtl: bool) -> Line:
    """Make a line of pieces from the left: its size is that of most of its letters."""
    main = max(pieces, key=lambda piece: (piece.letters, piece.size))
    bold = all(piece.bold for piece in pieces if piece.letters) and any(p.bold for p in pieces)
    return Line(
        text, pieces[0].left, max(p.right for p in pieces), main.y, main.size, bold, rtl=rtl
    )
