"""The sentence that a footnote belongs to: the one that contains its mark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cica_qa.arabic.sentences import sentence_spans
from cica_qa.types import Block

_MARK = re.compile(
    r"\s*(?:(\[\^[^\]\s]{1,9}\]):|([⁰¹²³⁴-⁹]+)|([(\[](?:\d{1,3}|\*{1,3})[)\]])|(\*{1,3})\s)"
)
_SENTENCES = ("paragraph", "article", "reply")


def find_reference(
    text: str, note: Block, blocks: Sequence[Block]
) -> tuple[Block, int, int] | None:
    """Return the block that refers to a note, and the start and end of the referring sentence.

    ``blocks`` are searched from last to first, as numbering restarts on each page. Returns None
    if the note has no mark of its own or nothing refers to it.
    """
    opening = _MARK.match(text, note.start, note.end)
    if opening is None:
        return None
    mark = next(group for group in opening.groups() if group)
    # A reference follows a word; at the start of a line the mark opens another note or item.
    reference = re.compile(r"(?<=[^\s\d*⁰¹²³⁴-⁹])[ \t]?" + re.escape(mark) + r"(?![\d*⁰¹²³⁴-⁹])")
    for block in reversed(blocks):
        if block.kind == "note":
            continue
        found = reference.search(text, block.start, block.end)
        if found is not None:
            return block, *_sentence(text, block, found.end())
    return None


def _sentence(text: str, block: Block, at: int) -> tuple[int, int]:
    if block.kind not in _SENTENCES:
        return block.start, block.end
    spans = sentence_spans(text, block.start, block.end)
    return next((span for span in spans if span[0] < at <= span[1]), spans[-1])
