"""What speaks for each candidate: retrieval, words, meaning, and what the reader makes of it.

Everything is a number with a name; what each one weighs is fitted (``select.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cica_qa.answer.candidates import Candidate, find_candidates
from cica_qa.answer.coverage import CoverageCalculator, Normalize, WordCoverage, WordWeights
from cica_qa.answer.structure import kind_features, list_features, naming_features
from cica_qa.arabic.matching import WordForms
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import SubQuestion
from cica_qa.arabic.script import arabic_share
from cica_qa.documents.lines import without_bullet
from cica_qa.documents.units import LISTED, Linear, linear
from cica_qa.models.reader.reader import Reading, SpanReader
from cica_qa.types import Document, Hit

FeatureValues = Mapping[str, float]
DocumentGetter = Callable[[str], Document]
"""Returns the document of an id; raises ``KeyError`` where there is none any more."""
PASSAGES_READ = 3
"""How many passages, the first ones, are read whole."""
CANDIDATES_READ = 4
"""How many candidates are read alone, each with its context."""
_UNREAD = -12.0
_BOUND = 12.0
_LEAST_MEANING = 0.3
_LEAST_CHANCE = 1e-4


@dataclass(frozen=True, slots=True)
class SoloReading:
    """A candidate as it was read by itself, with its context, and what was read in it."""

    linear: Linear | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """A candidate with its words, its features by name, and what the reader made of it.

    ``goes_on`` is whether its document goes on with more of the same list behind its passage.
    """

    candidate: Candidate
    support: WordCoverage
    features: FeatureValues
    alone: SoloReading | None = None
    goes_on: bool = False


def gather_evidence(
    asked: SubQuestion,
    question: str,
    hits: Sequence[Hit],
    words: WordWeights,
    normalize: Normalize,
    promise: Callable[[FeatureValues], float],
    reader: SpanReader | None,
    documents: DocumentGetter | None,
    carried: str = "",
) -> list[CandidateEvidence]:
    """Return the most promising candidates of the hits with what speaks for them.

    ``question`` is what the reader is asked, ``promise`` tells from what the retriever knows, and
    from what was read in the whole passage, which candidates are worth a closer look.
    """
    found = [one for one in find_candidates(hits) if one.span.kind != "title" or _names(asked)]
    passages = [hit.passage for hit in hits[:PASSAGES_READ]]
    read = reader.read(question, [one.text for one in passages]) if reader else []
    wholes = {
        one.passage_id: reading for one, reading in zip(passages, read, strict=reader is not None)
    }
    first = [_retrieved(asked, one, hits) | _read_whole(asked, one, wholes) for one in found]
    order = sorted(range(len(found)), key=lambda at: -promise(first[at]))[:CANDIDATES_READ]
    supports = CoverageCalculator(words, normalize, hits, carried)
    near = [found[at] for at in order]
    alone = _read_alone(reader, question, near, documents) if reader else [None] * len(near)
    asks, gathered = WordForms(normalize(question)), []
    parts = list_features(near, [own.reading.answerable if own else 0.0 for own in alone])
    for at, one, own, listed in zip(order, near, alone, parts, strict=True):
        support = supports.of(one)
        features = first[at] | _covered(support, question, one) | _read(asked, own) | listed
        features |= naming_features(asks, one, normalize)
        features |= _numbers(asked, one, _title(one, documents), normalize)
        gathered.append(CandidateEvidence(one, support, features, own, _goes_on(one, documents)))
    return gathered


def _wholes(reader: SpanReader, question: str, hits: Sequence[Hit]) -> dict[str, Reading]:
    """What was read in whole passages, by their ids."""
    passages = [hit.passage for hit in hits]
    found = reader.read(question, [one.text for one in passages])
    return {one.passage_id: reading for one, reading in zip(passages, found, strict=True)}


def _names(asked: SubQuestion) -> bool:
    """Whether a title can answer: what something is, or is called, is asked for."""
    return asked.kind in ("definition", "thing")


def _retrieved(asked: SubQuestion, one: Candidate, hits: Sequence[Hit]) -> dict[str, float]:
    """What the retriever knows, and of what kind the candidate is."""
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
    """Whether a candidate is a list of what «كم» asks the number of, by its lead or heading."""
    if asked.kind != "number" or not one.is_list or not asked.noun:
        return False
    lead = one.text.partition("\n")[0]
    above = " ".join((*one.hit.passage.headings[-1:], lead))
    return WordForms(Normalizer()(above)).contains(asked.noun)


def score_of(hit: Hit) -> float:
    """Return the score of a hit without what it gains by a number that the question names."""
    return hit.score - hit.match.scores.get("number", 0.0)


def _mean(cosines: Collection[float]) -> float:
    raised = [max(value, _LEAST_MEANING) for value in cosines]
    return sum(raised) / len(raised) if raised else 0.0


def _read_whole(
    asked: SubQuestion, one: Candidate, wholes: Mapping[str, Reading]
) -> dict[str, float]:
    """The best stretch of the candidate where its whole passage is read."""
    reading, start = wholes.get(one.hit.passage.passage_id), one.hit.passage.start
    span = reading.best(one.span.start - start, one.span.end - start) if reading else None
    spans = asked.kind != "yesno"
    return {"read in its passage": _bounded(span.score if span else _UNREAD) * spans}


def _covered(support: WordCoverage, question: str, one: Candidate) -> dict[str, float]:
    """How far its words are those of the question, or like them."""
    foreign = arabic_share(question) <= 0.5
    return {
        "own words": support.share(support.own),
        "words in context": support.share(support.context),
        "words in passage": support.share(np.maximum(support.passage, support.elsewhere)),
        "words meant": support.share(np.maximum(support.context, support.meaning)),
        "least word": support.least,
        "least word in passage": support.minimum_in_passage,
        "said of another": support.said_of_another,
        "said by another document": support.said_by_another,
        "words of the follow-up": support.share(support.context * support.fresh),
        "follow-up unheard": 1 - support.own_words,
        "meaning across scripts": foreign * _mean(one.aligned),
        "another script": float(foreign),
    }


def _numbers(
    asked: SubQuestion, one: Candidate, title: str, normalize: Normalize
) -> dict[str, float]:
    """Whether it has the numbers that the question names, and one where a number is asked for."""
    own = numbers(normalize(one.text))
    context = numbers(normalize("\n".join((title, *one.hit.passage.headings, one.text))))
    named = {number.value for number in numbers(asked.text)}
    unmet = named - {number.value for number in context}
    return {
        "numbers unmet": len(unmet) / len(named) if named else 0.0,
        "numbers met": 1 - len(unmet) / len(named) if named else 0.0,
        "no number where one is asked for": float(asked.kind == "number" and not own),
        "no number where a date is asked for": float(asked.kind == "date" and not own),
    }


def _read_alone(
    reader: SpanReader,
    question: str,
    near: Sequence[Candidate],
    documents: DocumentGetter | None,
) -> list[SoloReading]:
    """Each candidate, read by itself with the title, the headings and the like that it is under."""
    lines = [_line(one, documents) for one in near]
    texts = [line.text if line else one.text for line, one in zip(lines, near, strict=True)]
    found = reader.read(question, texts)
    return [SoloReading(line, reading) for line, reading in zip(lines, found, strict=True)]


def _goes_on(one: Candidate, documents: DocumentGetter | None) -> bool:
    """Whether a list that ends its passage may have more items behind it."""
    passage = one.hit.passage
    if not one.is_list or one.last + 1 < len(passage.units):
        return False
    document = _document(one, documents)
    if document is None:
        return True
    behind = document.text[passage.end :].lstrip().partition("\n")[0]
    return without_bullet(behind, "item") != behind or "|" in behind


def _line(one: Candidate, documents: DocumentGetter | None) -> Linear | None:
    """A candidate as one line for the reader; None where its document is not at hand."""
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
    """Return the document of a candidate; None where it is not at hand, or was changed since."""
    passage = one.hit.passage
    try:
        document = documents(passage.doc_id) if documents else None
    except KeyError:
        return None
    if document is None or document.text[passage.start : passage.end] != passage.text:
        return None
    return document


def _read(asked: SubQuestion, own: SoloReading | None) -> dict[str, float]:
    """What the reader makes of a candidate by itself."""
    if own is None:
        return {}
    reading, polar = own.reading, asked.kind == "yesno"
    neither = min(max(reading.verdict[0], _LEAST_CHANCE), 1 - _LEAST_CHANCE)
    answers = _odds(reading.answerable)
    return {
        "read alone": _bounded(reading.score) * (not polar),
        "answers": answers,
        "answers yes or no": answers * polar,
        "says yes or no": math.log((1 - neither) / neither) * polar,
    }


def _bounded(value: float) -> float:
    return min(max(value, -_BOUND), _BOUND)


def _odds(probability: float) -> float:
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return _bounded(math.log(kept / (1 - kept)))
