"""Which candidate answers best: a score from meaning, words and the shape of the answer.

The weights are those of a listwise softmax over question sets, each set left out in turn
(benchmarks/tune_answers.py); what a list weighs is set by hand, since those sets have none.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cica_qa.answer.candidates import Candidate, words_of
from cica_qa.answer.items import Items
from cica_qa.answer.marks import NOTHING_READ, Readings, marked, words_said
from cica_qa.answer.support import Normalize, Support, Supports, Words
from cica_qa.arabic.letters import fold
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import Asked, Kind
from cica_qa.arabic.spans import spans_of
from cica_qa.reader.spans import ReadSpan

_LOOKED_INTO = 8
"""Candidates whose text is read, to see which words it has and whether what is asked for."""
_LEAST = 0.3
LEAST_READ, MOST_READ, UNREAD = -12.0, 12.0, -8.0
_TITLED: tuple[Kind, ...] = ("definition", "thing")
"""What a title can answer: what something is or is called."""
SHAPES: Mapping[Kind, tuple[float, float]] = {
    "date": (0.93, 0.56),
    "number": (0.94, 0.50),
    "place": (0.94, 0.86),
    "person": (0.29, 0.21),
    "definition": (0.63, 0.40),
    "reason": (0.71, 0.25),
    "manner": (0.51, 0.38),
    "list": (0.72, 0.52),
}
"""How many of the sentences that answer such a question have what it asks for, and how many of
the other sentences that are found for it (benchmarks/tune_answers.py)."""
_LABELLED = math.log(0.95 / 0.1)
"""The same as a log of the ratio, by hand, of an item whose label tells what is asked for."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence weighs against the others.

    ``cosine`` and ``meaning`` are those of the candidate, ``elsewhere`` is the meaning of its
    whole passage, which counts against it, and ``hit`` the score of its passage. ``near`` is the
    share of the question's words that it, its neighbours or what stands above them has, and
    ``least`` how far it covers the word that it covers least. ``shape`` is what the log of the
    likelihood ratio counts of its having, or lacking, what is asked for; ``whole_list`` what a
    list gains where one is asked for, and loses elsewhere. ``own`` is what the words of a
    follow-up count beside those it carries over: it is about them. ``one_item`` is what a whole
    list loses of which one item alone is asked about, and ``other_item`` what an item loses where
    another one is (``items.py``). ``read`` is what the trained reader makes of its best stretch
    (``read_score``).
    """

    cosine: float = 21.6
    meaning: float = 4.55
    elsewhere: float = -4.2
    hit: float = 39.5
    near: float = 4.4
    least: float = 3.7
    shape: float = 0.86
    own: float = 4.0
    whole_list: float = 1.5
    one_item: float = -8.0
    other_item: float = -8.0
    read: float = 0.23


FITTED = Weights()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score and its words.

    ``fits`` is whether it has what is asked for, as a date; None where what is asked for has no
    shape that could be seen. ``shape`` is what that says of its being an answer (``shape_ratio``).
    ``read`` is the stretch of it that the trained reader would mark, in the document's characters.
    ``other`` is how far not it but another item of its list is asked about, or none, and
    ``labelled`` whether its label tells what is asked for, as «المكان:» does where «أين» asks.
    """

    candidate: Candidate
    score: float
    support: Support
    fits: bool | None
    shape: float
    read: ReadSpan | None = None
    other: float = 0.0
    labelled: bool = False

    @property
    def cosine(self) -> float:
        """Its nearness to the question; what a label leads to is as near as what is around it."""
        around = self.candidate.hit.parts.get("sentences", ()) if self.labelled else ()
        assert isinstance(around, tuple)
        return max(around, default=self.candidate.cosine)


def rank(
    asked: Asked,
    found: Sequence[Candidate],
    words: Words,
    normalize: Normalize,
    carried: str = "",
    readings: Readings = NOTHING_READ,
    weights: Weights = FITTED,
) -> list[Ranked]:
    """Return the most promising candidates, best first; of equals, the first found first.

    ``words`` are those that carry the question (``support.carrying_words``), ``carried`` what it
    takes from earlier turns, ``readings`` what the trained reader makes of passages.
    """
    allowed = [one for one in found if one.span.kind != "title" or asked.kind in _TITLED]
    said = words_said(asked.text)
    read = [marked(one, readings, said) for one in allowed]
    first = sorted(
        (_first_score(asked, one, weights) + weights.read * read_score(span), -at)
        for at, (one, span) in enumerate(zip(allowed, read, strict=True))
    )
    supports, ranked = Supports(words, normalize, carried), []
    items = Items(asked, words, normalize, supports.forms)
    for score, at in first[: -_LOOKED_INTO - 1 : -1]:
        one = allowed[-at]
        support, fits = supports.of(one), has_shape(asked, one, normalize)
        score += weights.near * support.share(support.near) + weights.least * support.least
        score += weights.own * support.share(support.context * support.fresh)
        shape, other = shape_ratio(asked.kind, fits), 0.0
        if one.is_list:
            score += weights.one_item * items.of_one(one, support, _asks_several(asked))
            other = float(items.of_none(one, support))
        elif one.span.kind == "item":
            other = items.of_another(one, support)
        if labelled := not other and items.tells(one, support):
            fits, shape = True, _LABELLED
        score += weights.shape * shape + weights.other_item * other
        ranked.append(Ranked(one, score, support, fits, shape, read[-at], other, labelled))
    return sorted(ranked, key=lambda one: -one.score)


def read_score(span: ReadSpan | None) -> float:
    """Return the score of a stretch, within limits; of what was not read, a low one."""
    return min(max(span.score, LEAST_READ), MOST_READ) if span else UNREAD


def meaning(candidate: Candidate) -> float:
    """Return how well a candidate matches the words of the question in meaning, on average."""
    return _mean(candidate.aligned)


def passage_meaning(candidate: Candidate) -> float:
    """Return how well its whole passage does."""
    return _mean(words_of(candidate.hit).values())


def _mean(cosines: Collection[float]) -> float:
    return sum(max(value, _LEAST) for value in cosines) / len(cosines) if cosines else 0.0


def has_shape(asked: Asked, candidate: Candidate, normalize: Normalize) -> bool | None:
    """Return whether a candidate has what is asked for; None where that has no shape.

    What the question says itself does not count.
    """
    if asked.kind == "yesno" and numbers(asked.text):  # «هل تضم 28 دولة؟»
        return bool(numbers(normalize(candidate.text)))
    if asked.kind not in SHAPES:
        return None
    text, question = normalize(candidate.text), fold(asked.text)
    spans = spans_of(asked.kind, text, asked.noun)
    return any(fold(text[slice(*span)]).strip() not in question for span in spans)


def shape_ratio(kind: Kind, fits: bool | None) -> float:
    """Return the log of how much likelier an answer is than another sentence to fit so."""
    if fits is None:
        return 0.0
    right, other = SHAPES["number" if kind == "yesno" else kind]
    return math.log(right / other) if fits else math.log((1 - right) / (1 - other))


def _first_score(asked: Asked, one: Candidate, weights: Weights) -> float:
    """The score by what the retriever knows."""
    return (
        weights.cosine * one.cosine
        + weights.meaning * meaning(one)
        + weights.elsewhere * passage_meaning(one)
        + weights.hit * one.hit.score
        + _list_fit(asked, one, weights)
    )


def _list_fit(asked: Asked, one: Candidate, weights: Weights) -> float:
    if not one.is_list:
        return 0.0
    return weights.whole_list if _asks_several(asked) else -weights.whole_list


def _asks_several(asked: Asked) -> bool:
    return asked.kind == "list" or asked.several
