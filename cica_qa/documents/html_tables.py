"""Tables of web pages: layout tables told from data tables, and the cells of the latter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cica_qa.documents.builder import clean_line
from cica_qa.documents.html_nodes import HEADINGS, text_of
from cica_qa.documents.package import get_attribute, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_MERGED_CHARS, _CELL_CHARS = 100, 600
_MAX_SPAN = 1_000


def table_rows(table: _Element) -> Iterator[_Element]:
    """Yield the rows of a table, without those of nested tables."""
    for child in table:
        if local_name(child) == "tr":
            yield child
        elif local_name(child) in ("thead", "tbody", "tfoot"):
            yield from table_rows(child)


def is_layout(table: _Element, cells: list[list[_Element]]) -> bool:
    """Return whether a table only lays out text: it has one column, or cells of whole texts."""
    if (
        get_attribute(table, "role") in ("presentation", "none")
        or max(map(len, cells), default=0) < 2
    ):
        return True
    inner = ("table", *HEADINGS)
    return any(
        any(local_name(one) in inner for one in cell.iterdescendants())
        or len(clean_line(text_of(cell))) > _CELL_CHARS
        for row in cells
        for cell in row
    )


def cell_texts(cells: list[list[_Element]]) -> list[list[str]]:
    """Return the texts of the cells, row by row.

    A cell that spans rows is repeated in each, unless it is long; one that spans columns fills
    only the first of them.
    """
    grid: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # column -> (rows still to fill, text)
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
            text = clean_line(text_of(cell))
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
