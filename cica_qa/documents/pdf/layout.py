"""The pieces of a page in reading order: columns one after the other, tables row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from cica_qa.documents.pdf.lines import Piece
from cica_qa.documents.pdf.rules import Rules

_SAME_ROW = 0.35  # em: how far the baselines of one row may be apart
_GUTTER = 0.7  # em: the least width of what parts columns
_WALLED = 0.2  # em: the same where a vertical rule stands in it
_STAGGER = 1.25  # em: how far the baselines of lines side by side may be apart
_CELL_GAP = 2.5  # em: a gap in a single line that parts two things
_NEXT_ROW = 3.2  # em: rows that are farther apart belong to no common table or columns

_Interval = tuple[float, float]


@dataclass(slots=True)
class Line:
    """A line of text, or a row of a table with its ``cells`` in reading order.

    ``start`` and ``end`` are the edges of its column; ``table`` numbers the tables of a page from
    1, and ``heads`` says that the row is its table's header. ``column`` counts the columns that were begun, so that a paragraph may run on into the next.
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
class _Row:
    pieces: list[Piece]
    y: float
    size: float


@dataclass(slots=True)
class _Band:
    rows: list[_Row]
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
    _read_region(page, _rows(pieces))
    return page.lines


def _rows(pieces: Sequence[Piece]) -> list[_Row]:
    rows: list[_Row] = []
    for piece in sorted(pieces, key=lambda piece: -piece.y):
        row = rows[-1] if rows else None
        if row is not None and row.y - piece.y <= _SAME_ROW * max(row.size, piece.size):
            row.pieces.append(piece)
            row.size = max(row.size, piece.size)
        else:
            rows.append(_Row([piece], piece.y, piece.size))
    for row in rows:
        row.pieces.sort(key=lambda piece: piece.left)
    return rows


def _read_region(page: _Page, rows: list[_Row]) -> None:
    plain: list[_Row] = []
    at = 0
    while at < len(rows):
        band = _band(page, rows, at)
        if band is None:
            plain.append(rows[at])
            at += 1
            continue
        _read_plain(page, plain)
        plain = []
        if _is_table(page, band):
            _read_table(page, band)
        else:
            _read_columns(page, band)
        at += len(band.rows)
    _read_plain(page, plain)


def _band(page: _Page, rows: list[_Row], at: int) -> _Band | None:
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


def _gaps(rules: Rules, row: _Row, below: _Row | None) -> list[_Interval]:
    """The gaps of a row; of two rows side by side whose baselines differ, those between them."""
    pieces = row.pieces
    if len(pieces) == 1 and below is not None and row.y - below.y < _STAGGER * row.size:
        pieces = sorted([*pieces, *below.pieces], key=lambda piece: piece.left)
    gaps: list[_Interval] = []
    reach = pieces[0].right
    for piece in pieces[1:]:
        walled = rules.parts(reach, piece.left, row.y)
        if piece.left - reach >= (_WALLED if walled else _GUTTER) * row.size:
            gaps.append((reach, piece.left))
        reach = max(reach, piece.right)
    return gaps


def _kept(rules: Rules, gutters: list[_Interval], row: _Row) -> list[_Interval]:
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
    return [
        part
        for part in ((gap[0], piece.left), (piece.right, gap[1]))
        if part[0] < part[1]
    ]


def _sides(rows: list[_Row], gutter: _Interval) -> int:
    """How many rows have text on both sides of a gutter, each two of a staggered pair as one."""
    both, before = 0, ""
    for row in rows:
        left = any(piece.right <= gutter[0] + 0.1 for piece in row.pieces)
        right = any(piece.left >= gutter[1] - 0.1 for piece in row.pieces)
        side = "both" if left and right else "left" if left else "right"
        both += side == "both" or bool(before in ("left", "right") and side != before)
        before = "" if before and side != before else side
    return both


def _needed(page: _Page, rows: list[_Row]) -> int:
    return 1 if page.rules.join(rows[-1].y, rows[0].y) else 2


def _two_sided(row: _Row, gutters: list[_Interval]) -> bool:
    return any(
        row.pieces[0].right <= left + 0.1 and row.pieces[-1].left >= right - 0.1
        for left, right in gutters
    )


def _stacked(rows: list[_Row], prose: bool) -> bool:
    """Whether the last row goes on a cell or column: as near as the rows before it; in columns
    of running text it may begin a paragraph.
    """
    if len(rows) < 3:
        return False
    steps = [above.y - below.y for above, below in zip(rows, rows[1:], strict=False)]
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


def _columns(band: _Band) -> list[list[_Row]]:
    """The rows of each column, from the left."""
    edges = [float("-inf"), *((left + right) / 2 for left, right in band.gutters), float("inf")]
    columns: list[list[_Row]] = []
    for left, right in zip(edges, edges[1:], strict=False):
        inside = [
            [piece for piece in row.pieces if left <= (piece.left + piece.right) / 2 < right]
            for row in band.rows
        ]
        columns.append(
            [
                _Row(pieces, pieces[0].y, max(piece.size for piece in pieces))
                for pieces in inside
                if pieces
            ]
        )
    return columns


