"""The rows and cells of a table on a page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from cica_qa.documents.pdf.rows import PdfLine, PieceRow, join_pieces, make_line, runs_right
from cica_qa.documents.pdf.rules import PageRules


def read_table(
    rows: Sequence[PieceRow], columns: Sequence[Sequence[PieceRow]], rules: PageRules, rtl: bool
) -> list[PdfLine]:
    """Return a line for each row of a table, with ``columns`` in reading order."""
    cells_of: dict[int, list[PieceRow | None]] = {}
    for number, column in enumerate(columns):
        for row in column:
            place = next(i for i, whole in enumerate(rows) if row.pieces[0] in whole.pieces)
            cells_of.setdefault(place, [None] * len(columns))[number] = row
    grid: list[list[list[PieceRow]]] = []
    widths = [_width(column) for column in columns]
    for place in sorted(cells_of):
        below = cells_of[place]
        if grid and _goes_on(rules, grid[-1], below, widths):
            for cell, part in zip(grid[-1], below, strict=True):
                cell += [part] if part is not None else []
        else:
            grid.append([[part] if part is not None else [] for part in below])
    headed = _is_headed(grid, rules)
    lines: list[PdfLine] = []
    for place, cells in enumerate(grid):
        pieces = [piece for cell in cells for row in cell for piece in row.pieces]
        texts = tuple(
            " ".join(join_pieces(row.pieces, runs_right(row.pieces, rtl)) for row in cell)
            for cell in cells
        )
        line = make_line(sorted(pieces, key=lambda piece: piece.left), "\t".join(texts), rtl)
        line.y = min(piece.y for piece in pieces)
        line.cells, line.heads = texts, headed and place == 0
        lines.append(line)
    return lines


def _is_headed(grid: list[list[list[PieceRow]]], rules: PageRules) -> bool:
    """Return whether the first row names the columns.

    It does if it alone is bold or underlined, or has words above a column of numbers.
    """
    first, rest = grid[0], grid[1:]
    if not rest or not all(first):
        return False
    bold = [all(p.bold for c in cells for r in c for p in r.pieces) for cells in grid]
    if bold[0] and not any(bold[1:]):
        return True
    lows = [min(row.y for cell in cells for row in cell) for cells in grid]
    ruled = [rules.rule_between(below, above) for above, below in pairwise(lows)]
    if ruled[0] and len(ruled) > 1 and not any(ruled[1:]):
        return True
    return any(
        not _numeric(first[column]) and all(_numeric(cells[column]) for cells in rest)
        for column in range(len(first))
    )


def _numeric(cell: list[PieceRow]) -> bool:
    text = "".join(piece.text for row in cell for piece in row.pieces)
    digits = sum(map(str.isdigit, text))
    return digits > 0 and digits >= sum(map(str.isalpha, text))


def _width(rows: Sequence[PieceRow]) -> float:
    return max(row.pieces[-1].right for row in rows) - min(row.pieces[0].left for row in rows)


def _goes_on(
    rules: PageRules, above: list[list[PieceRow]], below: list[PieceRow | None], widths: list[float]
) -> bool:
    """Return whether a row of text continues the cells of the row above.

    Rules decide if there are any; else it does if it lacks the first cell or continues a first
    cell that was full.
    """
    last = min(row.y for cell in above for row in cell)
    first = max(row.y for row in below if row is not None)
    parted = rules.separated(first, last)
    if parted is not None:
        return not parted
    if below[0] is None:
        return bool(above[0]) and any(cell and row for cell, row in zip(above, below, strict=True))
    if any(below[1:]) or not above[0]:
        return False
    full = above[0][-1].pieces[-1].right - above[0][-1].pieces[0].left
    return full > 0.8 * widths[0] and len(above[0][-1].pieces[0].text.split()) > 1
