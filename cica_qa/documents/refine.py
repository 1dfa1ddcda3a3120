"""Finer structure inside the paragraphs that a file reader found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from cica_qa.arabic.designations import CODE, Designation, opening_designation
from cica_qa.documents.fields import parse_label
from cica_qa.documents.lines import Stanza, TextLine, iter_lines
from cica_qa.documents.outline import with_levels
from cica_qa.documents.plain import infer_blocks
from cica_qa.documents.units import LISTED
from cica_qa.types import Block

_NUMBER = re.compile(r"[#\s*_]*[(\[]?([0-9٠-٩۰-۹]{1,3})[.)\]-]\s")


def refined(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with the structure of their paragraphs; see ``structure.refine``."""
    at: list[int] = []
    stanzas: list[Stanza] = []
    joined: set[int] = set()  # blocks that continue the table of the block before
    for place, block in enumerate(blocks):
        lines = tuple(line for line in iter_lines(text, block.start, block.end) if not line.blank)
        if block.kind == "paragraph" and lines:
            first = replace(lines[0], detached=block.detached)
            follows = place > 0 and blocks[place - 1].kind == "paragraph" and not block.detached
            if stanzas and place and _is_row_of(stanzas[-1], blocks[place - 1], block, first):
                stanzas[-1] = replace(stanzas[-1], lines=(*stanzas[-1].lines, *lines))
                joined.add(place)
                continue
            at.append(place)
            leads = any(_is_led(text, after) for after in blocks[place + 1 : place + 2])
            stanzas.append(
                Stanza((first, *lines[1:]), follows, block.detached, is_paragraph=True, leads=leads)
            )
    inferred = dict(zip(at, infer_blocks(text, stanzas), strict=True))
    found: list[Block] = []
    parts: dict[int, Designation] = {}
    for place, block in enumerate(blocks):
        if block.kind == "heading":
            found.append(_numbered(text, block))
            continue
        if place in joined:
            continue
        made = inferred.get(place, [block])
        if len(made) == 1 and made[0].kind == "paragraph":
            end = max(block.end, made[0].end)
            made = [replace(block, end=end, label=made[0].label)]
        for one in made:
            if one.kind == "heading" and one.label:
                designation = opening_designation(text[slice(*one.label)])
                parts |= {one.start: designation} if designation else {}
        found += made
    return _titled(with_levels(found, parts))


def _is_row_of(stanza: Stanza, before: Block, block: Block, line: TextLine) -> bool:
    """Return whether a paragraph of one line is the next row of the table before it."""
    last = stanza.lines[-1]
    return (
        before.kind == "paragraph"
        and not block.detached
        and last.end == before.end
        and line.end == block.end
        and 0 < last.text.count("\t") == line.text.count("\t")
    )


def _is_led(text: str, block: Block) -> bool:
    """Return whether a block is a list item or row, not a labelled line, and may have a lead."""
    first = next(iter_lines(text, block.start, block.end))
    return block.kind in LISTED and parse_label(first) is None


def _titled(blocks: list[Block]) -> list[Block]:
    """Put a part's title in a heading of its own one level below the part's designation."""
    found = list(blocks)
    for place, (head, block) in enumerate(pairwise(blocks), start=1):
        bare = head.kind == "heading" and head.label == (head.start, head.end)
        if bare and block.kind == "heading" and not block.label and block.level <= head.level:
            found[place] = replace(block, level=head.level + 1)
    return found


def _numbered(text: str, block: Block) -> Block:
    """Return a heading with the number of the part it designates."""
    if block.number:
        return block
    one = opening_designation(text[block.start : block.end])
    if one is None and (mark := _NUMBER.match(text, block.start, block.end)):
        return replace(block, number=str(int(mark[1])))
    if one is None or one.word == CODE:
        return block
    if not (one.known or "." in one.number):
        return block
    return replace(block, number=one.number, label=(block.start + one.start, block.start + one.end))
