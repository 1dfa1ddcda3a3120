"""Chunking: cut a document into passages along its structure."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate, groupby, pairwise, takewhile

from cica_qa.documents.lines import without_bullet
from cica_qa.documents.structure import parse_blocks, sections_of
from cica_qa.documents.units import (
    LISTED,
    BlockInContext,
    block_units,
    blocks_in_context,
    is_content,
)
from cica_qa.documents.wholes import clipped, wholes_of
from cica_qa.types import Block, Document, Page, Passage, Unit

__all__ = ["chunk", "chunker_fingerprint", "parts", "windows", "without_bullet"]
_VERSION = 9
_LIST_GRACE = 2  # a list may be this many times the size limit before it is cut


class _Break(IntEnum):
    """How good a place the start of an atom is to begin a new passage."""

    NEVER = 0
    SENTENCE = 1
    PARAGRAPH = 2
    MUST = 3


@dataclass(frozen=True, slots=True)
class _Atom:
    """A unit, the break allowed before it, and whether it has content of its own."""

    unit: Unit
    before: _Break
    content: bool = True


def chunk(document: Document, limit: int = 1500) -> list[Passage]:
    """Cut a document into passages of about ``limit`` characters at most, in reading order.

    A heading stays with what follows it, a list with the paragraph that leads to it (lists
    up to twice the limit stay whole). Longer sections are cut at paragraph ends, else at
    sentence ends. Passages are slices of the text, never overlap, and cover all content.
    """
    passages: list[Passage] = []
    path: list[tuple[int, str]] = []
    pending: list[_Atom] = []  # headings without content so far
    blocks = parse_blocks(document)
    wholes = deque(wholes_of(document.text, blocks))
    current: list[Unit] = []  # the wholes that overlap the last passage
    held = iter(blocks_in_context(document.text, blocks))

    def add(atoms: Sequence[_Atom]) -> None:
        headings = tuple(heading for _, heading in path)
        for part in _pack(atoms, limit):
            start, end = part[0].unit.start, part[-1].unit.end
            current[:] = [whole for whole in current if whole.end > start]
            while wholes and wholes[0].start < end:
                current.append(wholes.popleft())
            passages.append(_passage(document, part, headings, current))

    grouped = sections_of(document, blocks)
    for place, (section, inside) in enumerate(grouped):
        if pending and inside[0].detached:
            add(pending)
            pending = []
        if section.heading:
            path = [entry for entry in path if entry[0] < section.level]
            path.append((section.level, section.heading))
        atoms = list(_atoms(document.text, [next(held) for _ in inside], limit))
        if _is_barren(inside, [first for _, (first, *_) in grouped[place + 1 : place + 2]]):
            atoms = [replace(atom, content=True) for atom in atoms]
        pending += atoms
        if any(atom.unit.kind != "heading" for atom in pending):
            add(pending)
            pending = []
    add(pending)
    return passages


def pages_of(document: Document, start: int, end: int) -> tuple[Page, ...]:
    """Return the pages that ``document.text[start:end]`` lies on."""
    first = bisect_right(document.pages, start, key=lambda page: page.end)
    return tuple(takewhile(lambda page: page.start < end, document.pages[first:]))


def chunker_fingerprint(limit: int, window_words: int) -> str:
    """Return 16 hexadecimal digits that change whenever the passages of a text would change."""
    recipe = f"structure:{_VERSION}:{limit}:{window_words}"
    return hashlib.sha256(recipe.encode()).hexdigest()[:16]


def parts(passage: Passage, chars: int) -> list[tuple[Unit, ...]]:
    """Split the units of a passage into as few runs of about ``chars`` characters as possible.

    The runs are as equal in length as the units allow.
    """
    ends = list(accumulate(span.end - span.start for span in passage.units))
    count = -(-ends[-1] // chars)
    # With boundaries at equal distances, a unit belongs to the run that its middle falls into.
    middles = [(start + end) / 2 for start, end in pairwise([0, *ends])]
    runs = groupby(
        zip(middles, passage.units, strict=True), lambda pair: int(pair[0] * count / ends[-1])
    )
    return [tuple(span for _, span in run) for _, run in runs]


def windows(sizes: Sequence[int], words: int) -> list[tuple[int, int]]:
    """Return windows of at most ``words`` words over sentences of ``sizes`` words.

    A window is a pair of indexes: its first and its last sentence. Neighbouring windows share
    about half of their sentences, so that most neighbouring sentences share a window. A longer
    sentence is a window by itself.
    """
    found: list[tuple[int, int]] = []
    first = 0
    while True:
        last, total = first, sizes[first]
        while last + 1 < len(sizes) and total + sizes[last + 1] <= words:
            last += 1
            total += sizes[last]
        found.append((first, last))
        if last + 1 >= len(sizes):
            return found
        first += max(1, (last - first + 1) // 2)


def _atoms(text: str, contexts: Sequence[BlockInContext], limit: int) -> Iterator[_Atom]:
    """Yield the units of a section, each with the break allowed before it."""
    blocks = [one.block for one in contexts]
    loose = _long_lists(blocks, limit)
    glued = False  # whether the previous block must stay with this one
    for position, (block, context) in enumerate((one.block, one.context) for one in contexts):
        before = _Break.NEVER if glued else _Break.PARAGRAPH
        if position in loose:
            before = max(before, _Break.SENTENCE)
        if block.detached:
            before = _Break.MUST
        for unit in block_units(text, block, limit):
            yield _Atom(replace(unit, context=context), before, is_content(block))
            before = _Break.SENTENCE
        follower = blocks[position + 1] if position + 1 < len(blocks) else None
        glued = block.kind == "heading" or (follower is not None and _holds(text, block, follower))


def _is_barren(inside: Sequence[Block], followers: Sequence[Block]) -> bool:
    """Return whether a section is a heading with nothing under it, which is then its content."""
    return len(inside) == 1 and any(block.level <= inside[0].level for block in followers)


def _holds(text: str, block: Block, follower: Block) -> bool:
    """Return whether a block must stay with the one that follows it."""
    if follower.kind == "item" or block.kind == "question":
        return True
    if follower.kind not in ("field", "row", "verse", "article", "speech"):
        return False
    leads = text[block.start : block.end].rstrip("*_ ").endswith(":")
    return leads or (block.kind == follower.kind and block.kind in ("field", "row", "verse"))


def _long_lists(blocks: Sequence[Block], limit: int) -> set[int]:
    """Return the positions of items in lists too long to stay whole with their lead."""
    found: set[int] = set()
    kinds = LISTED | {"verse"}
    for listed, run in groupby(range(len(blocks)), lambda at: blocks[at].kind in kinds):
        items = list(run)
        lead = blocks[max(items[0] - 1, 0)]
        if listed and blocks[items[-1]].end - lead.start > _LIST_GRACE * limit:
            found.update(items)
    return found


def _pack(atoms: Sequence[_Atom], limit: int) -> Iterator[Sequence[_Atom]]:
    """Fill passages up to the limit; cut a full one at its last good break."""
    begin = 0
    while begin < len(atoms):
        end = begin + 1
        while end < len(atoms) and atoms[end].before != _Break.MUST:
            full = atoms[end].unit.end - atoms[begin].unit.start > limit
            cut = _best_break(atoms, begin, end, limit) if full else end
            if full and atoms[cut].before != _Break.NEVER:
                end = cut
                break
            end += 1
        yield atoms[begin:end]
        begin = end


def _best_break(atoms: Sequence[_Atom], begin: int, end: int, limit: int) -> int:
    """Return the last paragraph end in the second half of a full passage, else ``end``."""
    for cut in range(end, begin, -1):
        if atoms[cut - 1].unit.end - atoms[begin].unit.start < limit // 2:
            break
        if atoms[cut].before == _Break.PARAGRAPH:
            return cut
    return end


def _passage(
    document: Document,
    atoms: Sequence[_Atom],
    headings: tuple[str, ...],
    wholes: Sequence[Unit],
) -> Passage:
    start, end = atoms[0].unit.start, atoms[-1].unit.end
    units = tuple(atom.unit for atom in atoms if atom.content)
    units = units or tuple(atom.unit for atom in atoms)
    return Passage(
        passage_id=f"{document.doc_id}#{start}-{end}",
        doc_id=document.doc_id,
        start=start,
        end=end,
        text=document.text[start:end],
        headings=headings,
        units=units,
        wholes=clipped(wholes, units, start, end),
        pages=pages_of(document, start, end),
    )
