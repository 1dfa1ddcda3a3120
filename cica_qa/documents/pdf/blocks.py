"""From the lines of all pages to one text with its blocks: paragraphs, headings, items, rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cica_qa.documents.pdf.bidi import order_groups, pair_brackets
from cica_qa.documents.pdf.layout import Line
from cica_qa.types import Block, BlockKind, Page

_LARGE = 1.12  # of the size of the body: from here on text is a heading
_LARGE_SCAN = 1.4  # the same for pages read by OCR, which measures sizes roughly
_SMALL = 0.93  # of the size of the body: up to here it may be a note
_NOTES = 0.35  # of the page's height: where notes stand
_STEP = 1.4  # of the usual distance of two lines: from here on a paragraph ends
_HEADING_WORDS = 18
_BULLET = re.compile(r"([•●○▪■◦‣·➢➤✓✔▶►◄◆*–—-])\s+(?=\S)")
_NUMBER = re.compile(r"[(\[]?(\d{1,3}|[٠-٩]{1,3}|[أ-ي]|[a-zA-Z])\s?[-.)\]/–]+[\s-]*(?=[^\d\s])")
_NOTE = re.compile(r"(?:[⁰¹²³⁴-⁹]+|[(\[]?\d{1,3}[)\].]|[٠-٩]{1,3}[).]|\*{1,3})\s*\S")
_RAISED_NOTE = re.compile(r"[⁰¹²³⁴-⁹]+\s*\S")
_ENDS = tuple(".؟!?:؛;…»\"”")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


@dataclass(slots=True)
class PageLines:
    """The lines of a page in reading order, its edges, and whether it was read by OCR."""

    lines: list[Line]
    bottom: float
    top: float
    scanned: bool = False


@dataclass(slots=True)
class _Part:
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


def write_text(pages: Sequence[PageLines]) -> Text:
    """Join the lines of all pages. A paragraph may run from one page to the next."""
    whole = _Style.of([page for page in pages if not page.scanned])
    writer = _Writer()
    for number, page in enumerate(pages, start=1):
        style = _Style.of([page], _LARGE_SCAN) if page.scanned else whole
        body, notes = _without_notes(page, style)
        writer.begin_page(str(number))
        parts = _parts(body, style)
        for place, part in enumerate(parts):
            goes_on = place == 0 and writer.last is not None and _runs_on(writer.last, part)
            writer.write(part, style, goes_on)
        for part in _note_parts(notes):
            writer.write(part, style, False)
        if notes:
            writer.last = None
    return writer.finish()


@dataclass(frozen=True, slots=True)
class _Style:
    """The size of the running text, the usual distance of its lines, the sizes of headings.

    ``large`` is how much larger than the body a heading is at least.
    """

    large: float
    body: float
    step: float
    bold: bool
    levels: dict[float, int]

    @classmethod
    def of(cls, pages: Sequence[PageLines], least: float = _LARGE) -> _Style:
        sizes, bold = Counter[float](), Counter[bool]()
        steps = Counter[float]()
        for page in pages:
            for line in page.lines:
                sizes[_round(line.size)] += len(line.text)
                bold[line.bold] += len(line.text)
            for above, below in zip(page.lines, page.lines[1:], strict=False):
                if above.column == below.column and not above.cells and not below.cells:
                    if 0 < above.y - below.y < 4 * above.size:
                        steps[round((above.y - below.y) / above.size, 1)] += 1
        body = max(sizes, key=sizes.__getitem__, default=1.0) or 1.0
        large = sorted((size for size in sizes if size >= least * body), reverse=True)
        return cls(
            least,
            body,
            max(steps, key=lambda step: (steps[step], -step), default=1.5),
            bold[True] > bold[False],
            {size: min(level, 6) for level, size in enumerate(large, start=1)},
        )

    def is_heading(self, line: Line) -> bool:
        """Whether a line is set larger than the running text, or bold where that is not."""
        words = len(line.text.split())
        if line.cells or "\t" in line.text or words > _HEADING_WORDS or not _has_letter(line.text):
            return False
        if line.size >= self.large * self.body:
            return True
        full = line.right - line.left > 0.9 * (line.end - line.start)
        bold = line.bold and not self.bold and line.size > 0.95 * self.body
        return bold and not (full and words > 9) and not line.text.rstrip().endswith(("،", "."))

    def level(self, line: Line) -> int:
        """The depth of a heading: by its size, the bold ones of the body's size last."""
        return self.levels.get(_round(line.size), min(len(self.levels) + 1, 6))


def _round(size: float) -> float:
    return round(size * 2) / 2


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _without_notes(page: PageLines, style: _Style) -> tuple[list[Line], list[Line]]:
    """Part the footnotes from the lines of a page: what is small or marked at its foot."""
    lowest = sorted(page.lines, key=lambda line: line.y)
    limit = page.bottom + _NOTES * (page.top - page.bottom)
    first = None
    for line in lowest:
        if line.y > limit or line.cells:
            break
        raised = _RAISED_NOTE.match(line.text)
        if not raised and line.size > _SMALL * style.body:
            if not any(other.y > line.y and _RAISED_NOTE.match(other.text) for other in lowest):
                break
            continue
        if raised or _NOTE.match(line.text):
            first = line
    if first is None:
        return page.lines, []
    at = page.lines.index(first)
    notes = [line for line in page.lines[at:] if line.y <= first.y]
    return [line for line in page.lines if line not in notes], notes


