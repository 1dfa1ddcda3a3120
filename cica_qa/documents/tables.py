"""Tables and half verses in plain text: rows of cells, told by tabs, pipes or runs of spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.lines import Line
from cica_qa.types import Block

Cells = tuple[tuple[int, int], ...]

_TAB, _PIPE, _GAP = re.compile(r"\t"), re.compile(r"(?<!\\)\|"), re.compile(r"[ \u00a0]{2,}|\t")
_HALVES = re.compile(r"[ \u00a0]{3,}|\t+|[ \u00a0]*(?:\*{2,3}|\.{3,}|…|=|/{1,2})[ \u00a0]*")
_ALIGNED_ROWS, _ALIGNED_CHARS = 3, 40
_HALF_WORDS, _HALF_RATIO = (3, 9), 2.0
_DIGIT = re.compile(r"\d")


class Run(NamedTuple):
    """Lines ``first`` to ``last`` (not included) that are ``rows`` of a table or verses."""

    first: int
    last: int
    kind: str
    rows: tuple[Cells, ...]


def runs(lines: Sequence[Line]) -> Iterator[Run]:
    """Yield the tables and the verses among the lines of a stanza, in order."""
    at = 0
    while at < len(lines):
        found = _table(lines, at) or _verses(lines, at) or _aligned(lines, at)
        if found:
            yield found
            at = found.last
        else:
            at += 1


def table_blocks(text: str, rows: Sequence[Cells], header: Cells | None = None) -> list[Block]:
    """Return the rows of a table as blocks, the header first where there is one.

    The row that is the header has its own cells as its ``header``. Where ``header`` is not
    given it is looked for in the first row.
    """
    if header is None and rows and _heads(text, rows):
        header = rows[0]
    return [
        Block("row", cells[0][0], max(end for _, end in cells), cells=cells, header=header or ())
        for cells in rows
        if any(start < end for start, end in cells)
    ]


def is_header(block: Block) -> bool:
    """Whether a row is the header of its table."""
    return block.kind == "row" and bool(block.cells) and block.cells == block.header


def split_cells(text: str, start: int, end: int, separator: re.Pattern[str]) -> Cells:
    """Return the spans of the cells of ``text[start:end]``, trimmed; outer pipes part nothing."""
    bounds = [(start, start), *(match.span() for match in separator.finditer(text, start, end))]
    bounds.append((end, end))
    cells = [_trimmed(text, before, after) for (_, before), (after, _) in pairwise(bounds)]
    if separator is _PIPE and len(cells) > 1:
        cells = cells[cells[0][0] == cells[0][1] :]
        cells = cells[: len(cells) - (cells[-1][0] == cells[-1][1])] if len(cells) > 1 else cells
    return tuple(cells)


def pipe_cells(text: str, start: int, end: int) -> Cells:
    """Return the cells of a row of a Markdown table."""
    return split_cells(text, start, end, _PIPE)


def _table(lines: Sequence[Line], at: int) -> Run | None:
    for separator, least in ((_TAB, 1), (_PIPE, 1)):
        last = at
        while last < len(lines) and len(separator.findall(lines[last].text)) >= least:
            last += 1
        rows = [_cells(line, separator) for line in lines[at:last]]
        sizes = [len(row) for row in rows]
        full = sum(_is_full(line, row) for line, row in zip(lines[at:last], rows, strict=True))
        if len(rows) >= 2 and 2 * full > len(rows) and max(sizes) - min(sizes) <= 1:
            if _is_verse(lines[at:last], rows):
                return None
            return Run(at, last, "row", _even(rows))
    return None


def _is_full(line: Line, row: Cells) -> bool:
    """Whether two cells of a row or more have a word in them."""
    words = [line.text[a - line.start : b - line.start] for a, b in row]
    return sum(map(has_word, words)) > 1


def _aligned(lines: Sequence[Line], at: int) -> Run | None:
    last = at
    while last < len(lines) and _GAP.search(lines[last].text):
        last += 1
    rows = [_cells(line, _GAP) for line in lines[at:last]]
    if len(rows) < _ALIGNED_ROWS or len({len(row) for row in rows}) > 1:
        return None
    short = all(end - start <= _ALIGNED_CHARS for row in rows for start, end in row)
    plain = all(not line.finished for line in lines[at:last])
    return Run(at, last, "row", tuple(rows)) if short and plain else None


def _verses(lines: Sequence[Line], at: int) -> Run | None:
    last = at
    while last < len(lines) and len(_cells(lines[last], _HALVES)) == 2:
        last += 1
    rows = [_cells(line, _HALVES) for line in lines[at:last]]
    if len(rows) < 2 or not _is_verse(lines[at:last], rows):
        return None
    return Run(at, last, "verse", tuple(rows))


def _is_verse(lines: Sequence[Line], rows: Sequence[Cells]) -> bool:
    """Whether all lines are two halves of some words, about as long as each other."""
    for line, row in zip(lines, rows, strict=True):
        if len(row) != 2 or _DIGIT.search(line.text):
            return False
        halves = [line.text[a - line.start : b - line.start] for a, b in row]
        counts = [len(half.split()) for half in halves]
        if not all(_HALF_WORDS[0] <= count <= _HALF_WORDS[1] for count in counts):
            return False
        if max(map(len, halves)) > _HALF_RATIO * min(map(len, halves)):
            return False
    return True


def _cells(line: Line, separator: re.Pattern[str]) -> Cells:
    found = split_cells(line.text, 0, len(line.text), separator)
    return tuple((line.start + start, line.start + end) for start, end in found)


def _even(rows: Sequence[Cells]) -> tuple[Cells, ...]:
    """Fill rows that lack their last cell with an empty one."""
    width = max(map(len, rows))
    return tuple((*row, *[(row[-1][1],) * 2] * (width - len(row))) for row in rows)


def _heads(text: str, rows: Sequence[Cells]) -> bool:
    """Whether the first row names the columns: it tells nothing, and the rows under it do."""
    if len(rows) < 2:
        return False
    first, body = rows[0], rows[1:]
    named = [has_word(text[slice(*cell)]) for cell in first]
    if sum(named) < len(first) - 1 or sum(named) == 0:
        return False
    numbered = [_DIGIT.search(text[slice(*cell)]) is not None for cell in first]
    columns = [
        [_DIGIT.search(text[slice(*row[at])]) is not None for row in body if at < len(row)]
        for at in range(len(first))
    ]
    telling = [bool(column) and all(column) for column in columns]
    if any(n and t for n, t in zip(numbered, telling, strict=True)):
        return False
    return any(telling) or (len(first) > 2 and not any(numbered)) or _by_length(text, rows)


def _by_length(text: str, rows: Sequence[Cells]) -> bool:
    """Whether the first of two columns' rows is shorter than those under it are on average."""
    sizes = [sum(end - start for start, end in row) for row in rows]
    return len(rows) > 2 and sizes[0] * 1.5 < sum(sizes[1:]) / (len(sizes) - 1)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def with_detached(blocks: Sequence[Block], detached: bool) -> list[Block]:
    """Mark the first block as detached from what stands before it."""
    return [replace(blocks[0], detached=detached), *blocks[1:]] if blocks else []
