"""Units: the smallest self-contained stretches of a document, with their context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cica_qa.arabic.designations import opening_designation
from cica_qa.arabic.sentences import sentence_spans, split_long
from cica_qa.documents.clauses import split_clauses
from cica_qa.documents.lines import TextSpan, without_bullet
from cica_qa.documents.notes import find_reference
from cica_qa.documents.tables import is_header
from cica_qa.types import Block, Unit, UnitKind

LISTED = frozenset(("item", "field", "row"))
"""The kinds of units that make up a list, a form or a table."""
_LED = LISTED | {"article", "verse", "speech"}
GLUE = -1
"""The origin of a character that comes from no document."""
_NEAR = 300  # blocks before a note that are searched for its mark
_BETWEEN, _LABELS = " | ", ": "
_INVISIBLE = re.compile(
    r"\A\[\^[^\]\s]{1,9}\]:\s*|^[ \t]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$|^[ \t]*(?:>[ \t]?)+"
    r"|\*{2,3}|__|(?<!\w)[*_](?=\S)"
    r"|(?<=\S)[*_](?!\w)|\[\^[^\]\s]{1,9}\](?!:)|!?\[(?=[^\[\]]*\]\()|(?<=\])\([^)]*\)|\](?=\()|`",
    re.M,
)


@dataclass(frozen=True, slots=True)
class Linear:
    """A unit as one line of text for a model, mapped back to the document.

    Attributes:
        text: The context of the unit and its own text, on one line.
        origins: The document offset of each character of ``text``; ``GLUE`` for separators.
        inside: Whether each character belongs to the unit itself, as opposed to its context:
            headings, leads, labels and table headers.
        own: The offset in ``text`` at which the unit's own text begins.

    """

    text: str
    origins: tuple[int, ...]
    inside: tuple[bool, ...]
    own: int

    def spans(self, start: int, end: int, *, context: bool = False) -> tuple[TextSpan, ...]:
        """Return the exact document spans that ``text[start:end]`` comes from, in order.

        A stretch across separators comes from several spans. Characters of the context are left
        out unless ``context`` is true.
        """
        found: list[TextSpan] = []

        def wanted(at: int) -> bool:
            return self.origins[at] != GLUE and (context or self.inside[at])

        for known, run in groupby(range(start, end), wanted):
            if known:
                places = [self.origins[at] for at in run]
                found.append((places[0], places[-1] + 1))
        return tuple(found)


def linear(text: str, unit: Unit, title: str = "") -> Linear:
    """Return a unit of the document ``text`` as one line for a model.

    The context comes first, separated by « | »; a row becomes «header: cell | header: cell».
    """
    builder = _LinearBuilder(text)
    if title and unit.kind != "title":
        builder.glue(title)
    for place in unit.context:
        builder.part(place)
    if unit.label and not unit.start <= unit.label[0] < unit.end:
        builder.part(unit.label)
        builder.glue(_LABELS, separate=False)
        builder.joined = True
    builder.next()
    own = len(builder.text)
    if unit.cells and unit.kind == "row":
        builder.row(unit)
    else:
        builder.add(without_bullet_span(text, unit.start, unit.end, unit.kind), own=True)
    return Linear("".join(builder.text), tuple(builder.origins), tuple(builder.inside), own)


class _LinearBuilder:
    """Builds the text of a ``Linear`` with the origin of each character."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.text: list[str] = []
        self.origins: list[int] = []
        self.inside: list[bool] = []
        self.joined = True

    def glue(self, text: str, *, separate: bool = True) -> None:
        """Add text that comes from no document."""
        if separate:
            self.next()
            self.joined = False
        self.text += text
        self.origins += [GLUE] * len(text)
        self.inside += [False] * len(text)

    def next(self) -> None:
        """Add a separator if any text precedes."""
        if self.text and not self.joined:
            self.glue(_BETWEEN, separate=False)
        self.joined = True

    def part(self, place: TextSpan) -> None:
        """Add a part of the context."""
        self.next()
        self.add(place)
        self.joined = False

    def add(self, place: TextSpan, *, own: bool = False) -> None:
        """Add the visible characters of a stretch of the document."""
        for at in visible(self.document, *place):
            self.text.append(" " if self.document[at].isspace() else self.document[at])
            self.origins.append(at)
            self.inside.append(own)

    def row(self, unit: Unit) -> None:
        """Add the non-empty cells of a row, each after its header."""
        for column, cell in enumerate(unit.cells):
            if cell[0] == cell[1]:
                continue
            self.next()
            head = unit.header[column] if column < len(unit.header) else (0, 0)
            if head[0] < head[1] and head != cell:
                self.add(head)
                self.glue(_LABELS, separate=False)
            self.add(cell, own=True)
            self.joined = False


