"""The verdict of a yes/no question: «نعم» or «لا», said only if it is likely enough.

The features are whether the candidate denies what the question affirms (anywhere, and of the
question's own words), whether it names another number, what the trained reader says, and how well
the candidate answers. Their weights are fitted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cica_qa.arabic.analyze import content_words
from cica_qa.arabic.denial import denied_share, denies
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.script import arabic_share

YES, NO = "نعم", "لا"
BIAS = "bias"
UNREAD = (1 / 3, 1 / 3, 1 / 3)
"""The probabilities of neither, yes and no for a candidate that was not read."""
_MIN_PROBABILITY = 1e-3


def verdict_features(
    question: str, text: str, says: tuple[float, float, float], sure: float, least_word: float
) -> dict[str, float]:
    """Return the features for yes or no, by name.

    ``question`` and the ``text`` of the candidate are normalised. ``says`` are the reader's
    probabilities of neither, yes and no, ``sure`` is the confidence in the candidate, and
    ``least_word`` the coverage of the question word that it covers least, which in another script
    is by meaning alone.
    """
    foreign = float(arabic_share(question) <= 0.5)
    asked, said = _amounts(question), _amounts(text)
    denied = float(denies(text) != denies(question))
    neither, yes, no = (max(value, _MIN_PROBABILITY) for value in says)
    return {
        "denied": denied,
        "its words denied": denied if foreign else _words_denied(question, text),
        "another number": float(bool(asked and said and not asked & said)),
        "reader says yes": math.log(yes / no),
        "reader says either": math.log((yes + no) / neither),
        "sure": sure,
        "least word": least_word,
        "another script": foreign,
        "least word in another script": foreign * least_word,
    }


def verdict_probabilities(
    weights: Mapping[str, Mapping[str, float]], features: Mapping[str, float]
) -> dict[str, float]:
    """Return the probabilities of ``YES``, ``NO`` and neither (an empty string)."""
    logits = {
        word: of[BIAS] + sum(of[name] * features[name] for name in of if name != BIAS)
        for word, of in weights.items()
    }
    highest = max(logits.values())
    odds = {word: math.exp(logit - highest) for word, logit in logits.items()}
    return {word: value / sum(odds.values()) for word, value in odds.items()}


def decide_verdict(
    weights: Mapping[str, Mapping[str, float]], least: float, features: Mapping[str, float]
) -> str:
    """Return ``YES`` or ``NO`` if its probability is at least ``least``, else an empty string."""
    found = verdict_probabilities(weights, features)
    likelier = max((YES, NO), key=found.__getitem__)
    return likelier if found[likelier] >= least else ""


def states_verdict(text: str) -> bool:
    """Return whether a text itself begins with «نعم» or «لا», followed by a comma or full stop."""
    first = text.lstrip("*_ ").partition("،")[0].partition(".")[0].strip()
    return first in (YES, NO)


def _words_denied(question: str, text: str) -> float:
    return abs(denied_share(text, content_words(question)) - denies(question))


def _amounts(text: str) -> set[float]:
    return {number.value for number in numbers(text) if not number.ordinal}
