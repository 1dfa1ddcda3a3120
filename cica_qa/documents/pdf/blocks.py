"""From the lines of all pages to one text with its blocks: paragraphs, headings, items, rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cica_qa.documents.pdf.rows import Line
from cica_qa.documents.pdf.writer import Part, Text, Writer

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
_ENDS = tuple('.؟!?:؛;…»"”')
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


@dataclass(slots=True)
class PageLines:
    """The lines of a page in reading order, its edges, and whether it was read by OCR."""

    lines: list[Line]
    bottom: float
    top: float
    scanned: bool = False


def write_text(pages: Sequence[PageLines]) -> Text:
    """Join the lines of all pages. A paragraph may run from one page to the next."""
    whole = _Style.of([page for page in pages if not page.scanned])
    writer = Writer()
    for number, page in enumerate(pages, start=1):
        style = _Style.of([page], _LARGE_SCAN) if page.scanned else whole
        body, notes = _without_notes(page, style)
        writer.begin_page(str(number))
        parts = _parts(body, style)
        for place, part in enumerate(parts):
            goes_on = place == 0 and writer.last is not None and _runs_on(writer.last, part)
            level = style.level(part.lines[0]) if part.kind == "heading" else 0
            writer.write(part, level, goes_on)
        for part in _note_parts(notes):
            writer.write(part, 0, False)
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
            for above, below in pairwise(page.lines):
                same = above.column == below.column and not above.cells and not below.cells
                if same and 0 < above.y - below.y < 4 * above.size:
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
        """Return whether a line is set larger than the running text, or bold where that is not."""
        words = len(line.text.split())
        if line.cells or "\t" in line.text or words > _HEADING_WORDS or not _has_letter(line.text):
            return False
        if line.size >= self.large * self.body:
            return True
        full = line.right - line.left > 0.9 * (line.end - line.start)
        bold = line.bold and not self.bold and line.size > 0.95 * self.body
        return bold and not (full and words > 9) and not line.text.rstrip().endswith(("،", "."))

    def level(self, line: Line) -> int:
        """Return the depth of a heading: by its size, the bold ones of the body's size last."""
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


def _note_parts(notes: list[Line]) -> list[Part]:
    parts: list[Part] = []
    for line in notes:
        if parts and not _NOTE.match(line.text):
            parts[-1].lines.append(line)
        else:
            parts.append(Part("note", [line]))
    return parts


def _parts(lines: list[Line], style: _Style) -> list[Part]:
    parts: list[Part] = []
    for line in lines:
        last = parts[-1] if parts else None
        if last is not None and _same_part(last, line, style):
            last.lines.append(line)
        else:
            parts.append(_begun(line, style))
    return parts


def _begun(line: Line, style: _Style) -> Part:
    if line.cells:
        return Part("row", [line])
    bullet = _BULLET.match(line.text)
    if style.is_heading(line) and not bullet:
        return Part("heading", [line])
    if bullet:
        return Part("item", [line], bullet[0])
    number = _NUMBER.match(line.text)
    if number:
        return Part("item", [line], number[0], number[1].translate(_DIGITS))
    return Part("paragraph", [line])


def _same_part(part: Part, line: Line, style: _Style) -> bool:
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
    """Return whether the first word of a line had no room left at the end of the line before."""
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


def _indented(part: Part, line: Line) -> bool:
    """Return whether a line begins a paragraph by its indent: the one before reaches the edge."""
    if part.kind == "item":
        return False
    last = part.lines[-1]
    inset = last.right - line.right if line.rtl else line.left - last.left
    edge = last.end - last.right if line.rtl else last.left - last.start
    return inset > 0.9 * line.size and edge < 0.5 * line.size


def _runs_on(part: Part, after: Part) -> bool:
    """Return whether a paragraph goes on in the next column or on the next page."""
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
