"""Slices: the columns by which figures are broken down."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from cica_qa.arabic.dialect import is_dialect, to_msa
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import parse_question
from cica_qa.evaluation.types import Question

_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f]")
_LATIN = re.compile(r"[a-z\u00df-\u024f]", re.IGNORECASE)
_LENGTHS = ((3, "1–3"), (7, "4–7"), (12, "8–12"))
_DIALECT_COLUMNS = ("dialect", "question_variety")
_FEWEST, _MOST = 2, 40


def slice_columns(question: Question, asked: str) -> dict[str, str]:
    """Return the slicing columns of a question, asked as ``asked``, with its value in each.

    These are the columns of its set and, unless the set has a column of the same name: ``asks``
    (the kind of question, from ``parse_question``), ``script`` (arabic, latin, mixed, or other if
    it has letters of neither), ``length`` in words (1–3, 4–7, 8–12, 13+), ``dialect`` (msa or
    colloquial; left out also if the set has a ``question_variety``), ``answerable`` (yes, no,
    unknown), ``turn`` (first, follow-up) and ``document``, that of the first accepted answer if it
    is known.
    """
    normalized = _normalizer()(asked)
    derived = {
        "asks": parse_question(to_msa(normalized))[0].kind,
        "script": _script(normalized),
        "length": _length(len(_WORD.findall(normalized))),
        "answerable": {True: "yes", False: "no", None: "unknown"}[question.answerable],
        "turn": "follow-up" if question.history else "first",
    }
    if not any(name in question.columns for name in _DIALECT_COLUMNS):
        derived["dialect"] = "colloquial" if is_dialect(normalized) else "msa"
    if question.golds and question.golds[0].doc_id:
        derived["document"] = question.golds[0].doc_id
    return {**derived, **question.columns}


def worth_slicing(values: Counter[str]) -> bool:
    """Return whether a column has 2 to 40 values, at least one of which several questions share.

    ``values`` counts the questions by their value.
    """
    return _FEWEST <= len(values) <= _MOST and max(values.values()) > 1


def _script(text: str) -> str:
    arabic, latin = _ARABIC.search(text), _LATIN.search(text)
    if arabic and latin:
        return "mixed"
    return "arabic" if arabic else "latin" if latin else "other"


def _length(words: int) -> str:
    return next((name for most, name in _LENGTHS if words <= most), "13+")


@cache
def _normalizer() -> Normalizer:
    return Normalizer()
