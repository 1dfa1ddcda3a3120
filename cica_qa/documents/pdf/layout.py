"""Reading order of a page: columns one after the other, tables row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cica_qa.documents.pdf.columns import Band, band_of, columns_of, grid_of, is_table
from cica_qa.documents.pdf.lines import LinePiece
from cica_qa.documents.pdf.rows import PdfLine, PieceRow, join_pieces, make_line, runs_right
from cica_qa.documents.pdf.rules import PageRules
from cica_qa.documents.pdf.tables import read_table

_SAME_ROW = 0.35  # em: greatest distance between baselines of one row
_CELL_GAP = 2.5  # em: least gap in a single line that separates two cells
_BULLETS = frozenset("•●○▪■◦‣·➢➤✓✔▶►◄◆–—-")


@dataclass(slots=True)
class _Page:
    rules: PageRules
    rtl: bool
    lines: list[PdfLine] = field(default_factory=list)
    columns: int = 0
    tables: int = 0


def read_layout(pieces: Sequence[LinePiece], rules: PageRules, rtl: bool) -> list[PdfLine]:
    """Return the lines of a page in reading order."""
    page = _Page(rules, rtl)
    _read_region(page, _rows(pieces, rtl))
    return page.lines


def _rows(pieces: Sequence[LinePiece], rtl: bool) -> list[PieceRow]:
    rows: list[PieceRow] = []
    for piece in sorted(pieces, key=lambda piece: -piece.y):
        row = rows[-1] if rows else None
        if row is not None and row.y - piece.y <= _SAME_ROW * max(row.size, piece.size):
            row.pieces.append(piece)
            row.size = max(row.size, piece.size)
        else:
            rows.append(PieceRow([piece], piece.y, piece.size))
    for row in rows:
        row.pieces.sort(key=lambda piece: piece.left)
        row.pieces = _bulleted(row.pieces, runs_right(row.pieces, rtl))
    return rows


def _bulleted(pieces: list[LinePiece], rtl: bool) -> list[LinePiece]:
    """Join a bullet with the text of its item, however wide the gap."""
    if len(pieces) < 2:
        return pieces
    bullet, opened = (pieces[-1], pieces[-2]) if rtl else (pieces[0], pieces[1])
    if bullet.text.strip() not in _BULLETS:
        return pieces
    whole = replace(
        opened,
        text=f"{bullet.text.strip()} {opened.text}",
        left=min(bullet.left, opened.left),
        right=max(bullet.right, opened.right),
    )
    return [*pieces[:-2], whole] if rtl else [whole, *pieces[2:]]


def _read_region(page: _Page, rows: list[PieceRow]) -> None:
    plain: list[PieceRow] = []
    at = 0
    while at < len(rows):
        grid = grid_of(page.rules, rows, at)
        band = grid or band_of(page.rules, rows, at)
        if band is None:
            plain.append(rows[at])
            at += 1
            continue
        _read_plain(page, plain)
        plain = []
        if grid or is_table(page.rules, band):
            _add_table(page, band)
        else:
            _read_columns(page, band)
        at += len(band.rows)
    _read_plain(page, plain)


def _add_table(page: _Page, band: Band) -> None:
    page.tables += 1
    columns = [column for column in columns_of(band) if column]
    if page.rtl:
        columns.reverse()
    for line in read_table(band.rows, columns, page.rules, page.rtl):
        line.table, line.column = page.tables, page.columns
        page.lines.append(line)


def _read_columns(page: _Page, band: Band) -> None:
    columns = columns_of(band)
    for rows in reversed(columns) if page.rtl else columns:
        if not rows:
            continue
        page.columns += 1
        _read_region(page, rows)
        page.columns += 1


def _read_plain(page: _Page, rows: list[PieceRow]) -> None:
    if not rows:
        return
    start = min(row.pieces[0].left for row in rows)
    end = max(row.pieces[-1].right for row in rows)
    for row in rows:
        parts: list[list[LinePiece]] = [[row.pieces[0]]]
        for piece in row.pieces[1:]:
            apart = piece.left - parts[-1][-1].right > _CELL_GAP * row.size
            if apart and not _is_mark(piece, page.rtl):
                parts.append([piece])
            else:
                parts[-1].append(piece)
        rtl = runs_right(row.pieces, page.rtl)
        texts = [join_pieces(part, rtl) for part in (reversed(parts) if rtl else parts)]
        line = make_line(row.pieces, "\t".join(texts), rtl)
        line.start, line.end, line.column = start, end, page.columns
        page.lines.append(line)


def _is_mark(piece: LinePiece, rtl: bool) -> bool:
    """Return whether a piece is the mark of a list item, which may be far from its text."""
    return len(piece.text) <= 3 and rtl
