"""How well confidence separates right answers from wrong ones: AUROC, risk-coverage, calibration.

``confidence`` and ``right`` have the shape [answers]; answers whose confidence is NaN are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from cica_qa.evaluation.types import Point

_POINTS = 200


def auroc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the area under the ROC curve: 0 to 1, and NaN if a side has no values.

    It is the probability that a value of ``positive`` is above one of ``negative``, with ties
    counted as half. Both are one-dimensional, and NaN values are left out. Computed from the
    Mann-Whitney U (Hanley and McNeil, "The meaning and use of the area under a receiver operating
    characteristic curve", 1982).
    """
    above, below = (_numbers(side) for side in (positive, negative))
    above, below = above[~np.isnan(above)], below[~np.isnan(below)]
    if not len(above) or not len(below):
        return float("nan")
    ranks = rankdata(np.concatenate([above, below]))[: len(above)]
    u = ranks.sum() - len(above) * (len(above) + 1) / 2
    return float(u / (len(above) * len(below)))


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> tuple[Point, ...]:
    """Return the risk-coverage curve: the share of wrong answers above each confidence threshold.

    There is a point for each distinct confidence, from the highest down, thinned to at most 200:
    ``x`` is the share of the answers given (coverage), ``y`` the share of them that is wrong
    (risk), ``count`` their number and ``threshold`` the confidence. ``right`` is between 0 and 1.
    The curve is empty without answers. Source: Geifman and El-Yaniv, "Selective Classification for
    Deep Neural Networks", NeurIPS 2017. Raises ``ValueError`` if the two differ in length.
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

    It is the mean over the answers of the risk at their confidence. Source and errors are those of
    ``risk_coverage``.
    """
    sure, good = _answers(confidence, right)
    if not len(sure):
        return float("nan")
    _, given, risk = _curve(sure, good)
    return float(np.diff(given, prepend=0) @ risk / len(sure))


def reliability(confidence: ArrayLike, right: ArrayLike, bins: int = 10) -> tuple[Point, ...]:
    """Return the reliability diagram: the share of right answers by confidence, in equal ``bins``.

    There is a point for each bin with answers, from the lowest: ``x`` is their mean confidence,
    ``y`` the share that is right and ``count`` their number. The diagram is empty if a confidence
    is not between 0 and 1, since it is then a score and not a probability. Source: Guo et al., "On
    Calibration of Modern Neural Networks", ICML 2017. Raises ``ValueError`` if the two differ in
    length or ``bins`` is less than 1.
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
    """Return the distinct confidences, highest first, with the count and risk above each."""
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
