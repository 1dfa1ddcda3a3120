"""The features of each candidate: from retrieval, its words, their meaning, and the reader.

A feature is a named number; its weight is fitted (``select.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cica_qa.answer.candidates import Candidate, find_candidates
from cica_qa.answer.coverage import (
    CoverageCalculator,
    Normalize,
    WordCoverage,
    WordWeights,
    word_weights,
)
from cica_qa.answer.structure import kind_features, list_features, naming_features
from cica_qa.arabic.matching import WordForms
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import SubQuestion
from cica_qa.arabic.script import arabic_share
from cica_qa.documents.lines import without_bullet
from cica_qa.documents.units import LISTED, Linear, linear
from cica_qa.models.reader.reader import ReaderResult, SpanReader
from cica_qa.types import Document, Hit

FeatureValues = Mapping[str, float]
DocumentGetter = Callable[[str], Document]
"""Returns the document with an id; raises ``KeyError`` if it no longer exists."""
PASSAGES_READ = 3
"""How many of the first passages the reader reads as a whole."""
CANDIDATES_READ = 4
"""How many candidates the reader reads by themselves, with their context."""
_UNREAD = -12.0  # the score where no span was read
_BOUND = 12.0
_LEAST_MEANING = 0.3
_LEAST_CHANCE = 1e-4


@dataclass(frozen=True)
class QuestionContext:
    """One thing that is asked, and the hits it is answered from.

    ``carried`` holds words from earlier turns. Without ``documents``, candidates are read without
    their titles and headings.
    """

    asked: SubQuestion
    hits: Sequence[Hit]
    documents: DocumentGetter | None = None
    carried: str = ""

    @property
    def question(self) -> str:
        """The question for the reader."""
        return f"{self.carried} {self.asked.text}".strip()

    @cached_property
    def words(self) -> WordWeights:
        """The content words of the question with their weights."""
        return word_weights(self.hits, self.carried)


@dataclass(frozen=True, slots=True)
class SoloReading:
    """What the reader found in a candidate read by itself.

    ``linear`` is the line that was read, with its context; None if the candidate's document was
    not available and its bare text was read.
    """

    linear: Linear | None
    reading: ReaderResult


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """A candidate with the question words it covers, its features, and the reader's result.

    ``alone`` is None without a reader. ``is_cut_off`` is whether the candidate is a list that may
    continue after the end of its passage.
    """

    candidate: Candidate
    coverage: WordCoverage
    features: FeatureValues
    alone: SoloReading | None = None
    is_cut_off: bool = False


def gather_evidence(
    context: QuestionContext,
    normalize: Normalize,
    promise: Callable[[FeatureValues], float],
    reader: SpanReader | None,
) -> list[CandidateEvidence]:
    """Return the most promising candidates of the hits with their features.

    ``promise`` ranks candidates by the features known before they are read by themselves.
    """
    asked, question, documents = context.asked, context.question, context.documents
    found = [
        one
        for one in find_candidates(context.hits)
        if one.span.kind != "title" or _title_may_answer(asked)
    ]
    passages = _read_passages(reader, question, context.hits[:PASSAGES_READ]) if reader else {}
    first = [
        _retrieval_features(asked, one, context.hits) | _passage_reading(asked, one, passages)
        for one in found
    ]
    order = sorted(range(len(found)), key=lambda at: -promise(first[at]))[:CANDIDATES_READ]
    calculator = CoverageCalculator(context.words, normalize, context.hits, context.carried)
    near = [found[at] for at in order]
    alone = _read_alone(reader, question, near, documents) if reader else [None] * len(near)
    question_forms, gathered = WordForms(normalize(question)), []
    parts = list_features(near, [own.reading.answerable if own else 0.0 for own in alone])
    for at, one, own, listed in zip(order, near, alone, parts, strict=True):
        coverage = calculator.of(one)
        features = first[at] | _coverage_features(coverage, question, one)
        features |= _solo_features(asked, own) | listed
        features |= naming_features(question_forms, one, normalize)
        features |= _number_features(asked, one, _title(one, documents), normalize)
        gathered.append(
            CandidateEvidence(one, coverage, features, own, _is_cut_off(one, documents))
        )
    return gathered


def _read_passages(
    reader: SpanReader, question: str, hits: Sequence[Hit]
) -> dict[str, ReaderResult]:
    """Read whole passages and return the results by passage id."""
    passages = [hit.passage for hit in hits]
    found = reader.read(question, [one.text for one in passages])
    return {one.passage_id: reading for one, reading in zip(passages, found, strict=True)}


def _title_may_answer(asked: SubQuestion) -> bool:
    """Return whether the question asks what something is or what it is called."""
    return asked.kind in ("definition", "thing")


def _retrieval_features(
    asked: SubQuestion, one: Candidate, hits: Sequence[Hit]
) -> dict[str, float]:
    """Return what the retriever knows of a candidate, and its kind."""
    several = float(asked.kind == "list" or asked.several)
    best = max(score_of(hit) for hit in hits)
    return {
        "cosine": one.cosine,
        "meaning": _mean(one.aligned),
        "hit": one.hit.score,
        "behind the first hit": score_of(one.hit) - best,
        "list": float(one.is_list),
        "list of several": one.is_list * several,
        "list of what is counted": float(is_counted(asked, one)),
        "part of several": float(one.span.kind in LISTED and not one.is_list) * several,
        "words": math.log1p(len(one.text.split())),
        **kind_features(one),
    }


def is_counted(asked: SubQuestion, one: Candidate) -> bool:
    """Return whether a candidate lists what «كم» asks the number of, by its lead-in or heading."""
    if asked.kind != "number" or not one.is_list or not asked.noun:
        return False
    lead = one.text.partition("\n")[0]
    above = " ".join((*one.hit.passage.headings[-1:], lead))
    return WordForms(Normalizer()(above)).contains(asked.noun)


def score_of(hit: Hit) -> float:
    """Return the score of a hit without the boost for a numbered unit that the question names."""
    return hit.score - hit.match.scores.get("number", 0.0)


def _mean(cosines: Collection[float]) -> float:
    raised = [max(value, _LEAST_MEANING) for value in cosines]
    return sum(raised) / len(raised) if raised else 0.0


def _passage_reading(
    asked: SubQuestion, one: Candidate, passages: Mapping[str, ReaderResult]
) -> dict[str, float]:
    """Return the score of the best span of the candidate when its whole passage is read."""
    reading, start = passages.get(one.hit.passage.passage_id), one.hit.passage.start
    span = reading.best(one.span.start - start, one.span.end - start) if reading else None
    spans = asked.kind != "yesno"
    return {"read in its passage": _bounded(span.score if span else _UNREAD) * spans}


def _coverage_features(coverage: WordCoverage, question: str, one: Candidate) -> dict[str, float]:
    """Return how well the candidate covers the words of the question."""
    foreign = arabic_share(question) <= 0.5
    return {
        "own words": coverage.share(coverage.own),
        "words in context": coverage.share(coverage.context),
        "words in passage": coverage.share(np.maximum(coverage.passage, coverage.passage_meaning)),
        "words meant": coverage.share(np.maximum(coverage.context, coverage.meaning)),
        "least word": coverage.minimum,
        "least word in passage": coverage.minimum_in_passage,
        "said of another": coverage.said_of_another,
        "said by another document": coverage.said_by_another,
        "words of the follow-up": coverage.share(coverage.context * coverage.is_new),
        "follow-up unheard": 1 - coverage.new_words,
        "meaning across scripts": foreign * _mean(one.aligned),
        "another script": float(foreign),
    }


def _number_features(
    asked: SubQuestion, one: Candidate, title: str, normalize: Normalize
) -> dict[str, float]:
    """Return whether the candidate has the numbers that the question names or asks for."""
    own = numbers(normalize(one.text))
    context = numbers(normalize("\n".join((title, *one.hit.passage.headings, one.text))))
    asked_values = {number.value for number in numbers(asked.text)}
    unmet = asked_values - {number.value for number in context}
    return {
        "numbers unmet": len(unmet) / len(asked_values) if asked_values else 0.0,
        "numbers met": 1 - len(unmet) / len(asked_values) if asked_values else 0.0,
        "no number where one is asked for": float(asked.kind == "number" and not own),
        "no number where a date is asked for": float(asked.kind == "date" and not own),
    }


def _read_alone(
    reader: SpanReader,
    question: str,
    near: Sequence[Candidate],
    documents: DocumentGetter | None,
) -> list[SoloReading]:
    """Read each candidate by itself, with its title, headings and other context."""
    lines = [_line(one, documents) for one in near]
    texts = [line.text if line else one.text for line, one in zip(lines, near, strict=True)]
    found = reader.read(question, texts)
    return [SoloReading(line, reading) for line, reading in zip(lines, found, strict=True)]


def _is_cut_off(one: Candidate, documents: DocumentGetter | None) -> bool:
    """Return whether a list that ends its passage may have more items after it."""
    passage = one.hit.passage
    if not one.is_list or one.last + 1 < len(passage.units):
        return False
    document = _document(one, documents)
    if document is None:
        return True
    next_line = document.text[passage.end :].lstrip().partition("\n")[0]
    return without_bullet(next_line, "item") != next_line or "|" in next_line


def _line(one: Candidate, documents: DocumentGetter | None) -> Linear | None:
    """Return a candidate as one line for the reader; None if its document is unavailable."""
    document, passage = _document(one, documents), one.hit.passage
    if document is None:
        return None
    unit = passage.units[one.first]
    if one.is_list or one.replies_to is not None:
        start, end = one.span.start, one.span.end
        unit = replace(unit, start=start, end=end, kind="sentence", cells=(), label=None)
    return linear(document.text, unit, document.title)


def _title(one: Candidate, documents: DocumentGetter | None) -> str:
    document = _document(one, documents)
    return document.title if document else ""


def _document(one: Candidate, documents: DocumentGetter | None) -> Document | None:
    """Return the document of a candidate; None if it is unavailable or has changed since."""
    passage = one.hit.passage
    try:
        document = documents(passage.doc_id) if documents else None
    except KeyError:
        return None
    if document is None or document.text[passage.start : passage.end] != passage.text:
        return None
    return document


def _solo_features(asked: SubQuestion, own: SoloReading | None) -> dict[str, float]:
    """Return the features from reading a candidate by itself; none without a reader."""
    if own is None:
        return {}
    reading, polar = own.reading, asked.kind == "yesno"
    neither = min(max(reading.verdict[0], _LEAST_CHANCE), 1 - _LEAST_CHANCE)
    answers = _log_odds(reading.answerable)
    return {
        "read alone": _bounded(reading.score) * (not polar),
        "answers": answers,
        "answers yes or no": answers * polar,
        "says yes or no": math.log((1 - neither) / neither) * polar,
    }


def _bounded(value: float) -> float:
    return min(max(value, -_BOUND), _BOUND)


def _log_odds(probability: float) -> float:
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return _bounded(math.log(kept / (1 - kept)))
