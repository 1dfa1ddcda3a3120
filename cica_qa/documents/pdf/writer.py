"""The text of a document, written block by block with exact spans."""

from __future__ import annotations

from dataclasses import dataclass, field

from cica_qa.documents.lines import TextSpan
from cica_qa.documents.pdf.bidi import order_groups, pair_brackets
from cica_qa.documents.pdf.rows import PdfLine
from cica_qa.types import Block, BlockKind, Page


@dataclass(slots=True)
class DraftBlock:
    """A block under construction."""

    kind: BlockKind
    lines: list[PdfLine]

    number: str = ""


@dataclass(slots=True)
class StructuredText:
    """The text of a document with its blocks and pages."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)


class BlockWriter:
    """Writes draft blocks one after the other and records their spans."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._starts: list[tuple[str, int]] = []
        self._header: tuple[TextSpan, ...] = ()
        self.last: DraftBlock | None = None

    def begin_page(self, label: str) -> None:
        """Begin a new page."""
        self._starts.append((label, -1))

    def write(self, part: DraftBlock, level: int, continues: bool) -> None:
        """Add a block, or continue the last one. ``level`` is that of a heading."""
        text, cells = _text(part)
        if not text.strip():
            return
        if self._pieces:
            self._add(" " if continues else "\n" if self._follows(part) else "\n\n")
        start = self._length
        for place in range(len(self._starts) - 1, -1, -1):
            if self._starts[place][1] >= 0:
                break
            self._starts[place] = (self._starts[place][0], start)
        self._add(text)
        if continues:
            before = self._blocks.pop()
            block = Block(before.kind, before.start, self._length, before.level, before.number)
            part = DraftBlock(before.kind, part.lines)
        else:
            spans = tuple((start + first, start + last) for first, last in cells)
            header = self._header_of(part, spans)
            block = Block(
                part.kind, start, self._length, level, part.number, cells=spans, header=header
            )
        self._blocks.append(block)
        self.last = part

    def finish(self) -> StructuredText:
        """Return the whole text. A page without text has an empty span."""
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
        return StructuredText(text, self._blocks, pages)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _follows(self, part: DraftBlock) -> bool:
        """Return whether a block follows the last one without a blank line."""
        last = self.last
        if last is None or last.kind != part.kind:
            return False
        if part.kind == "row":
            return last.lines[0].table == part.lines[0].table
        return part.kind in ("item", "note")

    def _header_of(self, part: DraftBlock, cells: tuple[TextSpan, ...]) -> tuple[TextSpan, ...]:
        if part.kind != "row":
            return ()
        line = part.lines[0]
        if not (self.last and self.last.kind == "row" and self.last.lines[0].table == line.table):
            self._header = cells if line.heads else ()
            return self._header
        return self._header if len(self._header) == len(cells) else ()


def _text(part: DraftBlock) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of a block, and the spans of its cells within it."""
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
    """Join two lines of a paragraph, removing the hyphen of a divided Latin word."""
    stem = text.rstrip()
    if stem.endswith("\u00ad"):
        return stem[:-1] + line.lstrip()
    if len(stem) > 1 and stem.endswith("-") and stem[-2].isalpha() and line[:1].islower():
        return stem[:-1] + line
    return f"{stem} {line.lstrip()}"
