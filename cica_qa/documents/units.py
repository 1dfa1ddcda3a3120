"""Units: the smallest stretches of a document that stand by themselves, with their context."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cica_qa.arabic.clean import arabic_share
from cica_qa.arabic.designations import opening
from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded
from cica_qa.arabic.sentences import sentence_spans, split_long
from cica_qa.documents.lines import without_bullet
from cica_qa.documents.tables import is_header
from cica_qa.types import Block, Unit, UnitKind

Place = tuple[int, int]
LISTED = frozenset(("item", "field", "row"))
"""The kinds of units of which several make a list, a form or a table."""
_LED = LISTED | {"article", "verse", "speech"}
GLUE = -1
"""The origin of a character that stands in no document."""
_BETWEEN, _LABELS = " | ", ": "
_ENDLESS, _CLAUSE_CHARS, _CLAUSE_LEAST = 500, 250, 60
_ARABIC_SHARE = 0.8
_STOPS = re.compile(r"[.؟?!؛،,:;…\n]")
_WORD = re.compile(r"\S+")
_INVISIBLE = re.compile(
    r"\A\[\^[^\]\s]{1,9}\]:\s*|^[ \t]{0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$|^[ \t]*(?:>[ \t]?)+|\*{2,3}|__|(?<!\w)[*_](?=\S)"
    r"|(?<=\S)[*_](?!\w)|\[\^[^\]\s]{1,9}\](?!:)|!?\[(?=[^\[\]]*\]\()|(?<=\])\([^)]*\)|\](?=\()|`",
    re.M,
)


@dataclass(frozen=True, slots=True)
class Linear:
    """A unit as one line of text for a model, with the way back.

    ``origins`` has the document offset of each character of ``text``, ``GLUE`` for what was put
    between. ``inside`` says of each whether it is the unit's own: headings, leads, labels and
    the header of a table are its context. Its own begins at ``own``.
    """

    text: str
    origins: tuple[int, ...]
    inside: tuple[bool, ...]
    own: int

    def spans(self, start: int, end: int, *, context: bool = False) -> tuple[Place, ...]:
        """Return the exact spans of the document that ``text[start:end]`` comes from, in order.

        A stretch that runs over glue comes from several. What is in the context is left out
        unless ``context`` asks for it.
        """
        found: list[Place] = []
        wanted = lambda at: self.origins[at] != GLUE and (context or self.inside[at])  # noqa: E731
        for known, run in groupby(range(start, end), wanted):
            if known:
                places = [self.origins[at] for at in run]
                found.append((places[0], places[-1] + 1))
        return tuple(found)


def linear(text: str, unit: Unit, title: str = "") -> Linear:
    """Return a unit of the document ``text`` as a model reads it.

    Its context comes first, parted by « | »; a row is read as «header: cell | header: cell».
    """
    builder = _Builder(text)
    if title and unit.kind != "title":
        builder.glue(title)
    for place in unit.context:
        builder.part(place)
    if unit.label and not unit.start <= unit.label[0] < unit.end:
        builder.part(unit.label)
        builder.glue(_LABELS, apart=False)
        builder.joined = True
    builder.next()
    own = len(builder.text)
    if unit.cells and unit.kind == "row":
        builder.row(unit)
    else:
        builder.add(bare(text, unit.start, unit.end, unit.kind), own=True)
    return Linear("".join(builder.text), tuple(builder.origins), tuple(builder.inside), own)


class _Builder:
    """A text in the making, with the origin of each of its characters."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.text: list[str] = []
        self.origins: list[int] = []
        self.inside: list[bool] = []
        self.joined = True

    def glue(self, text: str, *, apart: bool = True) -> None:
        """Put in what stands in no document."""
        if apart:
            self.next()
            self.joined = False
        self.text += text
        self.origins += [GLUE] * len(text)
        self.inside += [False] * len(text)

    def next(self) -> None:
        """Part what stands before, if anything does, from what follows."""
        if self.text and not self.joined:
            self.glue(_BETWEEN, apart=False)
        self.joined = True

    def part(self, place: Place) -> None:
        """Add a part of the context."""
        self.next()
        self.add(place)
        self.joined = False

    def add(self, place: Place, *, own: bool = False) -> None:
        """Add what is seen of a stretch of the document, its marks left out."""
        for at in visible(self.document, *place):
            self.text.append(" " if self.document[at].isspace() else self.document[at])
            self.origins.append(at)
            self.inside.append(own)

    def row(self, unit: Unit) -> None:
        """Add the cells of a row that say something, each behind its header."""
        for column, cell in enumerate(unit.cells):
            if cell[0] == cell[1]:
                continue
            self.next()
            head = unit.header[column] if column < len(unit.header) else (0, 0)
            if head[0] < head[1] and head != cell:
                self.add(head)
                self.glue(_LABELS, apart=False)
            self.add(cell, own=True)
            self.joined = False


