"""From a document to passages that keep together what belongs together."""

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
from cica_qa.documents.units import LISTED, Held, block_units, in_context, is_content
from cica_qa.documents.wholes import clipped, wholes_of
from cica_qa.types import Block, Document, Page, Passage, Unit

__all__ = ["chunk", "chunker_fingerprint", "parts", "windows", "without_bullet"]
_VERSION = 8
_LIST_GRACE = 2  # a list may be this many times the size limit before it is cut


class _Break(IntEnum):
    """How good a place for a new passage the start of an atom is."""

    NEVER = 0
    SENTENCE = 1
    PARAGRAPH = 2
    MUST = 3


@dataclass(frozen=True, slots=True)
class _Atom:
    """A unit, the break it allows before it, and whether it says something itself."""

    span: Unit
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
    pending: list[_Atom] = []  # headings that nothing stands under yet
    blocks = parse_blocks(document)
    wholes = deque(wholes_of(document.text, blocks))
    current: list[Unit] = []  # the wholes that the last passage lies in
    held = iter(in_context(document.text, blocks))

    def add(atoms: Sequence[_Atom]) -> None:
        headings = tuple(heading for _, heading in path)
        for part in _pack(atoms, limit):
            start, end = part[0].span.start, part[-1].span.end
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
        if any(atom.span.kind != "heading" for atom in pending):
            add(pending)
            pending = []
    add(pending)
    return passages


def pages_of(document: Document, start: int, end: int) -> tuple[Page, ...]:
    """Return the pages of a document that ``text[start:end]`` lies on."""
    first = bisect_right(document.pages, start, key=lambda page: page.end)
    return tuple(takewhile(lambda page: page.start < end, document.pages[first:]))


def chunker_fingerprint(limit: int, window_words: int) -> str:
    """16 hexadecimal digits that change when passages of the same text would change."""
    recipe = f"structure:{_VERSION}:{limit}:{window_words}"
    return hashlib.sha256(recipe.encode()).hexdigest()[:16]


def parts(passage: Passage, chars: int) -> list[tuple[Unit, ...]]:
    """Return the sentences of a passage in as few runs of about ``chars`` characters as will do.

    The runs are as equal as the sentences allow.
    """
    ends = list(accumulate(span.end - span.start for span in passage.units))
    count = -(-ends[-1] // chars)
    # A sentence belongs to the run in which its middle falls, were all runs equal.
    middles = [(start + end) / 2 for start, end in pairwise([0, *ends])]
    runs = groupby(
        zip(middles, passage.units, strict=True), lambda pair: int(pair[0] * count / ends[-1])
    )
    return [tuple(span for _, span in run) for _, run in runs]


def windows(sizes: Sequence[int], words: int) -> list[tuple[int, int]]:
    """Return windows of about ``words`` words over sentences of ``sizes`` words.

    Each is given by its first and its last sentence. Neighbouring windows share half their
    sentences, so that no two neighbouring sentences are always apart.
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


def _atoms(text: str, held: Sequence[Held], limit: int) -> Iterator[_Atom]:
    """Yield the units of a section, each with the break it allows before it."""
    blocks = [one.block for one in held]
    loose = _long_lists(blocks, limit)
    glued = False  # whether the block before holds on to this one
    for position, (block, context) in enumerate((one.block, one.context) for one in held):
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
    """Whether a section is a heading under which nothing stands: it says all that it has."""
    return len(inside) == 1 and any(block.level <= inside[0].level for block in followers)


def _holds(text: str, block: Block, follower: Block) -> bool:
    """Whether a block holds on to the one that follows it."""
    if follower.kind == "item" or block.kind == "question":
        return True
    if follower.kind not in ("field", "row", "verse", "article", "speech"):
        return False
    leads = text[block.start : block.end].rstrip("*_ ").endswith(":")
    return leads or (block.kind == follower.kind and block.kind in ("field", "row", "verse"))


def _long_lists(blocks: Sequence[Block], limit: int) -> set[int]:
    """The positions of the items of lists that are too long, with their lead, to stay whole."""
    found: set[int] = set()
    kinds = LISTED | {"verse"}
    for listed, run in groupby(range(len(blocks)), lambda at: blocks[at].kind in kinds):
        items = list(run)
        lead = blocks[max(items[0] - 1, 0)]
        if listed and blocks[items[-1]].end - lead.start > _LIST_GRACE * limit:
            found.update(items)
    return found


def _pack(atoms: Sequence[_Atom], limit: int) -> Iterator[Sequence[_Atom]]:
    """Fill passages up to the limit; go back to the last good break when one is full."""
    begin = 0
    while begin < len(atoms):
        end = begin + 1
        while end < len(atoms) and atoms[end].before != _Break.MUST:
            full = atoms[end].span.end - atoms[begin].span.start > limit
            cut = _best_break(atoms, begin, end, limit) if full else end
            if full and atoms[cut].before != _Break.NEVER:
                end = cut
                break
            end += 1
        yield atoms[begin:end]
        begin = end


def _best_break(atoms: Sequence[_Atom], begin: int, end: int, limit: int) -> int:
    """The last paragraph end in the second half of a full passage, else where it is full."""
    for cut in range(end, begin, -1):
        if atoms[cut - 1].span.end - atoms[begin].span.start < limit // 2:
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
    start, end = atoms[0].span.start, atoms[-1].span.end
    units = tuple(atom.span for atom in atoms if atom.content)
    units = units or tuple(atom.span for atom in atoms)
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
