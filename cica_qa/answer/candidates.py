"""The spans of the hits that could answer, each with what the retriever knows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cica_qa.documents.lines import without_bullet
from cica_qa.documents.units import LISTED
from cica_qa.types import Hit, Passage, Unit

# A question that nobody is quoted with: «كم مدة الضمان؟» in a list of frequent ones.
_QUESTION = re.compile(r"[^\"«“”]*[؟?][*_\s]*")
_QUESTION_WORDS = 20
_QUESTION_LINE = re.compile(r"[^\"«“”؟?\n]*[؟?][*_ ]*\n\s*(?=\S)")
_REPLY_MARK = re.compile(
    r"[*_]*(?:ال)?(?:ج|جواب|إجابة|اجابة|[Aa](?:nswer)?)[*_]*\s*[:：.)–-][*_]*\s*"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence, a list item or a whole list of a hit.

    ``first`` and ``last`` are its sentences in the passage. ``cosine`` is its nearness to the
    question; ``aligned`` says how well it matches each of ``hit.match.words`` in meaning.
    ``is_list`` is whether it is a list with all its items, and the sentence that leads to it
    where there is one. ``replies_to`` is the sentence that asks what it replies to, the first
    where several do, and None where none stands before it: it is as near as that is.
    """

    hit: Hit
    span: Unit
    first: int
    last: int
    cosine: float
    aligned: tuple[float, ...]
    is_list: bool = False
    replies_to: int | None = None

    @property
    def text(self) -> str:
        """The words of the document that it stands for."""
        return self.hit.passage.slice(self.span.start, self.span.end)


@dataclass(frozen=True, slots=True)
class _Scores:
    """How near the units of a hit are to the question; zeros where that is not known."""

    cosines: Sequence[float]
    aligned: Sequence[tuple[float, ...]]

    @classmethod
    def of(cls, hit: Hit) -> _Scores:
        count, nothing = len(hit.passage.units), (0.0,) * len(hit.match.words)
        return cls(hit.match.units or (0.0,) * count, hit.match.aligned or (nothing,) * count)


def find_candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """Return the sentences, list items and whole lists of the hits, in their order.

    Headings answer nothing, nor does a sentence that only leads to a list («وتشمل:»), nor a
    question of the document's own: what stands behind it does.
    """
    found: list[Candidate] = []
    for hit in hits:
        scores = _Scores.of(hit)
        lists = list(lists_of(hit.passage))
        leads = {start for start, end in lists if _leads(hit.passage, start)}
        asks = [_asks(hit.passage, at) for at in range(len(hit.passage.units))]
        found += [
            _reply(hit, scores, asks, at) if at and asks[at - 1] else _one(hit, scores, at)
            for at, span in enumerate(hit.passage.units)
            if span.kind != "heading" and at not in leads and not asks[at]
        ]
        found += [_whole(hit, scores, start, end) for start, end in lists]
    return found


def _one(hit: Hit, scores: _Scores, at: int) -> Candidate:
    span, replies_to = hit.passage.units[at], None
    text = hit.passage.slice(span.start, span.end)
    if span.kind in LISTED:  # its words are the answer, its bullet is not
        text = without_bullet(text, span.kind)
    if line := _QUESTION_LINE.match(text):
        text, replies_to = _unmarked(text[line.end() :]), at
    span = Unit(span.end - len(text), span.end, span.kind)
    return Candidate(
        hit, span, at, at, scores.cosines[at], scores.aligned[at], replies_to=replies_to
    )


def _reply(hit: Hit, scores: _Scores, asks: Sequence[bool], at: int) -> Candidate:
    """What stands behind a question."""
    one, start = _one(hit, scores, at), at
    while start and asks[start - 1]:
        start -= 1
    rows = range(start, at + 1)
    return replace(
        one,
        span=replace(one.span, start=one.span.end - len(_unmarked(one.text))),
        cosine=max(scores.cosines[row] for row in rows),
        aligned=tuple(map(max, *(scores.aligned[row] for row in rows))),
        replies_to=start,
    )


def _unmarked(reply: str) -> str:
    """A reply without the «ج:» that may open it."""
    mark = _REPLY_MARK.match(reply)
    return reply[mark.end() :] if mark and mark.end() < len(reply) else reply


def _asks(passage: Passage, at: int) -> bool:
    span = passage.units[at]
    text = passage.slice(span.start, span.end)
    if span.kind == "question":
        return True
    if span.kind != "sentence" or len(text.split()) > _QUESTION_WORDS:
        return False  # a long one tells something before it asks
    return _QUESTION.fullmatch(text) is not None


def _whole(hit: Hit, scores: _Scores, start: int, end: int) -> Candidate:
    """A list, as near as its lead or, where that is better, as its items are on average."""
    sentences, rows = hit.passage.units, range(start, end + 1)
    items = [scores.cosines[at] for at in rows if sentences[at].kind in LISTED]
    cosine = max(scores.cosines[start], sum(items) / len(items))
    aligned = tuple(map(max, *(scores.aligned[at] for at in rows)))
    if _asks(hit.passage, start):  # what is asked is no part of what answers
        span = Unit(sentences[start + 1].start, sentences[end].end, "item")
        return Candidate(hit, span, start, end, cosine, aligned, is_list=True, replies_to=start)
    span = Unit(sentences[start].start, sentences[end].end, "item")
    return Candidate(hit, span, start, end, cosine, aligned, is_list=True)


def lists_of(passage: Passage) -> Iterator[tuple[int, int]]:
    """Yield the first and last sentence of each list of several items, including its lead."""
    at = 0
    for listed, group in groupby(passage.units, lambda span: span.kind in LISTED):
        count = len(list(group))
        if listed and count > 1:
            led = at > 0 and passage.units[at - 1].kind in ("sentence", "question", "reply")
            yield at - led, at + count - 1
        at += count


def _leads(passage: Passage, at: int) -> bool:
    span = passage.units[at]
    return span.kind == "sentence" and passage.slice(span.start, span.end).rstrip().endswith(":")
