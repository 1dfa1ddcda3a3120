"""The pieces of a page in reading order: columns one after the other, tables row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from cica_qa.documents.pdf.lines import Piece
from cica_qa.documents.pdf.rows import Line, Row, joined, make_line, runs_right
from cica_qa.documents.pdf.rules import Rules
from cica_qa.documents.pdf.tables import read_table

_SAME_ROW = 0.35  # em: how far the baselines of one row may be apart
_GUTTER = 0.7  # em: the least width of what parts columns
_WALLED = 0.2  # em: the same where a vertical rule stands in it
_STAGGER = 1.25  # em: how far the baselines of lines side by side may be apart
_CELL_GAP = 2.5  # em: a gap in a single line that parts two things
_NEXT_ROW = 3.2  # em: rows that are farther apart belong to no common table or columns
_BULLETS = frozenset("•●○▪■◦‣·➢➤✓✔▶►◄◆–—-")

_Interval = tuple[float, float]


@dataclass(slots=True)
class _Band:
    rows: list[Row]
    gutters: list[_Interval]


@dataclass(slots=True)
class _Page:
    rules: Rules
    rtl: bool
    lines: list[Line] = field(default_factory=list)
    columns: int = 0
    tables: int = 0


def read_layout(pieces: Sequence[Piece], rules: Rules, rtl: bool) -> list[Line]:
    """Return the lines of a page in the order in which they are read."""
    page = _Page(rules, rtl)
    _read_region(page, _rows(pieces, rtl))
    return page.lines


def _rows(pieces: Sequence[Piece], rtl: bool) -> list[Row]:
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda piece: -piece.y):
        row = rows[-1] if rows else None
        if row is not None and row.y - piece.y <= _SAME_ROW * max(row.size, piece.size):
            row.pieces.append(piece)
            row.size = max(row.size, piece.size)
        else:
            rows.append(Row([piece], piece.y, piece.size))
    for row in rows:
        row.pieces.sort(key=lambda piece: piece.left)
        row.pieces = _bulleted(row.pieces, runs_right(row.pieces, rtl))
    return rows


def _bulleted(pieces: list[Piece], rtl: bool) -> list[Piece]:
    """Join a bullet with what it opens, however far that is."""
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


def _read_region(page: _Page, rows: list[Row]) -> None:
    plain: list[Row] = []
    at = 0
    while at < len(rows):
        grid = _grid(page.rules, rows, at)
        band = grid or _band(page, rows, at)
        if band is None:
            plain.append(rows[at])
            at += 1
            continue
        _read_plain(page, plain)
        plain = []
        if grid or _is_table(page, band):
            _add_table(page, band)
        else:
            _read_columns(page, band)
        at += len(band.rows)
    _read_plain(page, plain)


def _grid(rules: Rules, rows: list[Row], at: int) -> _Band | None:
    """The rows from ``at`` on that stand in one grid of rules."""
    columns = rules.columns(rows[at].y)
    if not columns:
        return None
    end = at + 1
    while end < len(rows) and _same_columns(columns, rules.columns(rows[end].y)):
        end += 1
    gutters = [(x - 1, x + 1) for x in columns]
    top, bottom = rows[at].y + 2 * rows[at].size, rows[end - 1].y - 2 * rows[end - 1].size
    band = _Band(rows[at:end], gutters)
    if end - at < 2 or rules.lying(bottom, top, gutters) < 2 or sum(map(bool, _columns(band))) < 2:
        return None
    return band


def _same_columns(columns: list[float], others: list[float]) -> bool:
    return len(columns) == len(others) and all(
        abs(x - other) < 3 for x, other in zip(columns, others, strict=True)
    )


def _band(page: _Page, rows: list[Row], at: int) -> _Band | None:
    """The rows from ``at`` on that share a gutter with text on both of its sides."""
    gutters = _gaps(page.rules, rows[at], rows[at + 1] if at + 1 < len(rows) else None)
    if not gutters:
        return None
    end, found = at + 1, gutters
    while end < len(rows):
        row = rows[end]
        away = (rows[end - 1].y - row.y) / max(row.size, 1.0)
        if away > _NEXT_ROW and not page.rules.join(row.y, rows[end - 1].y):
            break
        kept = _kept(page.rules, found, row)
        if not kept:
            break
        found = kept
        end += 1
    members = rows[at:end]
    prose = all(map(_is_prose, _columns(_Band(members, found))))
    while members and not _two_sided(members[-1], found) and not _stacked(members, prose):
        members.pop()
    if len(members) < 2:
        return None
    found = [gutter for gutter in found if _sides(members, gutter) >= _needed(page, members)]
    if len(members) < 3 and not page.rules.join(members[-1].y, members[0].y):
        found = [(left, right) for left, right in found if right - left > 1.5 * rows[at].size]
    return _Band(members, found) if found else None


def _gaps(rules: Rules, row: Row, below: Row | None) -> list[_Interval]:
    """The gaps of a row; of two rows side by side whose baselines differ, those between them."""
    pieces = row.pieces
    if len(pieces) == 1 and below is not None and _staggered(row, below):
        pieces = sorted([*pieces, *below.pieces], key=lambda piece: piece.left)
    gaps: list[_Interval] = []
    reach = pieces[0].right
    for piece in pieces[1:]:
        walled = rules.parts(reach, piece.left, row.y)
        if piece.left - reach >= (_WALLED if walled else _GUTTER) * row.size:
            gaps.append((reach, piece.left))
        reach = max(reach, piece.right)
    return gaps


def _staggered(row: Row, below: Row) -> bool:
    """Whether two rows stand side by side: they overlap, and their letters are of one size."""
    same = abs(row.size - below.size) < 0.06 * row.size
    return same and row.y - below.y < _STAGGER * row.size


def _kept(rules: Rules, gutters: list[_Interval], row: Row) -> list[_Interval]:
    """What is left of the gutters where a row leaves them free."""
    kept: list[_Interval] = []
    for gutter in gutters:
        free = [gutter]
        for piece in row.pieces:
            free = [part for gap in free for part in _without(gap, piece)]
        widest = max(free, key=lambda gap: gap[1] - gap[0], default=(0.0, 0.0))
        walled = rules.parts(*widest, row.y)
        if widest[1] - widest[0] >= (_WALLED if walled else 0.8 * _GUTTER) * row.size:
            kept.append(widest)
    return kept


def _without(gap: _Interval, piece: Piece) -> list[_Interval]:
    if piece.left >= gap[1] or piece.right <= gap[0]:
        return [gap]
    return [part for part in ((gap[0], piece.left), (piece.right, gap[1])) if part[0] < part[1]]


def _sides(rows: list[Row], gutter: _Interval) -> int:
    """How many rows have text on both sides of a gutter, each two of a staggered pair as one."""
    both, before = 0, ""
    for row in rows:
        left = any(piece.right <= gutter[0] + 0.1 for piece in row.pieces)
        right = any(piece.left >= gutter[1] - 0.1 for piece in row.pieces)
        side = "both" if left and right else "left" if left else "right"
        both += side == "both" or bool(before in ("left", "right") and side != before)
        before = "" if before and side != before else side
    return both


def _needed(page: _Page, rows: list[Row]) -> int:
    return 1 if page.rules.join(rows[-1].y, rows[0].y) else 2


def _two_sided(row: Row, gutters: list[_Interval]) -> bool:
    return any(
        row.pieces[0].right <= left + 0.1 and row.pieces[-1].left >= right - 0.1
        for left, right in gutters
    )


def _stacked(rows: list[Row], prose: bool) -> bool:
    """Whether the last row goes on a cell or column: as near as the rows before it; in columns
    of running text it may begin a paragraph.
    """
    if len(rows) < 3:
        return False
    steps = [above.y - below.y for above, below in pairwise(rows)]
    return steps[-1] <= (2.5 if prose else 1.15) * median(steps[:-1])


def _is_table(page: _Page, band: _Band) -> bool:
    """Tell a table from columns of running text."""
    top, bottom = band.rows[0].y + band.rows[0].size, band.rows[-1].y - band.rows[-1].size
    if page.rules.lying(bottom, top, band.gutters) >= 2:
        return True
    columns = _columns(band)
    if all(_is_prose(column) for column in columns):
        return False
    aligned = sum(_two_sided(row, band.gutters) for row in band.rows)
    return aligned >= 0.45 * len(band.rows)


def _columns(band: _Band) -> list[list[Row]]:
    """The rows of each column, from the left."""
    edges = [float("-inf"), *((left + right) / 2 for left, right in band.gutters), float("inf")]
    columns: list[list[Row]] = []
    for left, right in pairwise(edges):
        inside = [
            [piece for piece in row.pieces if left <= (piece.left + piece.right) / 2 < right]
            for row in band.rows
        ]
        columns.append(
            [
                Row(pieces, pieces[0].y, max(piece.size for piece in pieces))
                for pieces in inside
                if pieces
            ]
        )
    return columns


def _is_prose(rows: list[Row]) -> bool:
    """Whether the rows fill their column as running text does."""
    if not rows:
        return False
    left = min(row.pieces[0].left for row in rows)
    right = max(row.pieces[-1].right for row in rows)
    full = [row.pieces[-1].right - row.pieces[0].left > 0.75 * (right - left) for row in rows]
    words = [sum(len(piece.text.split()) for piece in row.pieces) for row in rows]
    return len(rows) >= 3 and sum(full) >= 0.5 * len(rows) and median(words) >= 3.5


def _add_table(page: _Page, band: _Band) -> None:
    page.tables += 1
    columns = [column for column in _columns(band) if column]
    if page.rtl:
        columns.reverse()
    for line in read_table(band.rows, columns, page.rules, page.rtl):
        line.table, line.column = page.tables, page.columns
        page.lines.append(line)


def _read_columns(page: _Page, band: _Band) -> None:
    columns = _columns(band)
    for rows in reversed(columns) if page.rtl else columns:
        if not rows:
            continue
        page.columns += 1
        _read_region(page, rows)
        page.columns += 1


def _read_plain(page: _Page, rows: list[Row]) -> None:
    if not rows:
        return
    start = min(row.pieces[0].left for row in rows)
    end = max(row.pieces[-1].right for row in rows)
    for row in rows:
        parts: list[list[Piece]] = [[row.pieces[0]]]
        for piece in row.pieces[1:]:
            apart = piece.left - parts[-1][-1].right > _CELL_GAP * row.size
            if apart and not _is_mark(piece, page.rtl):
                parts.append([piece])
            else:
                parts[-1].append(piece)
        rtl = runs_right(row.pieces, page.rtl)
        texts = [joined(part, rtl) for part in (reversed(parts) if rtl else parts)]
        line = make_line(row.pieces, "\t".join(texts), rtl)
        line.start, line.end, line.column = start, end, page.columns
        page.lines.append(line)


def _is_mark(piece: Piece, rtl: bool) -> bool:
    """Whether a piece is the mark of a list item, which may stand far from its text."""
    return len(piece.text) <= 3 and rtl
