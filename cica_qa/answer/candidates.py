"""Answer candidates: the spans of the hits that could answer a question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cica_qa.documents.lines import without_bullet
from cica_qa.documents.units import LISTED
from cica_qa.types import Hit, Passage, Unit

# A question outside quotation marks, like «كم مدة الضمان؟» in a list of frequent questions.
_QUESTION = re.compile(r"[^\"«“”]*[؟?][*_\s]*")
_MAX_QUESTION_WORDS = 20
_QUESTION_LINE = re.compile(r"[^\"«“”؟?\n]*[؟?][*_ ]*\n\s*(?=\S)")
_REPLY_MARK = re.compile(
    r"[*_]*(?:ال)?(?:ج|جواب|إجابة|اجابة|[Aa](?:nswer)?)[*_]*\s*[:：.)–-][*_]*\s*"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence, a list item or a whole list of a hit.

    ``first`` and ``last`` are the indices of its units in the passage. ``cosine`` is its
    similarity to the question; ``aligned`` has the cosine of each of ``hit.match.words``.
    ``is_list`` is whether it is a whole list, including the sentence that introduces it, if any.
    ``replies_to`` is the index of the first of the questions of the document that it replies to,
    or None; a reply is at least as similar as these questions.
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
        """The text of the candidate, a slice of its document."""
        return self.hit.passage.slice(self.span.start, self.span.end)


@dataclass(frozen=True, slots=True)
class _Scores:
    """The similarities of the units of a hit to the question; zeros if they are unknown."""

    cosines: Sequence[float]
    aligned: Sequence[tuple[float, ...]]

    @classmethod
    def of(cls, hit: Hit) -> _Scores:
        count, nothing = len(hit.passage.units), (0.0,) * len(hit.match.words)
        return cls(hit.match.units or (0.0,) * count, hit.match.aligned or (nothing,) * count)


def find_candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """Return the sentences, list items and whole lists of the hits, in order.

    Headings, sentences that only introduce a list («وتشمل:») and questions of the document are
    not candidates; replies to such questions are.
    """
    found: list[Candidate] = []
    for hit in hits:
        scores = _Scores.of(hit)
        lists = list(lists_of(hit.passage))
        leads = {start for start, end in lists if _introduces_list(hit.passage, start)}
        asks = [_is_question(hit.passage, at) for at in range(len(hit.passage.units))]
        found += [
            _reply_candidate(hit, scores, asks, at)
            if at and asks[at - 1]
            else _unit_candidate(hit, scores, at)
            for at, span in enumerate(hit.passage.units)
            if span.kind != "heading" and at not in leads and not asks[at]
        ]
        found += [_list_candidate(hit, scores, start, end) for start, end in lists]
    return found


def _unit_candidate(hit: Hit, scores: _Scores, at: int) -> Candidate:
    span, replies_to = hit.passage.units[at], None
    text = hit.passage.slice(span.start, span.end)
    if span.kind in LISTED:  # the bullet is not part of the answer
        text = without_bullet(text, span.kind)
    if line := _QUESTION_LINE.match(text):
        text, replies_to = _without_reply_mark(text[line.end() :]), at
    span = Unit(span.end - len(text), span.end, span.kind)
    return Candidate(
        hit, span, at, at, scores.cosines[at], scores.aligned[at], replies_to=replies_to
    )


def _reply_candidate(hit: Hit, scores: _Scores, asks: Sequence[bool], at: int) -> Candidate:
    """Return the reply to one or more questions of the document as a candidate."""
    one, start = _unit_candidate(hit, scores, at), at
    while start and asks[start - 1]:
        start -= 1
    rows = range(start, at + 1)
    return replace(
        one,
        span=replace(one.span, start=one.span.end - len(_without_reply_mark(one.text))),
        cosine=max(scores.cosines[row] for row in rows),
        aligned=tuple(map(max, *(scores.aligned[row] for row in rows))),
        replies_to=start,
    )


def _without_reply_mark(reply: str) -> str:
    """Return a reply without a leading «ج:»."""
    mark = _REPLY_MARK.match(reply)
    return reply[mark.end() :] if mark and mark.end() < len(reply) else reply


def _is_question(passage: Passage, at: int) -> bool:
    span = passage.units[at]
    text = passage.slice(span.start, span.end)
    if span.kind == "question":
        return True
    if span.kind != "sentence" or len(text.split()) > _MAX_QUESTION_WORDS:
        return False  # a long one states something before it asks
    return _QUESTION.fullmatch(text) is not None


def _list_candidate(hit: Hit, scores: _Scores, start: int, end: int) -> Candidate:
    """Return a list, as similar as its lead-in or the mean of its items, whichever is more."""
    sentences, rows = hit.passage.units, range(start, end + 1)
    items = [scores.cosines[at] for at in rows if sentences[at].kind in LISTED]
    cosine = max(scores.cosines[start], sum(items) / len(items))
    aligned = tuple(map(max, *(scores.aligned[at] for at in rows)))
    if _is_question(hit.passage, start):  # the question is not part of the answer
        span = Unit(sentences[start + 1].start, sentences[end].end, "item")
        return Candidate(hit, span, start, end, cosine, aligned, is_list=True, replies_to=start)
    span = Unit(sentences[start].start, sentences[end].end, "item")
    return Candidate(hit, span, start, end, cosine, aligned, is_list=True)


def lists_of(passage: Passage) -> Iterator[tuple[int, int]]:
    """Yield the first and last unit of each list of two items or more, including its lead-in."""
    at = 0
    for listed, group in groupby(passage.units, lambda span: span.kind in LISTED):
        count = len(list(group))
        if listed and count > 1:
            led = at > 0 and passage.units[at - 1].kind in ("sentence", "question", "reply")
            yield at - led, at + count - 1
        at += count


def _introduces_list(passage: Passage, at: int) -> bool:
    span = passage.units[at]
    return span.kind == "sentence" and passage.slice(span.start, span.end).rstrip().endswith(":")