def visible(text: str, start: int, end: int) -> list[int]:
    """Return the offsets of the characters of ``text[start:end]`` that are no inline marks.

    Of white space that follows white space nothing is left.
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


def bare(text: str, start: int, end: int, kind: str) -> Place:
    """Return the span of a unit without the bullet that opens it."""
    return end - len(without_bullet(text[start:end], kind)), end


def block_units(text: str, block: Block, limit: int) -> list[Unit]:
    """Return the units of a block: a paragraph's, article's or reply's sentences, else itself."""
    if block.kind in ("paragraph", "article", "reply", "note"):
        pieces = sentence_spans(text, block.start, block.end)
        if len(pieces) == 1:
            pieces = clauses(text, *pieces[0])
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


def clauses(text: str, start: int, end: int) -> list[Place]:
    """Cut a long stretch without any punctuation before what opens its clauses.

    That is a pair of words that keeps coming back («في اليوم 7 …»), else a connective.
    """
    if end - start <= _ENDLESS or _STOPS.search(text, start, end - 1):
        return [(start, end)]
    words = [match.span() for match in _WORD.finditer(text, start, end)]
    if arabic_share(text[start:end]) < _ARABIC_SHARE:
        return [(start, end)]
    cuts = _recurring(text, words) or _connected(text, words)
    bounds = [start]
    for cut in cuts:
        if cut - bounds[-1] >= _CLAUSE_LEAST:
            bounds.append(cut)
    pieces = list(zip(bounds, [*bounds[1:], end], strict=True))
    trimmed = [(first, first + len(text[first:last].rstrip())) for first, last in pieces]
    return [part for piece in trimmed for part in split_long(text, *piece, _CLAUSE_CHARS)]


def _recurring(text: str, words: Sequence[Place]) -> list[int]:
    """Where the pair of words stands that opens most clauses of about equal length."""
    pairs: dict[str, list[int]] = {}
    for (start, end), (after, last) in zip(words, words[1:], strict=False):
        pairs.setdefault(f"{text[start:end]} {text[after:last]}", []).append(start)
    length = words[-1][1] - words[0][0]
    often = [
        places
        for places in pairs.values()
        if len(places) >= 4
        and length / len(places) <= _CLAUSE_CHARS
        and min(b - a for a, b in zip(places, places[1:], strict=False)) >= _CLAUSE_LEAST // 2
    ]
    return min(often, key=lambda places: (-len(places), places[0]), default=[])


def _connected(text: str, words: Sequence[Place]) -> list[int]:
    opens = folded("connectives")
    return [start for start, end in words if fold(text[start:end]) in opens]


@dataclass(frozen=True, slots=True)
class Held:
    """A block with the spans it stands under."""

    block: Block
    context: tuple[Place, ...]


def in_context(text: str, blocks: Sequence[Block]) -> Iterator[Held]:
    """Yield the blocks of a document with their context, but for the document's title."""
    path: list[Block] = []
    lead: Place | None = None
    question: Place | None = None
    nested: list[Block] = []
    before: Block | None = None
    for block in blocks:
        if block.kind == "heading":
            path = [*(one for one in path if one.level < block.level), block]
            lead = question = None
        if block.kind == "question":
            question = None
        if block.kind in LISTED and (before is None or before.kind not in LISTED or block.detached):
            nested = []
        if before is not None and before.kind in ("paragraph", "reply") and block.kind in _LED:
            lead = _lead(text, before)
        elif block.kind not in _LED:
            lead = None
        headings = [(one.start, one.end) for one in path if one is not block]
        above: list[Place] = []
        if block.kind in ("item", "field"):
            nested = nested[: block.level]
            above = [bare(text, one.start, one.end, one.kind) for one in nested]
            nested = [*nested, block]
        context = [*headings, question, lead, *above]
        yield Held(block, tuple(place for place in context if place is not None))
        if block.kind == "question":
            question = block.cells[0] if block.cells else (block.start, block.end)
        before = block


