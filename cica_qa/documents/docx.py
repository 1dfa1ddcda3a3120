"""Word files (.docx): the visible text with all tracked changes accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from cica_qa.documents.builder import Builder, clean_line, clean_lines
from cica_qa.documents.docx_runs import ParagraphText, read_runs
from cica_qa.documents.docx_styles import (
    Style,
    child,
    is_on,
    list_of,
    outline_of,
    parse_int,
    read_numbering,
    read_styles,
)
from cica_qa.documents.file_notes import file_note
from cica_qa.documents.package import Package, get_attribute, local_name
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.table_header import has_header
from cica_qa.documents.unreadable import DamagedFileError
from cica_qa.types import BlockKind

if TYPE_CHECKING:
    from lxml.etree import _Element

_WRAPPERS = {
    *("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "body", "txbxContent"),
    *("footnote", "endnote", "hdr", "ftr"),
}
_HEADING_CHARS, _HEADING_WORDS = 100, 14
_SENTENCE_END = tuple(".؟?!؛،,;…")
_MERGED_CHARS = 100


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    kind: BlockKind = "paragraph"
    level: int = 0
    number: str = ""
    bold: bool = False
    size: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    rows: tuple[tuple[str, ...], ...]
    header: bool
    notes: tuple[str, ...] = ()


def read_docx(data: bytes, name: str, limits: Limits) -> Read:
    """Read a Word file (.docx, .docm). Raises ``UnreadableError``."""
    package = Package(data, name, limits)
    main = next((part for kind, part in package.related("").values() if kind == "officeDocument"),
                "word/document.xml")  # fmt: skip
    file = _WordFile(package, main)
    body = child(package.xml(main), "body")
    if body is None:
        raise DamagedFileError(f"{name} is damaged: it has no body. Save it again with Word.")
    builder = Builder(name, limits)
    entries = _with_bold_headings(list(file.entries(body)))
    _write(builder, [*file.margins("header"), *entries, *file.margins("footer")])
    properties = package.properties()
    doubts = [file_note("embeds")] if file.foreign else []
    title = _confirmed_title(properties.pop("title", ""), entries)
    return builder.read(title, properties, (), doubts)


class _WordFile:
    """The parts of a Word file that hold its text."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._related = package.related(main)
        self.styles = read_styles(package, self._part("styles"))
        self.numbering = read_numbering(package, self._part("numbering"))
        self.foreign = any(kind == "aFChunk" for kind, _ in self._related.values())
        self.notes = {
            (kind, get_attribute(note, "id")): note
            for kind in ("footnote", "endnote")
            for note in self._children(self._part(f"{kind}s"))
            if get_attribute(note, "type") in ("", "normal")
        }

    def entries(self, parent: _Element) -> Iterator[_Paragraph | _Table]:
        """Yield paragraphs and tables in reading order."""
        carried: ParagraphText | None = None  # a paragraph whose end mark was deleted
        for element in parent:
            kind = local_name(element)
            if kind == "p":
                runs = read_runs(element)
                properties = child(element, "pPr")
                if carried is not None:
                    runs, carried = carried.joined(runs), None
                if child(child(properties, "rPr"), "del") is not None:
                    carried = runs
                    continue
                yield from self._paragraph(runs, properties)
            elif kind == "tbl":
                yield from self._table(element)
            elif kind in _WRAPPERS and not _is_contents(element):
                yield from self.entries(element)
        if carried is not None:
            yield from self._paragraph(carried, None)

    def margins(self, kind: str) -> list[_Paragraph]:
        """Return the distinct texts of running headers or footers, page numbers left out."""
        texts: dict[str, None] = {}
        for part in (part for relation, part in self._related.values() if relation == kind):
            if part in self._package:
                for entry in self.entries(self._package.xml(part)):
                    rows = entry.rows if isinstance(entry, _Table) else [(entry.text,)]
                    texts |= dict.fromkeys(clean_line(" ".join(row)) for row in rows)
        return [_Paragraph(text, "note") for text in texts if sum(map(str.isalpha, text)) > 2]

    def _part(self, kind: str) -> str:
        return next((part for relation, part in self._related.values() if relation == kind), "")

    def _children(self, part: str) -> Sequence[_Element]:
        return list(self._package.xml(part)) if part in self._package else []

    def _paragraph(
        self, runs: ParagraphText, properties: _Element | None
    ) -> Iterator[_Paragraph | _Table]:
        style = self.styles.get(get_attribute(child(properties, "pStyle"), "val"), Style())
        if style.contents:
            return
        notes = tuple(note for reference in runs.notes if (note := self._note(reference)))
        listed = list_of(properties) or style.list
        if listed and not listed[0] and style.list:
            listed = (style.list[0], listed[1])
        label = self.numbering.label(*listed) if listed and runs.text.strip() else None
        level = outline_of(properties) or style.level
        text, counted = runs.text, ""
        if label:
            text, counted = f"{label[0]} {text}", label[1]
        bold = style.bold if runs.bold is None else runs.bold
        size = runs.size or style.size
        plain = _Paragraph(text, "paragraph", 0, counted, bold, size, notes)
        if style.title:
            yield replace(plain, kind="title")
        elif level:
            yield replace(plain, kind="heading", level=level)
        elif label and listed and not _names_a_part(label[0]):
            yield replace(plain, kind="item", level=listed[1])
        else:
            yield plain
        for box in runs.boxes:
            yield from self.entries(box)

    def _note(self, reference: tuple[str, str]) -> str:
        if reference not in self.notes:
            return ""
        entries = self.entries(self.notes[reference])
        return "\n".join(entry.text for entry in entries if isinstance(entry, _Paragraph))

    def _table(self, table: _Element) -> Iterator[_Paragraph | _Table]:
        cells = [list(_cells(row)) for row in _rows(table)]
        if max(map(len, cells), default=0) <= 1:  # a single column is a frame around text
            for cell in (cell for row in cells for cell, _ in row):
                yield from self.entries(cell)
            return
        rows: list[tuple[str, ...]] = []
        inner: list[_Paragraph | _Table] = []
        notes: list[str] = []
        for row in cells:
            texts: list[str] = []
            for cell, width in row:
                entries = list(self.entries(cell))
                own = [entry for entry in entries if isinstance(entry, _Paragraph)]
                inner += [entry for entry in entries if isinstance(entry, _Table)]
                notes += [note for entry in own for note in entry.notes]
                text = clean_line(" ".join(entry.text for entry in own))
                if _continues(cell) and rows and len(texts) < len(rows[-1]):
                    above = rows[-1][len(texts)]
                    text = text or (above if len(above) <= _MERGED_CHARS else "")
                texts += [text, *[""] * (width - 1)]
            rows.append(tuple(texts))
        yield _Table(tuple(rows), _says_header(table) or has_header(rows, False), tuple(notes))
        yield from inner


