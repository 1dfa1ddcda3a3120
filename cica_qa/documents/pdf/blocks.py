"""Blocks of a document from the lines of its pages: paragraphs, headings, items, rows, notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cica_qa.documents.pdf.rows import PdfLine
from cica_qa.documents.pdf.writer import BlockWriter, DraftBlock, StructuredText

# Sizes are relative to the font size of the body text.
_LARGE = 1.12  # least size of headings
_LARGE_SCAN = 1.4  # the same for pages read by OCR, whose sizes are rough
_SMALL = 0.93  # greatest size of footnotes without a raised number
_NOTES = 0.35  # share of the page's height, from the bottom, where footnotes stand
_STEP = 1.4  # multiple of the usual line distance beyond which a new paragraph begins
_HEADING_WORDS = 18
_BULLET = re.compile(r"([•●○▪■◦‣·➢➤✓✔▶►◄◆*–—-])\s+(?=\S)")
_NUMBER = re.compile(r"[(\[]?(\d{1,3}|[٠-٩]{1,3}|[أ-ي]|[a-zA-Z])\s?[-.)\]/–]+[\s-]*(?=[^\d\s])")
_NOTE = re.compile(r"(?:[⁰¹²³⁴-⁹]+|[(\[]?\d{1,3}[)\].]|[٠-٩]{1,3}[).]|\*{1,3})\s*\S")
_RAISED_NOTE = re.compile(r"[⁰¹²³⁴-⁹]+\s*\S")
_ENDS = tuple('.؟!?:؛;…»"”')
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


@dataclass(slots=True)
class PageLines:
    """The lines of a page in reading order, its edges in points, and whether OCR read it."""

    lines: list[PdfLine]
    bottom: float
    top: float
    scanned: bool = False


def write_pages(pages: Sequence[PageLines]) -> StructuredText:
    """Return the text of all pages with its blocks. A paragraph may run across pages."""
    whole = _Style.of([page for page in pages if not page.scanned])
    writer = BlockWriter()
    for number, page in enumerate(pages, start=1):
        style = _Style.of([page], _LARGE_SCAN) if page.scanned else whole
        body, notes = _without_notes(page, style)
        writer.begin_page(str(number))
        parts = _parts(body, style)
        for place, part in enumerate(parts):
            continues = place == 0 and writer.last is not None and _runs_on(writer.last, part)
            level = style.level(part.lines[0]) if part.kind == "heading" else 0
            writer.write(part, level, continues)
        for part in _note_parts(notes):
            writer.write(part, 0, False)
        if notes:
            writer.last = None
    return writer.finish()


@dataclass(frozen=True, slots=True)
class _Style:
    """Typographic statistics that headings and paragraphs are told by.

    Attributes:
        large: The least ratio of a heading's font size to the body's.
        body: The font size of the body text.
        step: The usual distance of two lines, in multiples of the font size.
        bold: Whether the body text is bold.
        levels: The heading level of each font size.

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

    def is_heading(self, line: PdfLine) -> bool:
        """Return whether a line is larger than the body text, or bold where the body is not."""
        words = len(line.text.split())
        if line.cells or "\t" in line.text or words > _HEADING_WORDS or not _has_letter(line.text):
            return False
        if line.size >= self.large * self.body:
            return True
        full = line.right - line.left > 0.9 * (line.end - line.start)
        bold = line.bold and not self.bold and line.size > 0.95 * self.body
        return bold and not (full and words > 9) and not line.text.rstrip().endswith(("،", "."))

    def level(self, line: PdfLine) -> int:
        """Return the level of a heading by its size; bold ones of body size rank lowest."""
        return self.levels.get(_round(line.size), min(len(self.levels) + 1, 6))


def _round(size: float) -> float:
    return round(size * 2) / 2


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _without_notes(page: PageLines, style: _Style) -> tuple[list[PdfLine], list[PdfLine]]:
    """Split a page into its body and its footnotes: small or marked lines at its foot."""
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


def _note_parts(notes: list[PdfLine]) -> list[DraftBlock]:
    parts: list[DraftBlock] = []
    for line in notes:
        if parts and not _NOTE.match(line.text):
            parts[-1].lines.append(line)
        else:
            parts.append(DraftBlock("note", [line]))
    return parts


def _parts(lines: list[PdfLine], style: _Style) -> list[DraftBlock]:
    parts: list[DraftBlock] = []
    for line in lines:
        last = parts[-1] if parts else None
        if last is not None and _same_part(last, line, style):
            last.lines.append(line)
        else:
            parts.append(_begun(line, style))
    return parts


def _begun(line: PdfLine, style: _Style) -> DraftBlock:
    if line.cells:
        return DraftBlock("row", [line])
    bullet = _BULLET.match(line.text)
    if style.is_heading(line) and not bullet:
        return DraftBlock("heading", [line])
    if bullet:
        return DraftBlock("item", [line])
    number = _NUMBER.match(line.text)
    if number:
        return DraftBlock("item", [line], number[1].translate(_DIGITS))
    return DraftBlock("paragraph", [line])


def _same_part(part: DraftBlock, line: PdfLine, style: _Style) -> bool:
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


def _full(last: PdfLine, line: PdfLine) -> bool:
    """Return whether the previous line is full: it has no room for the first word of ``line``."""
    words = line.text.split()
    if not words:
        return False
    width = (line.right - line.left) * len(words[0]) / max(len(line.text), 1)
    room = last.left - last.start if last.rtl else last.end - last.right
    other = last.end - last.right if last.rtl else last.left - last.start
    if other > 0.3 * (last.end - last.start) and room < 0.5 * other:  # aligned to the far edge
        return False
    if room > line.size and abs(room - other) < line.size:  # centred
        room = 2 * room
    return room <= width + 0.6 * line.size


def _indented(part: DraftBlock, line: PdfLine) -> bool:
    """Return whether a line begins a paragraph by its indent relative to the line before."""
    if part.kind == "item":
        return False
    last = part.lines[-1]
    inset = last.right - line.right if line.rtl else line.left - last.left
    edge = last.end - last.right if line.rtl else last.left - last.start
    return inset > 0.9 * line.size and edge < 0.5 * line.size


def _runs_on(part: DraftBlock, after: DraftBlock) -> bool:
    """Return whether a paragraph continues in the next column or on the next page."""
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
