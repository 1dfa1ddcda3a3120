"""Features from the structure of a document: kinds, labels and lists of candidates."""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.answer.candidates import Candidate
from cica_qa.answer.coverage import Normalize
from cica_qa.arabic.analyze import is_uninformative
from cica_qa.arabic.letters import WORD, fold
from cica_qa.arabic.matching import WordForms
from cica_qa.documents.units import LISTED
from cica_qa.types import Unit

KINDS = tuple(sorted(LISTED))


def kind_features(one: Candidate) -> dict[str, float]:
    """Return the kind of a candidate, or the kind of the parts of a whole list, one-hot."""
    kind = one.hit.passage.units[one.last].kind
    return {
        **{f"is {name}": float(kind == name and not one.is_list) for name in KINDS},
        **{f"list of {name}s": float(kind == name and one.is_list) for name in KINDS},
    }


def naming_features(question: WordForms, one: Candidate, normalize: Normalize) -> dict[str, float]:
    """Return how well the question names the label, columns and heading of a candidate.

    The label of a row is its first cell. The features «… unnamed» tell how strongly the question
    may target a different row, column or section.
    """
    unit, passage = one.hit.passage.units[one.first], one.hit.passage
    spans = {"label": () if one.is_list else _label(unit), "column": unit.header[1:]}
    told: dict[str, float] = {}
    for name, places in spans.items():
        texts = [passage.slice(*place) for place in places if place[0] >= passage.start]
        told |= _naming_features(question, name, [normalize(text) for text in texts])
    headings = [normalize(text) for text in passage.headings[-1:]]
    return told | _naming_features(question, "heading", headings)


def _label(unit: Unit) -> tuple[tuple[int, int], ...]:
    return (unit.label,) if unit.label else unit.cells[:1]


def _naming_features(question: WordForms, name: str, texts: Sequence[str]) -> dict[str, float]:
    """Return how well the question covers the text that it covers best."""
    words = [[w for w in WORD.findall(text) if not is_uninformative(fold(w))] for text in texts]
    shares = [sum(map(question.coverage, own)) / len(own) for own in words if own]
    best = max(shares, default=0.0)
    return {f"{name} named": best, f"{name} unnamed": 1 - best if shares else 0.0}


def list_features(near: Sequence[Candidate], answers: Sequence[float]) -> list[dict[str, float]]:
    """Return for each candidate how likely the parts of its list, or its sibling parts, answer.

    ``answers`` are the reader's probabilities that each candidate answers.
    """
    return [_list_features(one, near, answers) for one in near]


def _list_features(
    one: Candidate, near: Sequence[Candidate], answers: Sequence[float]
) -> dict[str, float]:
    if one.is_list:
        parts = [a for other, a in zip(near, answers, strict=True) if _is_part(other, one)]
        return {"parts answer": sum(parts) / len(parts) if parts else 0.0, "others answer": 0.0}
    lists = [other for other in near if _is_part(one, other)]
    others = [
        a
        for other, a in zip(near, answers, strict=True)
        if other is not one and any(_is_part(other, whole) for whole in lists)
    ]
    return {"parts answer": 0.0, "others answer": sum(others) / len(others) if others else 0.0}


def _is_part(one: Candidate, whole: Candidate) -> bool:
    passages = one.hit.passage.passage_id, whole.hit.passage.passage_id
    inside = whole.first <= one.first and one.last <= whole.last
    listed = one.hit.passage.units[one.first].kind in LISTED
    return whole.is_list and not one.is_list and passages[0] == passages[1] and inside and listed
