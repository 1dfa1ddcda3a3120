"""From a tree of HTML to blocks: headings, paragraphs, lists, tables and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.builder import Builder, lines, one_line
from cica_qa.documents.package import attribute, local
from cica_qa.documents.tables import has_header
from cica_qa.types import BlockKind

if TYPE_CHECKING:
    from lxml.etree import _Element

UNSEEN = {
    *("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed"),
    *("canvas", "audio", "video", "head", "link", "meta", "rt", "rp", "map", "datalist"),
}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "dir"),
    *("div", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html"),
    *("legend", "main", "nav", "option", "p", "pre", "search", "section", "summary", "dd", "dt"),
    *("caption", "tbody", "thead", "tfoot", "tr", "td", "th", "menu", "ul", "ol", "dl", "li"),
    *("table", "hr", "h1", "h2", "h3", "h4", "h5", "h6"),
}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = {"ul", "ol", "menu", "dir"}
_BREAK = "\x0b"  # a line break that the page asks for; HTML's own white space is none
_SPACE = re.compile(r"[ \t\n\r\f]+")
_NOTE_MARK = re.compile(r"\W*[0-9٠-٩a-z*†‡]{0,3}\W*", re.IGNORECASE)
_NOTE = re.compile(r"\b(?:footnotes?|endnotes?|rearnotes?)\b", re.IGNORECASE)
_HEADING_CHARS, _MERGED_CHARS, _CELL_CHARS, _ITEM_CHARS = 250, 100, 600, 400
_MAX_SPAN = 1_000


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: the kind of what it meets, how deep in lists, whether in ``pre``."""

    kind: BlockKind = "paragraph"
    depth: int = -1
    number: str = ""
    kept: bool = False