def _is_prose(rows: list[_Row]) -> bool:
    """Whether the rows fill their column as running text does."""
    left = min(row.pieces[0].left for row in rows)
    right = max(row.pieces[-1].right for row in rows)
    full = [row.pieces[-1].right - row.pieces[0].left > 0.75 * (right - left) for row in rows]
    words = [sum(len(piece.text.split()) for piece in row.pieces) for row in rows]
    return len(rows) >= 3 and sum(full) >= 0.5 * len(rows) and median(words) >= 3.5


def _read_columns(page: _Page, band: _Band) -> None:
    columns = _columns(band)
    for rows in reversed(columns) if page.rtl else columns:
        page.columns += 1
        _read_region(page, rows)
        page.columns += 1


def _read_plain(page: _Page, rows: list[_Row]) -> None:
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
        rtl = _runs_right(row.pieces, page.rtl)
        texts = [_joined(part, rtl) for part in (reversed(parts) if rtl else parts)]
        line = _line(row.pieces, "\t".join(texts), rtl)
        line.start, line.end, line.column = start, end, page.columns
        page.lines.append(line)


def _is_mark(piece: Piece, rtl: bool) -> bool:
    """Whether a piece is the mark of a list item, which may stand far from its text."""
    return len(piece.text) <= 3 and rtl


def _runs_right(pieces: Sequence[Piece], rtl: bool) -> bool:
    """Whether a row reads from the right: it has Arabic, or no letters on a page that does."""
    arabic = any(0x590 < ord(character) < 0x800 for piece in pieces for character in piece.text)
    letters = sum(piece.letters for piece in pieces)
    return arabic and rtl if letters else rtl


def _joined(pieces: Sequence[Piece], rtl: bool) -> str:
    return " ".join(piece.text for piece in (reversed(pieces) if rtl else pieces))


def _line(pieces: Sequence[Piece], text: str, rtl: bool) -> Line:
    main = max(pieces, key=lambda piece: (piece.letters, piece.size))
    bold = all(piece.bold for piece in pieces if piece.letters) and any(p.bold for p in pieces)
    return Line(
        text, pieces[0].left, max(p.right for p in pieces), main.y, main.size, bold, rtl=rtl
    )


def _read_table(page: _Page, band: _Band) -> None:
    page.tables += 1
    columns = _columns(band)
    if page.rtl:
        columns.reverse()
    cells_of: dict[int, list[_Row | None]] = {}
    for number, column in enumerate(columns):
        for row in column:
            place = next(i for i, whole in enumerate(band.rows) if row.pieces[0] in whole.pieces)
            cells_of.setdefault(place, [None] * len(columns))[number] = row
    grid: list[list[list[_Row]]] = []
    widths = [_width(column) for column in columns]
    for place in sorted(cells_of):
        found = cells_of[place]
        if grid and _goes_on(page, grid[-1], found, widths):
            for cell, row in zip(grid[-1], found, strict=True):
                cell += [row] if row is not None else []
        else:
            grid.append([[row] if row is not None else [] for row in found])
    headed = _is_headed(grid)
    for place, cells in enumerate(grid):
        pieces = [piece for cell in cells for row in cell for piece in row.pieces]
        texts = tuple(
            " ".join(_joined(row.pieces, _runs_right(row.pieces, page.rtl)) for row in cell)
            for cell in cells
        )
        line = _line(sorted(pieces, key=lambda piece: piece.left), "\t".join(texts), page.rtl)
        line.y = min(piece.y for piece in pieces)
        line.cells, line.table, line.column = texts, page.tables, page.columns
        line.heads = headed and place == 0
        page.lines.append(line)


def _is_headed(grid: list[list[list[_Row]]]) -> bool:
    """Whether the first row names the columns: it is bold, or words over columns of numbers."""
    first, rest = grid[0], grid[1:]
    if not rest or not all(first):
        return False
    bold = [all(p.bold for c in cells for r in c for p in r.pieces) for cells in grid]
    if bold[0] and not any(bold[1:]):
        return True
    return any(
        not _numeric(first[column]) and all(_numeric(cells[column]) for cells in rest)
        for column in range(len(first))
    )


def _numeric(cell: list[_Row]) -> bool:
    text = "".join(piece.text for row in cell for piece in row.pieces)
    digits = sum(map(str.isdigit, text))
    return digits > 0 and digits >= sum(map(str.isalpha, text))


def _width(rows: list[_Row]) -> float:
    return max(row.pieces[-1].right for row in rows) - min(row.pieces[0].left for row in rows)


def _goes_on(
    page: _Page, above: list[list[_Row]], below: list[_Row | None], widths: list[float]
) -> bool:
    """Whether a row of text goes on the cells of the row above: no rule parts them, and it
    lacks the first cell or goes on one that was full.
    """
    last = min(row.y for cell in above for row in cell)
    first = max(row.y for row in below if row is not None)
    parted = page.rules.between(first, last)
    if parted is not None:
        return not parted
    if below[0] is None:
        return bool(above[0]) and any(cell and row for cell, row in zip(above, below, strict=True))
    if any(below[1:]) or not above[0]:
        return False
    full = above[0][-1].pieces[-1].right - above[0][-1].pieces[0].left
    return full > 0.8 * widths[0] and len(above[0][-1].pieces[0].text.split()) > 1
