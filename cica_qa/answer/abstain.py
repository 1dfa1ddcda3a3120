"""When to answer: how likely it is that the best candidate answers the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from cica_qa.answer.extract import Candidate
from cica_qa.arabic.questions import is_arabic

NOT_SAID = "لا تذكر الوثائق ذلك."
NO_PASSAGE = "لا يوجد في الوثائق مقطع قريب من السؤال."
WEAK_SUPPORT = "لم أجد في أقرب المقاطع جملةً تجيب عن السؤال بثقة كافية."


class _Weights(NamedTuple):
    """A logistic regression over the evidence of a candidate."""

    bias: float
    cosine: float
    coverage: float


# Fitted by benchmarks/answers.py, which reports how honest they are. A question in another
# script shares few words with its answer, so there the cosine alone counts.
_ARABIC = _Weights(-49.8, 56.5, 4.9)
_OTHER = _Weights(-41.4, 52.7, 0.0)


def confidence(question: str, ranked: Sequence[Candidate]) -> float:
    """Return the probability, between 0 and 1, that the first candidate is an answer."""
    if not ranked:
        return 0.0
    weights, best = _ARABIC if is_arabic(question) else _OTHER, ranked[0]
    evidence = weights.bias + weights.cosine * best.cosine + weights.coverage * best.coverage
    return 1 / (1 + math.exp(-evidence))