def _rows(table: _Element) -> Iterator[_Element]:
    for element in table:
        if local_name(element) == "tr" and child(child(element, "trPr"), "del") is None:
            yield element
        elif local_name(element) in _WRAPPERS:
            yield from _rows(element)


def _cells(row: _Element) -> Iterator[tuple[_Element, int]]:
    """Yield the cells of a row, each with the number of columns it spans."""
    for element in row:
        if local_name(element) == "tc":
            span = get_attribute(child(child(element, "tcPr"), "gridSpan"), "val")
            yield element, max(1, min(parse_int(span, 1), 100))
        elif local_name(element) in _WRAPPERS:
            yield from _cells(element)


def _continues(cell: _Element) -> bool:
    """Return whether a cell is merged with the cell above it."""
    merged = child(child(cell, "tcPr"), "vMerge")
    return merged is not None and get_attribute(merged, "val") != "restart"


def _says_header(table: _Element) -> bool:
    first = next(_rows(table), None)
    return bool(is_on(child(first, "trPr"), "tblHeader"))


def _is_contents(element: _Element) -> bool:
    """Return whether an element is a generated table of contents or a page number."""
    gallery = child(child(child(element, "sdtPr"), "docPartObj"), "docPartGallery")
    return get_attribute(gallery, "val").startswith(("Table of Contents", "Page Numbers"))


def _names_a_part(label: str) -> bool:
    """Return whether a list label contains words («المادة 5»), not just a number or a letter."""
    return sum(map(str.isalpha, label)) > 2


def _with_bold_headings(entries: list[_Paragraph | _Table]) -> list[_Paragraph | _Table]:
    """Turn short bold lines above regular text into headings, ranked by font size."""
    paragraphs = [entry for entry in entries if isinstance(entry, _Paragraph)]
    if sum(len(entry.text) for entry in paragraphs if entry.bold) * 2 > sum(
        len(entry.text) for entry in paragraphs
    ):
        return entries  # where most text is bold, bold means nothing
    full = [
        at for at, entry in enumerate(entries) if isinstance(entry, _Table) or entry.text.strip()
    ]
    found = [
        at
        for at, after in pairwise(full)
        if _looks_like_heading(entries[at]) and _is_under_heading(entries[after])
    ]
    depth = max((entry.level for entry in paragraphs if entry.kind == "heading"), default=0)
    marked = list(entries)
    sizes = {entry.size for at in found if isinstance(entry := entries[at], _Paragraph)}
    ranks = {size: rank for rank, size in enumerate(sorted(sizes, reverse=True), 1)}
    for at in found:
        entry = entries[at]
        if isinstance(entry, _Paragraph):
            marked[at] = replace(entry, kind="heading", level=min(9, depth + ranks[entry.size]))
    return marked


def _looks_like_heading(entry: _Paragraph | _Table) -> bool:
    if isinstance(entry, _Table) or not entry.bold or entry.kind not in ("paragraph", "item"):
        return False
    text = clean_lines(entry.text)
    short = len(text) <= _HEADING_CHARS and len(text.split()) <= _HEADING_WORDS
    return short and "\n" not in text and not text.endswith(_SENTENCE_END)


def _is_under_heading(entry: _Paragraph | _Table) -> bool:
    return isinstance(entry, _Table) or not entry.bold or _looks_like_heading(entry)


def _confirmed_title(title: str, entries: Sequence[_Paragraph | _Table]) -> str:
    """Return the title from the file's properties if its beginning has it: many are stale."""
    first = " ".join(entry.text for entry in entries[:20] if isinstance(entry, _Paragraph))
    return title if title and clean_line(title) in clean_line(first) else ""


def _write(builder: Builder, entries: Sequence[_Paragraph | _Table]) -> None:
    """Write the entries, each note after the paragraph, list or table that refers to it."""
    waiting: list[str] = []
    for entry in entries:
        listed = isinstance(entry, _Paragraph) and entry.kind == "item"
        if not listed:
            _write_notes(builder, waiting)
        if isinstance(entry, _Table):
            builder.table(entry.rows, entry.header)
        else:
            builder.add(entry.kind, entry.text, entry.level, entry.number)
        waiting += entry.notes
        if not listed:
            _write_notes(builder, waiting)
    _write_notes(builder, waiting)


def _write_notes(builder: Builder, waiting: list[str]) -> None:
    for note in waiting:
        builder.add("note", note)
    waiting.clear()
