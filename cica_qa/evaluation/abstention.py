"""Whether the confidence knows right answers from wrong, and what refusing by it would spare.

``confidence`` and ``right`` are [answers]; an answer whose confidence is NaN is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from cica_qa.evaluation.types import Point

_POINTS = 200


def auroc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return how often a value of ``positive`` is above one of ``negative``, ties half; 0 to 1.

    Both are one-dimensional; NaN values are left out, and where a side has no others the result
    is NaN. By the Mann-Whitney U (Hanley and McNeil, "The meaning and use of the area under a
    receiver operating characteristic curve", 1982).
    """
    above, below = (_numbers(side) for side in (positive, negative))
    above, below = above[~np.isnan(above)], below[~np.isnan(below)]
    if not len(above) or not len(below):
        return float("nan")
    ranks = rankdata(np.concatenate([above, below]))[: len(above)]
    u = ranks.sum() - len(above) * (len(above) + 1) / 2
    return float(u / (len(above) * len(below)))


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> tuple[Point, ...]:
    """Return what share is wrong where only the answers of at least some confidence are given.

    A point for each confidence that occurs, the highest first, 200 at most: ``x`` is the share of
    the answers given, ``y`` that of the wrong among them, ``count`` their number, ``threshold``
    the confidence. ``right`` is between 0 and 1. Nothing where there are no answers. Source:
    Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017.
    Raises ``ValueError`` where the two differ in length.
    """
    sure, good = _answers(confidence, right)
    thresholds, given, risk = _curve(sure, good)
    kept = np.unique(np.linspace(0, len(given) - 1, min(_POINTS, len(given))).round().astype(int))
    return tuple(
        Point(int(given[at]) / len(sure), float(risk[at]), int(given[at]), float(thresholds[at]))
        for at in kept
    )


def aurc(confidence: ArrayLike, right: ArrayLike) -> float:
    """Return the area under the risk-coverage curve, from 0 (best) to 1; NaN without answers.

    It is the mean, over the answers, of the risk where all that are at least as confident are
    given. Source and errors as of ``risk_coverage``.
    """
    sure, good = _answers(confidence, right)
    if not len(sure):
        return float("nan")
    _, given, risk = _curve(sure, good)
    return float(np.diff(given, prepend=0) @ risk / len(sure))


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = 10) -> tuple[Point, ...]:
    """Return how often answers of about one confidence are right, in ``bins`` of equal width.

    A point for each bin that has answers, from the lowest: ``x`` is their mean confidence, ``y``
    the share that is right, ``count`` their number. Nothing where a confidence is not between 0
    and 1, for then it is a score and no probability. Source: Guo et al., "On Calibration of Modern
    Neural Networks", ICML 2017. Raises ``ValueError`` where the two differ in length or ``bins``
    is less than 1.
    """
    sure, good = _answers(confidence, right)
    if bins < 1:
        raise ValueError(f"there must be 1 bin at least, not {bins}")
    if ((sure < 0) | (sure > 1)).any():
        return ()
    places = np.minimum((sure * bins).astype(int), bins - 1)
    return tuple(
        Point(float(sure[inside].mean()), float(good[inside].mean()), int(inside.sum()))
        for inside in (places == place for place in np.unique(places))
    )


def _curve(
    sure: NDArray[np.float64], good: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Each confidence from the highest, how many answers have it or more, and their risk."""
    thresholds, group = np.unique(-sure, return_inverse=True)
    given = np.cumsum(np.bincount(group, minlength=len(thresholds)))
    wrong = np.cumsum(np.bincount(group, 1 - good, minlength=len(thresholds)))
    return -thresholds, given, wrong / given


def _answers(
    confidence: ArrayLike, right: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    sure, good = _numbers(confidence), _numbers(right)
    if sure.shape != good.shape:
        raise ValueError(f"confidence has {len(sure)} answers, right {len(good)}")
    known = ~np.isnan(sure)
    return sure[known], good[known]


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    return np.atleast_1d(np.asarray(values, np.float64))
