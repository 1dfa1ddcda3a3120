"""Columns of a page: rows side by side, the gutters between them, and tables told from text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from cica_qa.documents.pdf.lines import LinePiece
from cica_qa.documents.pdf.rows import PieceRow
from cica_qa.documents.pdf.rules import PageRules

_GUTTER = 0.7  # em: least width of a gutter
_WALLED = 0.2  # em: least width of a gutter that contains a vertical rule
_STAGGER = 1.25  # em: greatest distance between the baselines of rows side by side
_NEXT_ROW = 3.2  # em: greatest distance between rows of one table or set of columns

_Interval = tuple[float, float]


@dataclass(slots=True)
class Band:
    """Consecutive rows in columns, and the gutters between the columns as (left, right)."""

    rows: list[PieceRow]
    gutters: list[_Interval]


def grid_of(rules: PageRules, rows: list[PieceRow], start: int) -> Band | None:
    """Return the rows from ``start`` on within one grid of rules, or None if there is no grid."""
    columns = rules.columns(rows[start].y)
    if not columns:
        return None
    end = start + 1
    while end < len(rows) and _same_columns(columns, rules.columns(rows[end].y)):
        end += 1
    gutters = [(x - 1, x + 1) for x in columns]
    top, bottom = rows[start].y + 2 * rows[start].size, rows[end - 1].y - 2 * rows[end - 1].size
    band = Band(rows[start:end], gutters)
    if (
        end - start < 2
        or rules.count_crossing(bottom, top, gutters) < 2
        or sum(map(bool, columns_of(band))) < 2
    ):
        return None
    return band


def _same_columns(columns: list[float], others: list[float]) -> bool:
    return len(columns) == len(others) and all(
        abs(x - other) < 3 for x, other in zip(columns, others, strict=True)
    )


def band_of(rules: PageRules, rows: list[PieceRow], start: int) -> Band | None:
    """Return the rows from ``start`` on that share a gutter with text on both sides, or None."""
    gutters = _gaps(rules, rows[start], rows[start + 1] if start + 1 < len(rows) else None)
    if not gutters:
        return None
    end, found = start + 1, gutters
    while end < len(rows):
        row = rows[end]
        away = (rows[end - 1].y - row.y) / max(row.size, 1.0)
        if away > _NEXT_ROW and not rules.wall_spans(row.y, rows[end - 1].y):
            break
        kept = _kept(rules, found, row)
        if not kept:
            break
        found = kept
        end += 1
    members = rows[start:end]
    prose = all(map(_is_prose, columns_of(Band(members, found))))
    while members and not _two_sided(members[-1], found) and not _stacked(members, prose):
        members.pop()
    if len(members) < 2:
        return None
    found = [gutter for gutter in found if _sides(members, gutter) >= _needed(rules, members)]
    if len(members) < 3 and not rules.wall_spans(members[-1].y, members[0].y):
        found = [(left, right) for left, right in found if right - left > 1.5 * rows[start].size]
    return Band(members, found) if found else None


def _gaps(rules: PageRules, row: PieceRow, below: PieceRow | None) -> list[_Interval]:
    """Return the gaps of a row, or those between it and a staggered row beside it."""
    pieces = row.pieces
    if len(pieces) == 1 and below is not None and _staggered(row, below):
        pieces = sorted([*pieces, *below.pieces], key=lambda piece: piece.left)
    gaps: list[_Interval] = []
    reach = pieces[0].right
    for piece in pieces[1:]:
        walled = rules.wall_between(reach, piece.left, row.y)
        if piece.left - reach >= (_WALLED if walled else _GUTTER) * row.size:
            gaps.append((reach, piece.left))
        reach = max(reach, piece.right)
    return gaps


def _staggered(row: PieceRow, below: PieceRow) -> bool:
    """Return whether two rows with different baselines are side by side and of one size."""
    same = abs(row.size - below.size) < 0.06 * row.size
    return same and row.y - below.y < _STAGGER * row.size


def _kept(rules: PageRules, gutters: list[_Interval], row: PieceRow) -> list[_Interval]:
    """Return the gutters, narrowed to what a row leaves free."""
    kept: list[_Interval] = []
    for gutter in gutters:
        free = [gutter]
        for piece in row.pieces:
            free = [part for gap in free for part in _without(gap, piece)]
        widest = max(free, key=lambda gap: gap[1] - gap[0], default=(0.0, 0.0))
        walled = rules.wall_between(*widest, row.y)
        if widest[1] - widest[0] >= (_WALLED if walled else 0.8 * _GUTTER) * row.size:
            kept.append(widest)
    return kept


def _without(gap: _Interval, piece: LinePiece) -> list[_Interval]:
    if piece.left >= gap[1] or piece.right <= gap[0]:
        return [gap]
    return [part for part in ((gap[0], piece.left), (piece.right, gap[1])) if part[0] < part[1]]


def _sides(rows: list[PieceRow], gutter: _Interval) -> int:
    """Return the number of rows with text on both sides of a gutter.

    A pair of staggered rows, one on each side, counts as one.
    """
    both, before = 0, ""
    for row in rows:
        left = any(piece.right <= gutter[0] + 0.1 for piece in row.pieces)
        right = any(piece.left >= gutter[1] - 0.1 for piece in row.pieces)
        side = "both" if left and right else "left" if left else "right"
        both += side == "both" or bool(before in ("left", "right") and side != before)
        before = "" if before and side != before else side
    return both


def _needed(rules: PageRules, rows: list[PieceRow]) -> int:
    return 1 if rules.wall_spans(rows[-1].y, rows[0].y) else 2


def _two_sided(row: PieceRow, gutters: list[_Interval]) -> bool:
    return any(
        row.pieces[0].right <= left + 0.1 and row.pieces[-1].left >= right - 0.1
        for left, right in gutters
    )


def _stacked(rows: list[PieceRow], prose: bool) -> bool:
    """Return whether the last row continues a cell or column, judged by its distance.

    In columns of running text (``prose``) the distance may be that of a new paragraph.
    """
    if len(rows) < 3:
        return False
    steps = [above.y - below.y for above, below in pairwise(rows)]
    return steps[-1] <= (2.5 if prose else 1.15) * median(steps[:-1])


def is_table(rules: PageRules, band: Band) -> bool:
    """Return whether a band is a table, as opposed to columns of running text."""
    top, bottom = band.rows[0].y + band.rows[0].size, band.rows[-1].y - band.rows[-1].size
    if rules.count_crossing(bottom, top, band.gutters) >= 2:
        return True
    columns = columns_of(band)
    if all(_is_prose(column) for column in columns):
        return False
    aligned = sum(_two_sided(row, band.gutters) for row in band.rows)
    return aligned >= 0.45 * len(band.rows)


def columns_of(band: Band) -> list[list[PieceRow]]:
    """Return the rows of each column, from the left."""
    edges = [float("-inf"), *((left + right) / 2 for left, right in band.gutters), float("inf")]
    columns: list[list[PieceRow]] = []
    for left, right in pairwise(edges):
        inside = [
            [piece for piece in row.pieces if left <= (piece.left + piece.right) / 2 < right]
            for row in band.rows
        ]
        columns.append(
            [
                PieceRow(pieces, pieces[0].y, max(piece.size for piece in pieces))
                for pieces in inside
                if pieces
            ]
        )
    return columns


def _is_prose(rows: list[PieceRow]) -> bool:
    """Return whether rows fill their column like running text."""
    if not rows:
        return False
    left = min(row.pieces[0].left for row in rows)
    right = max(row.pieces[-1].right for row in rows)
    full = [row.pieces[-1].right - row.pieces[0].left > 0.75 * (right - left) for row in rows]
    words = [sum(len(piece.text.split()) for piece in row.pieces) for row in rows]
    return len(rows) >= 3 and sum(full) >= 0.5 * len(rows) and median(words) >= 3.5
