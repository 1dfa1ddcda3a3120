"""The tables of web pages: which only place text, and the cells of the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cica_qa.documents.builder import one_line
from cica_qa.documents.html_nodes import HEADINGS, text_of
from cica_qa.documents.package import attribute, local

if TYPE_CHECKING:
    from lxml.etree import _Element

_MERGED_CHARS, _CELL_CHARS = 100, 600
_MAX_SPAN = 1_000


def rows_of(table: _Element) -> Iterator[_Element]:
    """Yield the rows of a table, but not those of tables in it."""
    for child in table:
        if local(child) == "tr":
            yield child
        elif local(child) in ("thead", "tbody", "tfoot"):
            yield from rows_of(child)


def is_layout(table: _Element, cells: list[list[_Element]]) -> bool:
    """Whether a table only places text on the page: one column, or whole texts in its cells."""
    if attribute(table, "role") in ("presentation", "none") or max(map(len, cells), default=0) < 2:
        return True
    inner = ("table", *HEADINGS)
    return any(
        any(local(one) in inner for one in cell.iterdescendants())
        or len(one_line(text_of(cell))) > _CELL_CHARS
        for row in cells
        for cell in row
    )


def grid_of(cells: list[list[_Element]]) -> list[list[str]]:
    """The texts of cells, row by row; what spans rows is told in each, what spans columns once."""
    grid: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # column: rows still to fill, and with what
    for row in cells:
        texts: list[str] = []

        def fill(texts: list[str] = texts) -> None:
            while len(texts) in below:
                at = len(texts)
                left, text = below[at]
                below[at] = (left - 1, text)
                if left <= 1:
                    del below[at]
                texts.append(text)

        for cell in row:
            fill()
            text = one_line(text_of(cell))
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            for offset in range(across):
                told = text if offset == 0 else ""
                if down > 1:
                    kept = told if len(told) <= _MERGED_CHARS else ""
                    below[len(texts)] = (down - 1, kept)
                texts.append(told)
        fill()
        grid.append(texts)
    return grid


def _span(cell: _Element, name: str) -> int:
    value = cell.get(name, "1").strip()
    return max(1, min(int(value), _MAX_SPAN)) if re.fullmatch("[0-9]{1,6}", value) else 1