def _lead(text: str, block: Block) -> Place | None:
    """The sentence that leads to what follows, if one does."""
    sentence = sentence_spans(text, block.start, block.end)[-1]
    return sentence if text[slice(*sentence)].rstrip("*_ ").endswith((":", "：")) else None


def wholes_of(text: str, blocks: Sequence[Block]) -> list[Unit]:
    """Return the articles, lists, tables, forms and exchanges of a document as wholes."""
    found: list[Unit] = []
    held = list(in_context(text, blocks))
    for at, one in enumerate(held):
        block = one.block
        if block.kind == "heading" and block.number:
            last = at
            while last + 1 < len(held) and not _ends(block, held[last + 1].block):
                last += 1
            found.append(_whole("article", held[at : last + 1], block.number, block.label))
        elif block.kind == "article" and block.label:
            last = at
            while (
                last + 1 < len(held)
                and held[last + 1].block.kind == "item"
                and not held[last + 1].block.detached
            ):
                last += 1
            found.append(_whole("article", held[at : last + 1], block.number, block.label))
        elif block.kind == "question":
            last = at
            while last + 1 < len(held) and _replies(held, at, last + 1):
                last += 1
            if last > at:
                found.append(_whole("reply", held[at : last + 1], block.number, block.label))
    found += _runs(text, held)
    return sorted(found, key=lambda whole: (whole.start, -whole.end))


def _whole(
    kind: UnitKind, held: Sequence[Held], number: str = "", label: Place | None = None
) -> Unit:
    start, end = held[0].block.start, held[-1].block.end
    return Unit(start, end, kind, number, label, context=held[0].context)


def _ends(heading: Block, block: Block) -> bool:
    return block.kind == "heading" and block.level <= heading.level


def _replies(held: Sequence[Held], question: int, at: int) -> bool:
    """Whether a block is part of the reply: what stands under the question up to a next one."""
    asked = held[question].block
    place = asked.cells[0] if asked.cells else (asked.start, asked.end)
    block = held[at].block
    if place not in held[at].context or block.kind == "heading":
        return False
    return block.kind == "reply" or block.kind in LISTED or held[at - 1].block.kind != "reply"


def _runs(text: str, held: Sequence[Held]) -> Iterator[Unit]:
    """Yield runs of items, fields, rows, verses and speech, with the sentence that leads there."""
    at = 0
    for family, group in groupby(held, key=lambda one: _family(one.block)):
        run = list(group)
        first, at = at, at + len(run)
        if not family or len(run) < 2:
            continue
        whole = _whole(run[0].block.kind, run)
        if family == "item" and any(one.block.kind == "item" for one in run):
            whole = replace(whole, kind="item")
        lead = (
            _lead(text, held[first - 1].block)
            if first and held[first - 1].block.kind in ("paragraph", "reply")
            else None
        )
        yield replace(whole, start=lead[0]) if lead else whole


def _family(block: Block) -> str:
    if block.kind in ("item", "field"):
        return "item"
    return block.kind if block.kind in ("row", "verse", "speech") else ""


def clipped(
    wholes: Sequence[Unit], units: Sequence[Unit], start: int, end: int
) -> tuple[Unit, ...]:
    """Return the wholes as far as they lie in ``start:end``, where they have some of ``units``.

    Of the articles that began before, only the innermost goes on.
    """
    starts = [unit.start for unit in units]
    found: list[Unit] = []
    going_on: Unit | None = None
    for whole in wholes:
        if whole.end <= start or whole.start >= end:
            continue
        first, last = max(whole.start, start), min(whole.end, end)
        count = bisect_left(starts, last) - bisect_left(starts, first)
        if count < 2 and not (count and whole.number):
            continue
        if whole.kind == "article" and whole.start < start:
            going_on = replace(whole, start=first, end=last)
        else:
            found.append(replace(whole, start=first, end=last))
    opens = bool(found) and found[0].kind == "article" and found[0].start == start
    return tuple(found) if going_on is None or opens else (going_on, *found)


def designation_of(text: str, unit: Unit) -> str:
    """Return the noun of the designation of a numbered unit; none where it has but a number."""
    if unit.label is None or not unit.number:
        return ""
    one = opening(text[slice(*unit.label)])
    return one.word if one else ""


def is_content(block: Block) -> bool:
    """Whether a block says something itself, as headings and the headers of tables do not."""
    return block.kind != "heading" and not is_header(block)