def visible(text: str, start: int, end: int) -> list[int]:
    """Return the offsets of the characters of ``text[start:end]`` that are not inline markup.

    Only the first of consecutive white space characters is kept.
    """
    hidden = bytearray(end - start)
    for match in _INVISIBLE.finditer(text[start:end]):
        hidden[match.start() : match.end()] = b"\1" * len(match[0])
    shown: list[int] = []
    for at in range(start, end):
        if hidden[at - start] or (text[at].isspace() and (not shown or text[shown[-1]].isspace())):
            continue
        shown.append(at)
    return shown


def without_bullet_span(text: str, start: int, end: int, kind: str) -> TextSpan:
    """Return the span of a unit without its bullet."""
    return end - len(without_bullet(text[start:end], kind)), end


def block_units(text: str, block: Block, limit: int) -> list[Unit]:
    """Return the units of a block: the sentences of prose, else the block itself.

    A unit longer than ``limit`` characters is split.
    """
    if block.kind in ("paragraph", "article", "reply", "note"):
        pieces = sentence_spans(text, block.start, block.end)
        if len(pieces) == 1:
            pieces = split_clauses(text, *pieces[0])
    else:
        pieces = [(block.start, block.end)]
    cut = [part for piece in pieces for part in split_long(text, *piece, limit)]
    kind: UnitKind = "sentence" if block.kind == "paragraph" else block.kind
    if block.kind == "article" and len(cut) > 1:
        kind = "sentence"
    one = len(cut) == 1
    whole = Unit(block.start, block.end, kind, block.number, block.label, block.cells, block.header)
    return [
        replace(whole, start=start, end=end)
        if one
        else Unit(start, end, kind, label=block.label, number=block.number * (kind == "note"))
        for start, end in cut
    ]


@dataclass(frozen=True, slots=True)
class BlockInContext:
    """A block and the spans of its context, outermost first."""

    block: Block
    context: tuple[TextSpan, ...]


def blocks_in_context(text: str, blocks: Sequence[Block]) -> Iterator[BlockInContext]:
    """Yield the blocks of a document with their context; the document's title is not part of it."""
    path: list[Block] = []
    lead: TextSpan | None = None
    question: TextSpan | None = None
    nested: list[Block] = []
    before: Block | None = None
    contexts: dict[int, tuple[TextSpan, ...]] = {}
    for number, block in enumerate(blocks):
        if block.kind == "heading":
            path = [*(one for one in path if one.level < block.level), block]
            lead = question = None
        if block.kind == "question":
            question = None
        if block.kind in LISTED and (before is None or before.kind not in LISTED or block.detached):
            nested = []
        if before is not None and before.kind in ("paragraph", "reply") and block.kind in _LED:
            lead = lead_of(text, before)
        elif block.kind not in _LED:
            lead = None
        headings = [(one.start, one.end) for one in path if one is not block]
        above: list[TextSpan] = []
        if block.kind in ("item", "field"):
            nested = nested[: block.level]
            above = [without_bullet_span(text, one.start, one.end, one.kind) for one in nested]
            nested = [*nested, block]
        context = tuple(p for p in (*headings, question, lead, *above) if p is not None)
        if block.kind == "note":
            context = _annotated(text, blocks, number, contexts) or context
        contexts[block.start] = context
        yield BlockInContext(block, context)
        if block.kind == "question":
            question = block.cells[0] if block.cells else (block.start, block.end)
        before = block


def _annotated(
    text: str, blocks: Sequence[Block], number: int, contexts: Mapping[int, tuple[TextSpan, ...]]
) -> tuple[TextSpan, ...]:
    """Return the context of a note: the sentence that refers to it, after that one's context."""
    found = find_reference(text, blocks[number], blocks[max(0, number - _NEAR) : number])
    return (*contexts[found[0].start], found[1:]) if found is not None else ()


def lead_of(text: str, block: Block) -> TextSpan | None:
    """Return the last sentence of a block if it introduces what follows with a colon."""
    sentences = sentence_spans(text, block.start, block.end)
    if not sentences or not text[slice(*sentences[-1])].rstrip("*_ ").endswith((":", "：")):
        return None
    return sentences[-1]


def designation_of(text: str, unit: Unit) -> str:
    """Return the noun that designates a numbered unit; "" if it has only a number."""
    if unit.label is None or not unit.number:
        return ""
    one = opening_designation(text[slice(*unit.label)])
    return one.word if one else ""


def is_content(block: Block) -> bool:
    """Return whether a block has content of its own, unlike headings and table headers."""
    return block.kind != "heading" and not is_header(block)
