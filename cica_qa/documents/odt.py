"""OpenDocument texts (.odt), as LibreOffice writes them, with tracked changes accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cica_qa.documents.builder import Builder, clean_line
from cica_qa.documents.package import (
    Package,
    core_properties,
    encrypted_message,
    get_attribute,
    local_name,
)
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.table_header import has_header
from cica_qa.documents.unreadable import DamagedFileError, EncryptedFileError

if TYPE_CHECKING:
    from lxml.etree import _Element

_APART = ("tracked-changes", "table-of-content", "alphabetical-index", "forms", "sequence-decls",
          "annotation")  # fmt: skip
_MAX_REPEATED = 1_000


def read_odt(data: bytes, name: str, limits: Limits) -> Read:
    """Read an OpenDocument text. Raises ``UnreadableError``."""
    package = Package(data, name, limits)
    if "META-INF/manifest.xml" in package and any(
        package.xml("META-INF/manifest.xml").iter("{*}encryption-data")
    ):
        raise EncryptedFileError(encrypted_message(name))
    body = next(package.xml("content.xml").iter("{*}text"), None)
    if body is None:
        raise DamagedFileError(f"{name} is damaged: it has no text. Save it again.")
    properties = core_properties(package.xml("meta.xml")) if "meta.xml" in package else {}
    builder = Builder(name, limits)
    _TextWriter(builder).write(body)
    return builder.read(properties.pop("title", ""), properties)


class _TextWriter:
    """Writes the body of a text into a builder."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._notes: list[str] = []

    def write(self, parent: _Element) -> None:
        """Write paragraphs, lists and tables in reading order, each followed by its notes."""
        self._children(parent, -1)
        self._flush()

    def _children(self, parent: _Element, depth: int, number: str = "") -> None:
        for element in parent:
            kind = local_name(element)
            if kind in _APART:
                continue
            if kind == "h":
                self._flush()
                level = get_attribute(element, "outline-level")
                self._builder.add("heading", self._say(element), int(level or 1))
            elif kind == "p":
                self._paragraph(element, depth)
            elif kind == "list":
                self._children(element, depth + 1)
            elif kind == "table":
                self._table(element)
            else:
                self._children(element, depth)

    def _paragraph(self, element: _Element, depth: int) -> None:
        if depth < 0:
            self._flush()
        text, style = self._say(element), get_attribute(element, "style-name")
        if style == "Title":
            self._builder.add("title", text)
        else:
            self._builder.add("item" if depth >= 0 else "paragraph", text, max(depth, 0))
        if depth < 0:
            self._flush()
        for box in element.iter("{*}text-box"):
            self._children(box, -1)

    def _table(self, table: _Element) -> None:
        self._flush()
        rows = [
            [text for cell in row for text in self._cell(cell)]
            for row in table.iter("{*}table-row")
            if next(row.iterancestors("{*}table")) is table
        ]
        while rows and rows[0] and not any(row[-1:] and row[-1] for row in rows):
            rows = [row[:-1] for row in rows]
        told = any(local_name(one) == "table-header-rows" for one in table)
        if max(map(len, rows), default=0) > 1:
            self._builder.table(rows, told or has_header(rows, False))
        else:
            for row in rows:
                self._builder.add("paragraph", " ".join(row))
        for inner in (one for one in table.iter("{*}table") if one is not table):
            if next(inner.iterancestors("{*}table")) is table:
                self._table(inner)

    def _cell(self, cell: _Element) -> Iterator[str]:
        if local_name(cell) in ("table-cell", "covered-table-cell"):
            own = (one for one in cell.iter("{*}p", "{*}h") if _cell_of(one) is cell)
            text = clean_line(" ".join(map(self._say, own)))
            again = get_attribute(cell, "number-columns-repeated")
            yield from [text] * (min(int(again), _MAX_REPEATED) if again.isdecimal() else 1)

    def _say(self, element: _Element) -> str:
        """Return the text of a paragraph and queue its notes."""
        parts = [element.text or ""]
        for child in element:
            kind = local_name(child)
            if kind == "note":
                body = next(child.iter("{*}note-body"), None)
                if body is not None:
                    self._notes.append("\n".join(self._say(p) for p in body.iter("{*}p")))
            elif kind == "s":
                parts.append(" ")
            elif kind == "tab":
                parts.append("\t")
            elif kind == "line-break":
                parts.append("\n")
            elif kind not in ("frame", "annotation", "custom-shape", "ruby-text", ""):
                parts.append(self._say(child))
            parts.append(child.tail or "")
        return "".join(parts)

    def _flush(self) -> None:
        for note in self._notes:
            self._builder.add("note", note)
        self._notes.clear()


def _cell_of(element: _Element) -> _Element | None:
    return next(element.iterancestors("{*}table-cell"), None)