class HtmlBlocks:
    """Writes what a reader of a page sees into a builder."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._inline: list[str] = []

    def write(self, element: _Element) -> None:
        """Write an element with all that is in it."""
        self._visit(element, _Place())
        self._flush(_Place())

    def _visit(self, element: _Element, place: _Place) -> None:
        kind = local(element)
        if not kind or kind in UNSEEN or is_hidden(element):
            return
        if kind == "br":
            self._inline.append(_BREAK)
        elif kind in ("sup", "a") and _is_note_mark(element):
            return
        elif kind not in _BLOCKS:
            self._children(element, place)
            if kind in ("input", "button", "select", "textarea"):
                self._inline.append(" ")
        else:
            self._flush(place)
            self._block(element, kind, place)

    def _block(self, element: _Element, kind: str, place: _Place) -> None:
        if kind == "hr":
            self._builder.rule()
        elif kind in _HEADINGS and _is_heading(element):
            self._builder.add("heading", text_of(element), _HEADINGS[kind])
        elif kind in _LISTS:
            self._list(element, place)
        elif kind == "dl":
            self._definitions(element, place)
        elif kind == "table":
            self._table(element, place)
        else:
            inner = place
            if _is_note(element):
                inner = _Place("note", place.depth)
            elif kind == "pre":
                inner = _Place(place.kind, place.depth, place.number, kept=True)
            self._children(element, inner)
            self._flush(inner)

    def _children(self, element: _Element, place: _Place) -> None:
        self._say(element.text, place)
        for child in element:
            self._visit(child, place)
            self._say(child.tail, place)

    def _say(self, text: str | None, place: _Place) -> None:
        if text:
            kept = text.replace("\n", _BREAK) if place.kept else text
            self._inline.append(_SPACE.sub(" ", kept))

    def _flush(self, place: _Place) -> None:
        text = "".join(self._inline).replace(_BREAK, "\n")
        self._inline.clear()
        label = f"{place.number}. " if place.number and place.kind == "item" else ""
        if not has_word(text):
            return
        first, rest = lines(text), ""
        if place.kind == "item" and len(first) > _ITEM_CHARS:  # a pane of text and no item
            first, _, rest = first.partition("\n")
        self._builder.add(place.kind, label + first, max(place.depth, 0), place.number)
        for line in rest.splitlines():
            self._builder.add("paragraph", line)

    def _list(self, element: _Element, place: _Place) -> None:
        kind: BlockKind = "note" if place.kind == "note" or _is_note(element) else "item"
        ordered = local(element) == "ol" and kind == "item"
        start = attribute(element, "start")
        count = int(start) if re.fullmatch(r"-?[0-9]{1,6}", start) else 1
        for child in element:
            if local(child) == "li" and not is_hidden(child):
                value = attribute(child, "value")
                count = int(value) if re.fullmatch(r"[0-9]{1,6}", value) else count
                self._item(child, _Place(kind, place.depth + 1, str(count) if ordered else ""))
                count += 1
            else:
                self._visit(child, _Place(kind, place.depth + 1))
        self._flush(_Place(kind, place.depth + 1))

    def _item(self, element: _Element, place: _Place) -> None:
        """An item is one block, but for lists and tables that are in it."""
        self._say(element.text, place)
        before = len(self._builder)
        for child in element:
            if local(child) in ("p", "div", "span") and not _holds_blocks(child):
                if self._inline and has_word("".join(self._inline)):
                    self._inline.append(_BREAK)
                self._children(child, place)
            else:
                rest = _Place(place.kind, place.depth) if len(self._builder) > before else place
                self._visit(child, rest)
            self._say(child.tail, place)
        rest = _Place(place.kind, place.depth) if len(self._builder) > before else place
        self._flush(rest)

    def _definitions(self, element: _Element, place: _Place) -> None:
        """Each term with its definitions is a row of two cells, where it fits in one."""
        term = ""
        for child in _through_divisions(element):
            if local(child) == "dt":
                if term:
                    self._builder.add("paragraph", term)
                term = one_line(text_of(child))
            elif local(child) == "dd" and not _holds_blocks(child):
                text = one_line(text_of(child))
                self._builder.table([[term, text] if term else [text]], header=False)
                term = ""
            else:
                if term:
                    self._builder.add("paragraph", term)
                term = ""
                self._visit(child, place)
                self._flush(place)
        if term:
            self._builder.add("paragraph", term)

    def _table(self, table: _Element, place: _Place) -> None:
        rows = [row for row in _rows(table) if not is_hidden(row)]
        cells = [[cell for cell in row if local(cell) in ("td", "th")] for row in rows]
        for caption in (child for child in table if local(child) == "caption"):
            self._children(caption, _Place())
            self._flush(_Place())
        if _is_layout(table, cells):
            for cell in (cell for row in cells for cell in row if not is_hidden(cell)):
                self._children(cell, place)
                self._flush(place)
            return
        grid = _grid(cells)
        marked = bool(cells) and all(local(cell) == "th" for cell in cells[0])
        self._builder.table(grid, (marked and len(grid) > 1) or has_header(grid, False))


def text_of(element: _Element) -> str:
    """Return the visible text in an element, its blocks apart."""
    if local(element) in UNSEEN or is_hidden(element):
        return ""
    parts = [element.text or ""]
    for child in element:
        if local(child) and not (local(child) == "sup" and _is_note_mark(child)):
            block = local(child) in _BLOCKS or local(child) == "br"
            parts += (" ", text_of(child), " ") if block else (text_of(child),)
        parts.append(child.tail or "")
    return "".join(parts)


def is_hidden(element: _Element) -> bool:
    """Return whether a page does not show an element."""
    style = re.sub(r"\s", "", element.get("style", "")).lower()
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or "display:none" in style
        or "visibility:hidden" in style
    )


def _is_heading(element: _Element) -> bool:
    """Whether it is a heading: some pages set whole texts in its type."""
    return len(one_line(text_of(element))) <= _HEADING_CHARS and not any(
        local(one) in ("p", "table", *_LISTS) for one in element.iterdescendants()
    )


def _is_note_mark(element: _Element) -> bool:
    """Whether it is nothing but the mark of a note: «[1]»."""
    link = element if local(element) == "a" else next(iter(element), None)
    if link is None or local(link) != "a":
        return False
    refers = attribute(link, "type") == "noteref" or attribute(link, "role") in (
        *("doc-noteref", "doc-backlink"),
    )
    short = _NOTE_MARK.fullmatch("".join(element.itertext())) is not None
    inner = attribute(link, "href").startswith("#")
    return short and (refers or (inner and (local(element) == "sup" or _holds_sup(link))))


def _holds_sup(element: _Element) -> bool:
    return any(local(child) == "sup" for child in element)


def _is_note(element: _Element) -> bool:
    told = (attribute(element, name) for name in ("type", "role", "class"))
    return any(_NOTE.search(value) for value in told)


def _holds_blocks(element: _Element) -> bool:
    return any(local(child) in _BLOCKS for child in element.iterdescendants())


def _through_divisions(element: _Element) -> Iterator[_Element]:
    for child in element:
        if local(child) == "div":
            yield from _through_divisions(child)
        elif local(child):
            yield child


def _rows(table: _Element) -> Iterator[_Element]:
    for child in table:
        if local(child) == "tr":
            yield child
        elif local(child) in ("thead", "tbody", "tfoot"):
            yield from _rows(child)


def _is_layout(table: _Element, cells: list[list[_Element]]) -> bool:
    """Whether a table only places text on the page: one column, or whole texts in its cells."""
    if attribute(table, "role") in ("presentation", "none") or max(map(len, cells), default=0) < 2:
        return True
    inner = ("table", *_HEADINGS)
    return any(
        any(local(one) in inner for one in cell.iterdescendants())
        or len(one_line(text_of(cell))) > _CELL_CHARS
        for row in cells
        for cell in row
    )


def _grid(cells: list[list[_Element]]) -> list[list[str]]:
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
