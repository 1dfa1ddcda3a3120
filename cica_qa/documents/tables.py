"""Tables and verses in plain text: cells separated by tabs, pipes or runs of spaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.lines import TextLine, TextSpan
from cica_qa.types import Block

Cells = tuple[TextSpan, ...]

_TAB, _PIPE, _GAP = re.compile(r"\t"), re.compile(r"(?<!\\)\|"), re.compile(r"[ \u00a0]{2,}|\t")
_HALVES = re.compile(r"[ \u00a0]{3,}|\t+|[ \u00a0]*(?:\*{2,3}|\.{3,}|…|=|/{1,2})[ \u00a0]*")
_ALIGNED_ROWS, _ALIGNED_CHARS = 3, 40
_HALF_WORDS, _HALF_RATIO = (3, 9), 2.0
_DIGIT = re.compile(r"\d")


class TableRun(NamedTuple):
    """The lines from ``first`` up to, but excluding, ``last``: rows of a table, or verses."""

    first: int
    last: int
    kind: str
    rows: tuple[Cells, ...]


Finder = Callable[[Sequence[TextLine], int], tuple[TableRun | None, int]]


def table_runs(lines: Sequence[TextLine]) -> Iterator[TableRun]:
    """Yield the tables and the verses among the lines of a stanza, in order."""
    tabs, pipes = (partial(_table, separator=separator) for separator in (_TAB, _PIPE))
    finders: tuple[Finder, ...] = (tabs, pipes, _verses, _aligned)
    failed = [0] * len(finders)  # for each finder the line before which it finds nothing more
    at = 0
    while at < len(lines):
        for number, find in enumerate(finders):
            if at < failed[number]:
                continue
            found, last = find(lines, at)
            if found:
                yield found
                at = found.last
                break
            failed[number] = max(last, at + 1)
        else:
            at += 1


def table_blocks(text: str, rows: Sequence[Cells], header: Cells | None = None) -> list[Block]:
    """Return the rows of a table as blocks, including its header.

    The header row has its own cells as its ``header``. If no ``header`` is given, it is detected
    in the first row.
    """
    if header is None and rows and _heads(text, rows):
        header = rows[0]
    return [
        Block("row", cells[0][0], max(end for _, end in cells), cells=cells, header=header or ())
        for cells in rows
        if any(start < end for start, end in cells)
    ]


def is_header(block: Block) -> bool:
    """Return whether a row is the header of its table."""
    return block.kind == "row" and bool(block.cells) and block.cells == block.header


def split_cells(text: str, start: int, end: int, separator: re.Pattern[str]) -> Cells:
    """Return the trimmed spans of the cells in ``text[start:end]``; outer pipes are ignored."""
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


def _table(
    lines: Sequence[TextLine], at: int, separator: re.Pattern[str]
) -> tuple[TableRun | None, int]:
    """Return the table that begins at a line, if there is one, and the line after its rows."""
    rows: list[Cells] = []
    for line in map(lines.__getitem__, range(at, len(lines))):
        cells = _cells(line, separator) if separator.search(line.text) else ()
        if len(cells) < 2 or (rows and abs(len(cells) - len(rows[0])) > 1):
            break
        rows.append(cells)
    last = at + len(rows)
    full = sum(_is_full(line, row) for line, row in zip(lines[at:last], rows, strict=True))
    if len(rows) < 2 or 2 * full <= len(rows) or _is_verse(lines[at:last], rows):
        return None, last
    return TableRun(at, last, "row", _even(rows)), last


def _is_full(line: TextLine, row: Cells) -> bool:
    """Return whether at least two cells of a row contain a word."""
    words = [line.text[a - line.start : b - line.start] for a, b in row]
    return sum(map(has_word, words)) > 1


def _aligned(lines: Sequence[TextLine], at: int) -> tuple[TableRun | None, int]:
    rows: list[Cells] = []
    for line in map(lines.__getitem__, range(at, len(lines))):
        cells = _cells(line, _GAP) if _GAP.search(line.text) else ()
        if not cells or (rows and len(cells) != len(rows[0])):
            break
        rows.append(cells)
    last = at + len(rows)
    short = all(end - start <= _ALIGNED_CHARS for row in rows for start, end in row)
    plain = all(not line.finished for line in lines[at:last])
    if len(rows) < _ALIGNED_ROWS or not (short and plain):
        return None, last
    return TableRun(at, last, "row", tuple(rows)), last


def _verses(lines: Sequence[TextLine], at: int) -> tuple[TableRun | None, int]:
    rows: list[Cells] = []
    for line in map(lines.__getitem__, range(at, len(lines))):
        cells = _cells(line, _HALVES)
        if len(cells) != 2:
            break
        rows.append(cells)
    last = at + len(rows)
    if len(rows) < 2 or not _is_verse(lines[at:last], rows):
        return None, last
    return TableRun(at, last, "verse", tuple(rows)), last


def _is_verse(lines: Sequence[TextLine], rows: Sequence[Cells]) -> bool:
    """Return whether all lines consist of two halves of a few words and similar length."""
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


def _cells(line: TextLine, separator: re.Pattern[str]) -> Cells:
    found = split_cells(line.text, 0, len(line.text), separator)
    return tuple((line.start + start, line.start + end) for start, end in found)


def _even(rows: Sequence[Cells]) -> tuple[Cells, ...]:
    """Pad shorter rows with empty cells."""
    width = max(map(len, rows))
    return tuple((*row, *[(row[-1][1],) * 2] * (width - len(row))) for row in rows)


def _heads(text: str, rows: Sequence[Cells]) -> bool:
    """Return whether the first row names the columns: unlike the others, it holds no data."""
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
    """Return whether the first row is clearly shorter than the average of the rows below."""
    sizes = [sum(end - start for start, end in row) for row in rows]
    return len(rows) > 2 and sizes[0] * 1.5 < sum(sizes[1:]) / (len(sizes) - 1)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
