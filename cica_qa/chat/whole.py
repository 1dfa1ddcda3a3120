"""Whole documents as HTML: headings, lists and tables, with a span highlighted.

All text of the document passes through ``escape``. Inline Markdown is removed; all other characters
of a block are kept, in order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from cica_qa.answer.cite import page_name
from cica_qa.chat.mixed import Mark, direction, escape, isolated
from cica_qa.documents.lines import without_bullet
from cica_qa.documents.structure import parse_blocks
from cica_qa.documents.units import visible
from cica_qa.types import Block, Document

SHOWN = 200_000
"""The most characters shown; of a longer document, the part around the highlighted span."""
_CLASSES = {
    "verse": "cica-verse",
    "speech": "cica-turns",
    "reply": "cica-turns",
    "note": "cica-note",
}


@dataclass(frozen=True, slots=True)
class Whole:
    """A rendered document; ``cut`` is whether it is only a part."""

    markup: str
    cut: bool


def whole(document: Document, start: int = 0, end: int = 0) -> Whole:
    """Render a document with ``document.text[start:end]`` highlighted."""
    size = len(document.text)
    first, last = 0, size
    if size > SHOWN:
        first = max(0, min(start - SHOWN // 4, size - SHOWN))
        last = first + SHOWN
    blocks = [one for one in parse_blocks(document) if first <= one.start < last]
    writer = _Writer(document, start, end)
    return Whole("".join(writer.blocks(blocks)), cut=size > SHOWN)


class _Writer:
    def __init__(self, document: Document, start: int, end: int) -> None:
        self._text = document.text
        self._start, self._end = start, end
        self._pages = list(document.pages)

    def blocks(self, blocks: Sequence[Block]) -> Iterator[str]:
        """Yield the markup of blocks; items become lists, rows tables."""
        for key, group in groupby(blocks, _group):
            own = list(group)
            if key[0] == "row":
                yield from self._new_pages(own[0].start)
                yield self._table(own)
            elif key[0] == "item":
                yield from self._new_pages(own[0].start)
                yield self._list(own)
            else:
                for block in own:
                    yield from self._new_pages(block.start)
                    yield self._block(block)

    def _new_pages(self, at: int) -> Iterator[str]:
        """Yield a marker for the page that begins at an offset, if one does."""
        label = ""
        while self._pages and self._pages[0].start <= at:
            label = self._pages.pop(0).label
        if label:
            yield f'<div class="cica-page-mark">{escape(page_name(label))}</div>'

    def _block(self, block: Block) -> str:
        text = self._text[block.start : block.end]
        inner = self._inline(block.start, block.end)
        if block.kind in ("title", "heading"):
            tag = "h2" if block.kind == "title" else f"h{min(max(block.level, 1) + 2, 5)}"
            return f'<{tag} dir="{direction(text)}">{inner}</{tag}>'
        name = _CLASSES.get(block.kind)
        kind = f' class="{name}"' if name else ""
        if block.kind in ("field", "speech") and block.label:
            inner = self._inline(block.start, block.end, block.label[1])
        if block.kind == "question":
            inner = f"<b>{inner}</b>"
        return f'<p{kind} dir="{direction(text)}">{inner}</p>'

    def _list(self, blocks: Sequence[Block]) -> str:
        rows = []
        for block in blocks:
            text = self._text[block.start : block.end]
            begin = block.end - len(without_bullet(text, block.kind))
            indent = f' style="margin-inline-start:{min(block.level, 6) * 1.4}em"' * bool(
                block.level
            )
            rows.append(
                f'<li dir="{direction(text)}"{indent}>{self._inline(begin, block.end)}</li>'
            )
        return f"<ul>{''.join(rows)}</ul>"

    def _table(self, blocks: Sequence[Block]) -> str:
        header = blocks[0].header
        rows = []
        if header and all(block.cells != header for block in blocks):
            rows.append(self._row(header, "th"))
        for block in blocks:
            rows.append(self._row(block.cells, "th" if block.cells == header else "td"))
        text = self._text[blocks[0].start : blocks[-1].end]
        body = "".join(rows)
        return f'<div class="cica-wide"><table dir="{direction(text)}">{body}</table></div>'

    def _row(self, cells: Sequence[tuple[int, int]], tag: str) -> str:
        inner = "".join(f"<{tag}>{self._inline(*cell)}</{tag}>" for cell in cells)
        return f"<tr>{inner}</tr>"

    def _inline(self, start: int, end: int, label: int = 0) -> str:
        """Return a span without inline Markdown, bold up to ``label``, with the highlight."""
        shown = visible(self._text, start, end) if start < end else []
        stretches = ((start, label, "b"), (self._start, self._end, "mark"))
        marks = [
            Mark(bisect_left(shown, first), bisect_left(shown, last), tag)
            for first, last, tag in stretches
            if first < last
        ]
        return isolated("".join(self._text[at] for at in shown), marks)


def _group(block: Block) -> tuple[str, object]:
    if block.kind == "row":
        return "row", block.header
    return ("item", None) if block.kind == "item" else ("", None)
