"""Build the text of a file block by block, with exact spans, within the reader's limits."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from cica_qa.arabic.sentences import has_word
from cica_qa.documents.file_notes import FileNote
from cica_qa.documents.lines import TextSpan
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import LargeFileError
from cica_qa.types import Block, BlockKind, Page

MAX_COLUMNS = 1_000
# Characters that only affect display: direction marks, soft hyphens, zero-width spaces.
_INVISIBLE = {
    ord(character): None
    for character in "\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff"
    + "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
}
_INVISIBLE |= dict.fromkeys((*range(9), *range(14, 28)), None)
_LINE_BREAK = re.compile(r"[^\S\n\t]*[\n\r\v\f\x85\u2028\u2029]\s*")
_SPACES = re.compile(r"[^\S\n]+")


def clean_line(text: str) -> str:
    """Return a text on one line, single-spaced, without invisible formatting characters."""
    if not text.isprintable():  # no invisible character is printable
        text = text.translate(_INVISIBLE)
    return " ".join(text.split())


def clean_lines(text: str) -> str:
    """Return a text without invisible characters; line breaks and tabs are kept."""
    text = _LINE_BREAK.sub("\n", text.translate(_INVISIBLE))
    text = _SPACES.sub(lambda run: "\t" if "\t" in run[0] else " ", text)
    return "\n".join(line.strip() for line in text.split("\n")).strip()


class Builder:
    """Collects blocks and pages.

    Raises ``UnreadableError`` when a limit is exceeded.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._parts: list[str] = []
        self._length = 0
        self._rows = 0
        self._blocks: list[Block] = []
        self._page_starts: list[tuple[str, int]] = []  # label, index of the page's first block
        self._detached = False
        self.last_header: tuple[TextSpan, ...] = ()

    def __len__(self) -> int:
        return len(self._blocks)

    def page(self, label: str) -> None:
        """Begin a page, slide, sheet or chapter."""
        if len(self._page_starts) >= self._limits.pages:
            raise LargeFileError(
                f"{self._name} has more than {self._limits.pages:,} pages. Split it into parts."
            )
        self._page_starts.append((clean_line(label), len(self._blocks)))

    def rule(self) -> None:
        """Mark the next block as detached: a separator without content precedes it."""
        self._detached = bool(self._blocks)

    def add(self, kind: BlockKind, text: str, level: int = 0, number: str = "") -> None:
        """Add a block. A text without any word is ignored."""
        text = clean_lines(text) if kind in ("paragraph", "item", "note") else clean_line(text)
        if has_word(text):
            start = self._append(text, kind)
            self._place(Block(kind, start, self._length, level, number, detached=self._detached))

    def table(self, rows: Sequence[Sequence[str]], header: bool) -> None:
        """Add a block for each non-empty row.

        ``header`` says whether the first row is the header. The header is added as a row whose
        cells are their own header.
        """
        names: tuple[TextSpan, ...] = ()
        for position, row in enumerate(rows):
            cells = self.row(row, names)
            if position == 0 and header and cells:
                names = cells
                self._blocks[-1] = replace(self._blocks[-1], header=cells)
        self.last_header = names

    def row(self, row: Sequence[str], header: tuple[TextSpan, ...] = ()) -> tuple[TextSpan, ...]:
        """Add a row of tab-separated cells and return their spans.

        A row without any word is ignored, and no spans are returned.
        """
        texts = [clean_line(cell) for cell in row]
        if not any(map(has_word, texts)):
            return ()
        self._rows += 1
        if self._rows > self._limits.rows:
            raise LargeFileError(
                f"{self._name} has more than {self._limits.rows:,} rows. Split it into parts."
            )
        if len(texts) > MAX_COLUMNS:
            raise LargeFileError(
                f"{self._name} has a table of {len(texts):,} columns; {MAX_COLUMNS:,} are read "
                "at most. Split it into parts."
            )
        place = self._append("\t".join(texts), "row")
        cells = []
        for text in texts:
            cells.append((place, place + len(text)))
            place += len(text) + 1
        start = next(first for first, end in cells if end > first)
        end = next(end for first, end in reversed(cells) if end > first)
        self._place(
            Block(
                *("row", start, end),
                cells=tuple((min(max(a, start), end), min(max(b, start), end)) for a, b in cells),
                header=header,
                detached=self._detached,
            )
        )
        return self._blocks[-1].cells

    def read(
        self,
        title: str = "",
        metadata: Mapping[str, str] | None = None,
        repairs: Sequence[FileNote] = (),
        doubts: Sequence[FileNote] = (),
    ) -> Read:
        """Return the collected text and blocks."""
        return Read(
            text="".join(self._parts),
            title=clean_line(title),
            blocks=tuple(_with_title(self._blocks)),
            pages=tuple(self._pages()),
            metadata={key: clean_line(value) for key, value in (metadata or {}).items() if value},
            repairs=tuple(repairs),
            doubts=tuple(doubts),
        )

    def _append(self, text: str, kind: BlockKind) -> int:
        """Append a text and return its start offset."""
        if time.monotonic() > self._deadline:
            raise LargeFileError(
                f"{self._name} takes longer than {self._limits.seconds:g} seconds to read. "
                "Split it into parts."
            )
        last = self._blocks[-1].kind if self._blocks else None
        close = kind == last and kind in ("item", "row") and not self._detached
        between = "" if last is None else "\n" if close else "\n\n"
        start = self._length + len(between)
        self._parts += (between, text)
        self._length = start + len(text)
        if self._length > self._limits.unpacked_bytes:
            raise LargeFileError(f"{self._name} has too much text. Split it into parts.")
        return start

    def _place(self, block: Block) -> None:
        self._blocks.append(block)
        self._detached = False

    def _pages(self) -> list[Page]:
        return [
            Page(label, self._blocks[first].start, self._blocks[end - 1].end)
            for (label, first), (_, end) in pairwise([*self._page_starts, ("", len(self._blocks))])
            if first < end
        ]


def _with_title(blocks: list[Block]) -> list[Block]:
    """Turn a first heading into the title if every other heading ranks below it."""
    if not blocks or blocks[0].kind != "heading":
        return blocks
    others = (block.level for block in blocks[1:] if block.kind == "heading")
    if any(level <= blocks[0].level for level in others):
        return blocks
    return [replace(blocks[0], kind="title", level=0), *blocks[1:]]
