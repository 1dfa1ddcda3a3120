"""Writes the blocks of a document into one text and keeps their spans."""

from __future__ import annotations

from dataclasses import dataclass, field

from cica_qa.documents.pdf.bidi import order_groups, pair_brackets
from cica_qa.documents.pdf.rows import Line
from cica_qa.types import Block, BlockKind, Page


@dataclass(slots=True)
class Part:
    """A block that is being put together."""

    kind: BlockKind
    lines: list[Line]
    marker: str = ""
    number: str = ""


@dataclass(slots=True)
class Text:
    """The text of a document with its structure."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)


class Writer:
    """Writes parts one after the other and keeps where each stands."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._starts: list[tuple[str, int]] = []
        self._header: tuple[tuple[int, int], ...] = ()
        self.last: Part | None = None

    def begin_page(self, label: str) -> None:
        """Let what is written from here on stand on a new page."""
        self._starts.append((label, -1))

    def write(self, part: Part, level: int, goes_on: bool) -> None:
        """Add a part, or go on with the last one. ``level`` is the depth of a heading."""
        text, cells = _text(part)
        if not text.strip():
            return
        if self._pieces:
            self._add(" " if goes_on else "\n" if self._follows(part) else "\n\n")
        start = self._length
        for place in range(len(self._starts) - 1, -1, -1):
            if self._starts[place][1] >= 0:
                break
            self._starts[place] = (self._starts[place][0], start)
        self._add(text)
        if goes_on:
            before = self._blocks.pop()
            block = Block(before.kind, before.start, self._length, before.level, before.number)
            part = Part(before.kind, part.lines)
        else:
            spans = tuple((start + first, start + last) for first, last in cells)
            header = self._header_of(part, spans)
            block = Block(
                part.kind, start, self._length, level, part.number, cells=spans, header=header
            )
        self._blocks.append(block)
        self.last = part

    def finish(self) -> Text:
        """Return all that was written. A page without text is an empty span."""
        text = "".join(self._pieces)
        starts = [start for _, start in self._starts]
        for place in range(len(starts) - 1, -1, -1):
            if starts[place] < 0:
                starts[place] = starts[place + 1] if place + 1 < len(starts) else len(text)
        ends = [*starts[1:], len(text)]
        pages = [
            Page(label, start, end)
            for (label, _), start, end in zip(self._starts, starts, ends, strict=True)
        ]
        return Text(text, self._blocks, pages)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _follows(self, part: Part) -> bool:
        """Whether a part stands on the next line of the one before: rows, items, short lines."""
        last = self.last
        if last is None or last.kind != part.kind:
            return False
        if part.kind == "row":
            return last.lines[0].table == part.lines[0].table
        return part.kind in ("item", "note")

    def _header_of(
        self, part: Part, cells: tuple[tuple[int, int], ...]
    ) -> tuple[tuple[int, int], ...]:
        if part.kind != "row":
            return ()
        line = part.lines[0]
        if not (self.last and self.last.kind == "row" and self.last.lines[0].table == line.table):
            self._header = cells if line.heads else ()
            return self._header
        return self._header if len(self._header) == len(cells) else ()


def _text(part: Part) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of a part, and the spans of its cells in it."""
    if part.kind == "row":
        cells: list[tuple[int, int]] = []
        text = ""
        for place, cell in enumerate(part.lines[0].cells):
            text += "\t" if place else ""
            cell = order_groups(pair_brackets(cell))
            lead = len(cell) - len(cell.lstrip(": "))  # «label | : value»
            cells.append((len(text) + min(lead, len(cell)), len(text) + len(cell)))
            text += cell
        return text, cells
    text = part.lines[0].text
    for line in part.lines[1:]:
        text = _joined(text, line.text)
    return order_groups(pair_brackets(text)).replace("\u00ad", "").strip(), []


def _joined(text: str, line: str) -> str:
    """Join two lines of a paragraph; a Latin word that is hyphenated is made whole."""
    stem = text.rstrip()
    if stem.endswith("\u00ad"):
        return stem[:-1] + line.lstrip()
    if len(stem) > 1 and stem.endswith("-") and stem[-2].isalpha() and line[:1].islower():
        return stem[:-1] + line
    return f"{stem} {line.lstrip()}"
