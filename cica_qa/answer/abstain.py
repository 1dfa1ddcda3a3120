"""When to answer: how likely it is that the documents answer the question; and why not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cica_qa.answer.extract import Ranked, meaning, passage_meaning, read_score
from cica_qa.answer.items import HAPPENS
from cica_qa.answer.support import COVERED
from cica_qa.arabic.clean import arabic_share
from cica_qa.arabic.letters import fold
from cica_qa.arabic.questions import Asked, Kind
from cica_qa.protocols import Vectors
from cica_qa.types import Hit

NOT_SAID = "لا تذكر الوثائق ذلك."
NO_PASSAGE = "لا يوجد في الوثائق مقطع قريب من السؤال."
WEAK_SUPPORT = "لم أجد في أقرب المقاطع جملةً تجيب عن السؤال بثقة كافية."
_NOT_MENTIONED = "لم يرد في أقرب المقاطع ذكر: {}."
_WITHOUT: dict[Kind, str] = {
    "date": "لا تذكر أقرب المقاطع تاريخًا لذلك.",
    "number": "لا تذكر أقرب المقاطع عددًا لذلك.",
}
_WORDS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over the evidence for the best candidate.

    ``cosine``: its nearness to the question. ``context``: the share of the question's words that
    it, its headings or its title has. ``passage``: the share that its passage has, in form or
    meaning. ``elsewhere``: the mean likeness of its passage's words. ``gap``: how far the best
    passage is ahead of the second. ``foreign``: the mean likeness of its words, in a question in
    another script, where letters tell nothing. ``shape``: the log of the likelihood ratio of its
    having, or lacking, what is asked for; it is that of near misses, which a large pool hides.
    ``unheard``: how much of a follow-up's own words it does not cover, and ``other``: how far
    another item of its list is asked about; by hand, as no set has them.
    ``read``: what the trained reader makes of its best stretch, where it read it.
    """

    bias: float = -27.0
    cosine: float = 29.95
    context: float = 2.85
    passage: float = 1.89
    elsewhere: float = -3.39
    gap: float = 12.1
    foreign: float = 6.27
    shape: float = 0.8
    unheard: float = -4.0
    other: float = -4.0
    read: float = 0.127


FITTED = Weights()
ALONE = 0.08
"""The gap of a passage that is alone; by hand, so that about as many right answers are refused
there as elsewhere (benchmarks/one_article.py)."""


def confidence(
    question: str, ranked: Sequence[Ranked], kind: Kind = "thing", weights: Weights = FITTED
) -> float:
    """Return the probability, between 0 and 1, that the documents answer the question.

    Fitted by benchmarks/tune_answers.py, each set left out in turn, on questions asked with and
    without what answers them. ``kind`` is what is asked for.
    """
    if not ranked:
        return 0.0
    best = ranked[0]
    candidate, support = best.candidate, best.support
    foreign = 1 - arabic_share(question) >= 0.5
    evidence = (
        weights.bias
        + weights.cosine * best.cosine
        + weights.context * support.share(_context(best))
        + weights.passage * support.share(np.maximum(support.passage, support.elsewhere))
        + weights.elsewhere * passage_meaning(candidate)
        + weights.gap * passage_gap(ranked)
        + weights.foreign * foreign * meaning(candidate)
        + weights.shape * best.shape
        + weights.unheard * (1 - support.own_words)
        + weights.other * best.other
        + weights.read * _read(best, kind)
    )
    return 1 / (1 + math.exp(-evidence))


def _context(best: Ranked) -> Vectors:
    """How far it covers each word; a label that tells where or when says that it is there then."""
    context, words = best.support.context, best.support.words
    happens = [best.labelled and fold(word) in HAPPENS for word in words]
    covered: Vectors = np.maximum(context, np.array(happens, np.float32))
    return covered


def _read(best: Ranked, kind: Kind) -> float:
    """What the reader makes of it. It learnt from no question that yes or no answers.

    What says all that such a question says is not doubted for having nothing to point at.
    """
    score = read_score(best.read) if best.read else 0.0
    return max(score, 0.0) if kind == "yesno" and best.support.least >= COVERED else score


def passage_gap(ranked: Sequence[Ranked]) -> float:
    """Return how far the score of the best passage is ahead of that of the second.

    Where there is no second one, as in a short document, that says nothing: ``ALONE``.
    """
    scores = {one.candidate.hit.passage.passage_id: _score(one.candidate.hit) for one in ranked}
    first, second = (*sorted(scores.values(), reverse=True), None, None)[:2]
    return first - second if first is not None and second is not None else ALONE


def _score(hit: Hit) -> float:
    """The score of a hit without what it gains by a number."""
    gained = hit.parts.get("number", 0.0)
    return hit.score - (gained if isinstance(gained, float) else 0.0)


def reason(asked: Asked, ranked: Sequence[Ranked], missing: Sequence[str]) -> str:
    """Return why a question is not answered, in Arabic, as far as a person can check it.

    ``missing`` are the words of the question that the nearest passages do not have.
    """
    if not ranked:
        return NO_PASSAGE
    if missing and len(missing) <= _WORDS_NAMED:
        return _NOT_MENTIONED.format("، ".join(f"«\u2068{word}\u2069»" for word in missing))
    if ranked[0].fits is False and asked.kind in _WITHOUT:
        return _WITHOUT[asked.kind]
    return WEAK_SUPPORT
