"""Which candidate answers best: a score from meaning, words and the shape of the answer.

The weights are those of a listwise softmax over question sets, each set left out in turn
(benchmarks/tune_answers.py); what a list weighs is set by hand, since those sets have none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cica_qa.answer.candidates import Candidate, words_of
from cica_qa.answer.items import Items
from cica_qa.answer.marks import NOTHING_READ, Readings, marked, words_said
from cica_qa.answer.support import Normalize, Support, Supports, Words
from cica_qa.arabic.letters import fold
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import Asked, Kind
from cica_qa.arabic.spans import spans_of
from cica_qa.documents.units import LISTED
from cica_qa.models.reader.spans import ReadSpan

_LOOKED_INTO = 8
"""Candidates whose text is read, to see which words it has and whether what is asked for."""
_LEAST = 0.3
LEAST_READ, MOST_READ, UNREAD = -12.0, 10.0, -8.0
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
# What says, above a list, that it tells how, as ``fold`` leaves it.
_STEPS = re.compile(
    r"(?<!\w)(?:[وب]?ال)?(?:طريقه|طرق|خطوات|كيفيه|مراحل|اجراءات"
    r"|steps|how to|instructions|procedure)(?!\w)"
)
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
MOST_GAINED = FITTED.read * (MOST_READ - UNREAD)
"""The most that a candidate gains by being read."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score and its words.

    ``fits`` is whether it has what is asked for, as a date; None where what is asked for has no
    shape that could be seen. ``shape`` is what that says of its being an answer (``shape_ratio``).
    ``read`` is the stretch of it that the trained reader would mark, in the document's characters.
    ``other`` is how far not it but another item of its list is asked about, or says what is asked,
    or none, and ``labelled`` whether its label tells what is asked for, as «المكان:» does where
    «أين» asks.
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


class Ranking:
    """The candidates for one question, in an order that changes where some are read.

    What the rules see of a candidate is worked out once.
    """

    def __init__(
        self,
        asked: Asked,
        found: Sequence[Candidate],
        words: Words,
        normalize: Normalize,
        carried: str = "",
    ) -> None:
        """``words`` are those that carry the question (``support.carrying_words``).

        ``carried`` is what it takes from earlier turns.
        """
        self._asked, self._normalize = asked, normalize
        self._found = [one for one in found if one.span.kind != "title" or asked.kind in _TITLED]
        self._first = [_first_score(asked, one) for one in self._found]
        self._said = words_said(asked.text)
        self._supports = Supports(words, normalize, [one.hit for one in found], carried)
        self._items = Items(asked, words, normalize, self._supports.forms)
        self._ranked: dict[int, Ranked] = {}

    def order(self, readings: Readings = NOTHING_READ) -> list[Ranked]:
        """Return the most promising candidates, best first; of equals, the first found first.

        ``readings`` is what the trained reader makes of passages.
        """
        spans = [marked(one, readings, self._said, self._normalize) for one in self._found]
        gains = [gained(span) for span in spans]
        scores = [-(first + gain) for first, gain in zip(self._first, gains, strict=True)]
        promising = sorted(range(len(scores)), key=scores.__getitem__)[:_LOOKED_INTO]
        ranked = []
        for at in sorted({*promising, *self._ranked}):  # the rules' own stay, whatever was read
            unread = self._unread(at)
            ranked.append(replace(unread, score=unread.score + gains[at], read=spans[at]))
        return sorted(ranked, key=lambda one: -one.score)

    def _unread(self, at: int) -> Ranked:
        """A candidate as the rules rank it."""
        if at not in self._ranked:
            self._ranked[at] = self._by_rules(at)
        return self._ranked[at]

    def _by_rules(self, at: int) -> Ranked:
        asked, weights, one = self._asked, FITTED, self._found[at]
        support, fits = self._supports.of(one), has_shape(asked, one, self._normalize)
        shape, other, said_of_another = shape_ratio(asked.kind, fits), 0.0, 0.0
        score = self._first[at] + weights.read * UNREAD
        score += weights.near * support.share(support.near) + weights.least * support.least
        score += weights.own * support.share(support.context * support.fresh)
        if one.is_list:
            score += weights.one_item * self._items.of_one(one, support, _asks_for(asked, one))
            other = float(self._items.of_none(one, support))
        elif one.span.kind in LISTED:
            other = self._items.of_another(one, support)
            said_of_another = self._items.said_of_another(one)
        if labelled := not other and self._items.tells(one, support):
            fits, shape = True, _LABELLED
        score += weights.shape * shape + weights.other_item * other
        other = max(other, said_of_another)
        return Ranked(one, score, support, fits, shape, None, other, labelled)


def read_score(span: ReadSpan | None) -> float:
    """Return the score of a stretch, within limits; of what was not read, a low one."""
    return min(max(span.score, LEAST_READ), MOST_READ) if span else UNREAD


def gained(span: ReadSpan | None) -> float:
    """Return what a candidate gains by being read."""
    return FITTED.read * (read_score(span) - UNREAD)


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


def _first_score(asked: Asked, one: Candidate) -> float:
    """The score by what the retriever knows."""
    return (
        FITTED.cosine * one.cosine
        + FITTED.meaning * meaning(one)
        + FITTED.elsewhere * passage_meaning(one)
        + FITTED.hit * one.hit.score
        + _list_fit(asked, one)
    )


def _list_fit(asked: Asked, one: Candidate) -> float:
    if not one.is_list:
        return 0.0
    return FITTED.whole_list if _asks_for(asked, one) else -FITTED.whole_list


def _asks_for(asked: Asked, whole: Candidate) -> bool:
    """Whether a list may answer: several things are asked for, or how, and it gives the steps."""
    if asked.kind == "list" or asked.several:
        return True
    return asked.kind == "manner" and _STEPS.search(fold(_lead(whole))) is not None


def _lead(whole: Candidate) -> str:
    """The line that leads to a list, and the heading above it."""
    heading = whole.hit.passage.headings[-1:]
    return " ".join([*heading, whole.text.split("\n", 1)[0]])