def _note_parts(notes: list[Line]) -> list[_Part]:
    parts: list[_Part] = []
    for line in notes:
        if parts and not _NOTE.match(line.text):
            parts[-1].lines.append(line)
        else:
            parts.append(_Part("note", [line]))
    return parts


def _parts(lines: list[Line], style: _Style) -> list[_Part]:
    parts: list[_Part] = []
    for line in lines:
        last = parts[-1] if parts else None
        if last is not None and _same_part(last, line, style):
            last.lines.append(line)
        else:
            parts.append(_begun(line, style))
    return parts


def _begun(line: Line, style: _Style) -> _Part:
    if line.cells:
        return _Part("row", [line])
    bullet = _BULLET.match(line.text)
    if style.is_heading(line) and not bullet:
        return _Part("heading", [line])
    if bullet:
        return _Part("item", [line], bullet[0])
    number = _NUMBER.match(line.text)
    if number:
        return _Part("item", [line], number[0], number[1].translate(_DIGITS))
    return _Part("paragraph", [line])


def _same_part(part: _Part, line: Line, style: _Style) -> bool:
    last = part.lines[-1]
    if part.kind == "row" or line.cells or "\t" in line.text or "\t" in last.text:
        return False
    if abs(last.size - line.size) > 0.12 * last.size or last.rtl != line.rtl:
        return False
    if _BULLET.match(line.text) or (_NUMBER.match(line.text) and not style.is_heading(line)):
        return False
    if last.column != line.column:
        return part.kind in ("paragraph", "item") and _runs_on(part, _begun(line, style))
    step = (last.y - line.y) / line.size
    if not 0 < step <= _STEP * max(style.step, 1.0):
        return False
    if part.kind == "heading":
        return style.is_heading(line) and last.bold == line.bold and _full(last, line)
    return not style.is_heading(line) and _full(last, line) and not _indented(part, line)


def _full(last: Line, line: Line) -> bool:
    """Whether the first word of a line had no room left at the end of the line before."""
    words = line.text.split()
    if not words:
        return False
    width = (line.right - line.left) * len(words[0]) / max(len(line.text), 1)
    room = last.left - last.start if last.rtl else last.end - last.right
    other = last.end - last.right if last.rtl else last.left - last.start
    if other > 0.3 * (last.end - last.start) and room < 0.5 * other:  # set at the far edge
        return False
    if room > line.size and abs(room - other) < line.size:  # centred
        room = 2 * room
    return room <= width + 0.6 * line.size


def _indented(part: _Part, line: Line) -> bool:
    """Whether a line begins a paragraph by its indent: the one before reaches the edge."""
    if part.kind == "item":
        return False
    last = part.lines[-1]
    inset = last.right - line.right if line.rtl else line.left - last.left
    edge = last.end - last.right if line.rtl else last.left - last.start
    return inset > 0.9 * line.size and edge < 0.5 * line.size


def _runs_on(part: _Part, after: _Part) -> bool:
    """Whether a paragraph goes on in the next column or on the next page."""
    last, line = part.lines[-1], after.lines[0]
    return (
        part.kind in ("paragraph", "item")
        and after.kind == "paragraph"
        and abs(last.size - line.size) < 0.06 * last.size
        and not last.text.rstrip().endswith(_ENDS)
        and "\t" not in last.text + line.text
        and last.rtl == line.rtl
        and _full(last, line)
    )


class _Writer:
    """Writes parts one after the other and keeps where each stands."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._starts: list[tuple[str, int]] = []
        self._header: tuple[tuple[int, int], ...] = ()
        self.last: _Part | None = None

    def begin_page(self, label: str) -> None:
        self._starts.append((label, -1))

    def write(self, part: _Part, style: _Style, goes_on: bool) -> None:
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
            part = _Part(before.kind, part.lines)
        else:
            level = style.level(part.lines[0]) if part.kind == "heading" else 0
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

    def _follows(self, part: _Part) -> bool:
        """Whether a part stands on the next line of the one before: rows, items, short lines."""
        last = self.last
        if last is None or last.kind != part.kind:
            return False
        if part.kind == "row":
            return last.lines[0].table == part.lines[0].table
        return part.kind in ("item", "note")

    def _header_of(
        self, part: _Part, cells: tuple[tuple[int, int], ...]
    ) -> tuple[tuple[int, int], ...]:
        if part.kind != "row":
            return ()
        line = part.lines[0]
        if not (self.last and self.last.kind == "row" and self.last.lines[0].table == line.table):
            self._header = cells if line.heads else ()
            return ()
        return self._header if len(self._header) == len(cells) else ()


def _text(part: _Part) -> tuple[str, list[tuple[int, int]]]:
    """The text of a part, and the spans of its cells in it."""
    if part.kind == "row":
        cells: list[tuple[int, int]] = []
        text = ""
        for place, cell in enumerate(part.lines[0].cells):
            text += "\t" if place else ""
            cell = order_groups(pair_brackets(cell))
            cells.append((len(text), len(text) + len(cell)))
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
