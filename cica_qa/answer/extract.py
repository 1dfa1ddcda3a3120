"""The spans of the hits that could answer, each with the evidence for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from cica_qa.arabic.analyze import content_words, coverage
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import without_bullet
from cica_qa.types import Hit, Passage, Span

# What a content word found in the span weighs against cosine (benchmarks/answers.py).
_COVERAGE_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that could answer.

    ``cosine`` is its nearness to the question, between -1 and 1; ``coverage`` the share of
    the question's words it holds, between 0 and 1.
    """

    hit: Hit
    span: Span
    cosine: float
    coverage: float

    @property
    def score(self) -> float:
        """What candidates are ranked by; higher is better."""
        return self.cosine + _COVERAGE_WEIGHT * self.coverage


def candidates(question: str, hits: Sequence[Hit], normalizer: Normalizer) -> list[Candidate]:
    """Return the sentences, list items and whole lists of the hits, the best first."""
    words = content_words(normalizer(question))

    def covered(text: str) -> float:
        return coverage(words, normalizer(text))

    found: list[Candidate] = []
    for hit in hits:
        passage = hit.passage
        lists = list(_lists(hit))
        leads = {whole.start for whole, lead, _ in lists if lead.endswith(":")}
        for span, cosine in _scored(hit):
            # «وتشمل:» says nothing without the list that follows.
            if span.kind != "heading" and span.start not in leads:
                text = covered(passage.slice(span.start, span.end))
                found.append(Candidate(hit, _without_bullet(passage, span), cosine, text))
        for whole, lead, cosine in lists:
            about = " ".join([*passage.headings[-1:], lead])
            found.append(Candidate(hit, whole, cosine, covered(about)))
    return sorted(found, key=lambda candidate: -candidate.score)


def _scored(hit: Hit) -> list[tuple[Span, float]]:
    scores = hit.parts.get("sentences", ())
    assert isinstance(scores, tuple)
    return list(zip(hit.passage.sentences, scores, strict=True))


def _lists(hit: Hit) -> Iterator[tuple[Span, str, float]]:
    """Yield each list with the sentence that leads to it, that sentence's text, and a cosine.

    A list is as near as its lead or, without one, as its items are on average.
    """
    lead: tuple[Span, float] | None = None
    for is_item, group in groupby(_scored(hit), lambda scored: scored[0].kind == "item"):
        members = list(group)
        if not is_item:
            lead = members[-1]
            continue
        if len(members) > 1:
            mean = sum(cosine for _, cosine in members) / len(members)
            start, text, cosine = members[0][0].start, "", mean
            if lead:
                span = lead[0]
                start, text, cosine = (
                    span.start,
                    hit.passage.slice(span.start, span.end),
                    max(mean, lead[1]),
                )
            yield Span(start, members[-1][0].end, "item"), text, cosine
        lead = None


def _without_bullet(passage: Passage, span: Span) -> Span:
    """The words of an item are its answer; its bullet is not."""
    if span.kind != "item":
        return span
    text = passage.slice(span.start, span.end)
    return Span(span.end - len(without_bullet(text)), span.end, "item")
