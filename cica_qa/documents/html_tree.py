"""Blocks of an HTML tree: headings, paragraphs, lists, tables and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.builder import Builder, clean_line, clean_lines
from cica_qa.documents.html_nodes import (
    BLOCKS,
    HEADINGS,
    LISTS,
    UNSEEN,
    holds_blocks,
    is_heading,
    is_hidden,
    is_note,
    is_note_mark,
    text_of,
)
from cica_qa.documents.html_tables import cell_texts, is_layout, table_rows
from cica_qa.documents.package import get_attribute, local_name
from cica_qa.documents.table_header import has_header
from cica_qa.types import BlockKind

if TYPE_CHECKING:
    from lxml.etree import _Element

_BREAK = "\x0b"  # stands for a line break of the page, as HTML's own white space is none
_SPACE = re.compile(r"[ \t\n\r\f]+")
_ITEM_CHARS = 400


@dataclass(frozen=True, slots=True)
class _WalkState:
    """The state of the walk.

    ``kind`` is the kind of block to write, ``depth`` the nesting of lists (-1 outside), ``number``
    that of the item, ``kept`` whether line breaks are kept, as in ``pre``.
    """

    kind: BlockKind = "paragraph"
    depth: int = -1
    number: str = ""
    kept: bool = False


class HtmlBlockWriter:
    """Writes the visible content of HTML elements into a builder."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._inline: list[str] = []

    def write(self, element: _Element) -> None:
        """Write an element with all its descendants."""
        self._visit(element, _WalkState())
        self._flush(_WalkState())

    def _visit(self, element: _Element, state: _WalkState) -> None:
        kind = local_name(element)
        if not kind or kind in UNSEEN or is_hidden(element):
            return
        if kind == "br":
            self._inline.append(_BREAK)
        elif kind in ("sup", "a") and is_note_mark(element):
            return
        elif kind not in BLOCKS:
            self._children(element, state)
            if kind in ("input", "button", "select", "textarea"):
                self._inline.append(" ")
        else:
            self._flush(state)
            self._block(element, kind, state)

    def _block(self, element: _Element, kind: str, state: _WalkState) -> None:
        if kind == "hr":
            self._builder.rule()
        elif kind in HEADINGS and is_heading(element):
            self._builder.add("heading", text_of(element), HEADINGS[kind])
        elif kind in LISTS:
            self._list(element, state)
        elif kind == "dl":
            self._definitions(element, state)
        elif kind == "table":
            self._table(element, state)
        else:
            inner = state
            if is_note(element):
                inner = _WalkState("note", state.depth)
            elif kind == "pre":
                inner = _WalkState(state.kind, state.depth, state.number, kept=True)
            self._children(element, inner)
            self._flush(inner)

    def _children(self, element: _Element, state: _WalkState) -> None:
        self._say(element.text, state)
        for child in element:
            self._visit(child, state)
            self._say(child.tail, state)

    def _say(self, text: str | None, state: _WalkState) -> None:
        if text:
            kept = text.replace("\n", _BREAK) if state.kept else text
            self._inline.append(_SPACE.sub(" ", kept))

    def _flush(self, state: _WalkState) -> None:
        text = "".join(self._inline).replace(_BREAK, "\n")
        self._inline.clear()
        label = f"{state.number}. " if state.number and state.kind == "item" else ""
        if not has_word(text):
            return
        first, rest = clean_lines(text), ""
        if state.kind == "item" and len(first) > _ITEM_CHARS:  # a pane of text, not an item
            first, _, rest = first.partition("\n")
        self._builder.add(state.kind, label + first, max(state.depth, 0), state.number)
        for line in rest.splitlines():
            self._builder.add("paragraph", line)

    def _list(self, element: _Element, state: _WalkState) -> None:
        kind: BlockKind = "note" if state.kind == "note" or is_note(element) else "item"
        ordered = local_name(element) == "ol" and kind == "item"
        start = get_attribute(element, "start")
        count = int(start) if re.fullmatch(r"-?[0-9]{1,6}", start) else 1
        for child in element:
            if local_name(child) == "li" and not is_hidden(child):
                value = get_attribute(child, "value")
                count = int(value) if re.fullmatch(r"[0-9]{1,6}", value) else count
                self._item(child, _WalkState(kind, state.depth + 1, str(count) if ordered else ""))
                count += 1
            else:
                self._visit(child, _WalkState(kind, state.depth + 1))
        self._flush(_WalkState(kind, state.depth + 1))

    def _item(self, element: _Element, state: _WalkState) -> None:
        """Write a list item as one block; lists and tables inside it are blocks of their own."""
        self._say(element.text, state)
        before = len(self._builder)
        for child in element:
            if local_name(child) in ("p", "div", "span") and not holds_blocks(child):
                if self._inline and has_word("".join(self._inline)):
                    self._inline.append(_BREAK)
                self._children(child, state)
            else:
                rest = _WalkState(state.kind, state.depth) if len(self._builder) > before else state
                self._visit(child, rest)
            self._say(child.tail, state)
        rest = _WalkState(state.kind, state.depth) if len(self._builder) > before else state
        self._flush(rest)

    def _definitions(self, element: _Element, state: _WalkState) -> None:
        """Write each term and definition as a row of two cells, unless it holds blocks."""
        term = ""
        for child in _through_divisions(element):
            if local_name(child) == "dt":
                if term:
                    self._builder.add("paragraph", term)
                term = clean_line(text_of(child))
            elif local_name(child) == "dd" and not holds_blocks(child):
                text = clean_line(text_of(child))
                self._builder.table([[term, text] if term else [text]], header=False)
                term = ""
            else:
                if term:
                    self._builder.add("paragraph", term)
                term = ""
                self._visit(child, state)
                self._flush(state)
        if term:
            self._builder.add("paragraph", term)

    def _table(self, table: _Element, state: _WalkState) -> None:
        rows = [row for row in table_rows(table) if not is_hidden(row)]
        cells = [[cell for cell in row if local_name(cell) in ("td", "th")] for row in rows]
        for caption in (child for child in table if local_name(child) == "caption"):
            self._children(caption, _WalkState())
            self._flush(_WalkState())
        if is_layout(table, cells):
            for cell in (cell for row in cells for cell in row if not is_hidden(cell)):
                self._children(cell, state)
                self._flush(state)
            return
        grid = cell_texts(cells)
        marked = bool(cells) and all(local_name(cell) == "th" for cell in cells[0])
        self._builder.table(grid, (marked and len(grid) > 1) or has_header(grid, False))


def _through_divisions(element: _Element) -> Iterator[_Element]:
    for child in element:
        if local_name(child) == "div":
            yield from _through_divisions(child)
        elif local_name(child):
            yield child
