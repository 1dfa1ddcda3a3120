"""When to answer: how likely it is that the best candidate answers the question."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cica_qa.answer.extract import Candidate

# Logistic regression on the evidence; see benchmarks/answers.py for data and fit.
_BIAS, _COSINE, _COVERAGE = -20.0, 20.0, 4.0

NOT_SAID = "لا تذكر الوثائق ذلك."
NO_PASSAGE = "لا يوجد في الوثائق مقطع قريب من السؤال."
WEAK_SUPPORT = "لم أجد في أقرب المقاطع جملةً تجيب عن السؤال بثقة كافية."


def confidence(ranked: Sequence[Candidate]) -> float:
    """Return the probability, between 0 and 1, that the first candidate is an answer."""
    if not ranked:
        return 0.0
    best = ranked[0]
    evidence = _BIAS + _COSINE * best.cosine + _COVERAGE * best.coverage
    return 1 / (1 + math.exp(-evidence))
