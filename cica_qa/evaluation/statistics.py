"""Confidence intervals, significance tests and sample sizes.

All resampling uses fixed seeds, so the same values give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, permutation_test

from cica_qa.evaluation.types import Comparison, Estimate

SIGNIFICANCE_LEVEL = 0.05
"""The corrected p value below which a difference counts as significant."""
_MANY = 20_000  # from this size on means are practically normal, and resampling is slow
_MANY_PAIRS = 5_000
_AT_ONCE = 2_000_000  # values drawn in a batch, some 50 MB
_EFFORT = 20_000_000  # values drawn in total for a statistic that is computed draw by draw
_NOTHING = 1e-12  # a smaller mean is a rounding error
_TAILS = (2.5, 97.5)


def bootstrap(values: ArrayLike, *, samples: int = 2000, seed: int = 0) -> Estimate:
    """Return the mean of ``values`` [questions] with its percentile bootstrap 95 % interval.

    From 20,000 values on, the interval is the normal approximation, which then agrees to a few
    digits. The interval of a single value is that value. Source: Efron and Tibshirani, "An
    Introduction to the Bootstrap", 1993, chapter 13. Raises ``ValueError`` without values.
    """
    array = np.asarray(values, np.float64)
    count = _counted([array])
    mean = float(array.mean())
    if count >= _MANY:
        half = float(norm.ppf(0.975) * array.std(ddof=1) / math.sqrt(count))
        return Estimate(mean, mean - half, mean + half, count)
    rng = np.random.default_rng(seed)
    batch = max(1, _AT_ONCE // count)
    means = [
        array[rng.integers(count, size=(min(batch, samples - done), count))].mean(axis=1)
        for done in range(0, samples, batch)
    ]
    low, high = np.percentile(np.concatenate(means), _TAILS)
    return Estimate(mean, float(low), float(high), count)


def bootstrap_statistic(
    statistic: Callable[..., float],
    arrays: Sequence[ArrayLike],
    *,
    samples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Return ``statistic(*arrays)`` with its percentile bootstrap 95 % interval over questions.

    Each of ``arrays`` has the shape [questions]; a draw samples whole questions, for example in
    ``bootstrap_statistic(lambda sure, has: auroc(sure[has], sure[~has]), (sure, has))``. Draws
    whose statistic is NaN are left out; if all are, the interval is NaN. For more than 10,000
    questions there are fewer draws, but at least 200. Raises ``ValueError`` without questions or
    if the arrays differ in length.
    """
    columns = [np.asarray(array) for array in arrays]
    count = _counted(columns)
    rng = np.random.default_rng(seed)
    draws = np.empty(min(samples, max(200, _EFFORT // count)))
    for number in range(len(draws)):
        chosen = rng.integers(count, size=count)
        draws[number] = statistic(*(column[chosen] for column in columns))
    draws = draws[~np.isnan(draws)]
    low, high = np.percentile(draws, _TAILS) if len(draws) else (math.nan, math.nan)
    return Estimate(float(statistic(*columns)), float(low), float(high), count)


def paired_p_value(ours: ArrayLike, theirs: ArrayLike) -> float:
    """Return the two-sided p value of a paired permutation test on the mean difference.

    ``ours`` and ``theirs`` have the shape [questions]. Equal pairs are left out, as they do not
    affect any permutation. All permutations of the others are counted if there are at most 10,000;
    otherwise 10,000 are drawn. From 5,000 pairs on, the sum of the differences with random signs is
    taken to be normal. With fewer than two differences, p is 1. Source: Good, "Permutation,
    Parametric and Bootstrap Tests of Hypotheses", 2005. Raises ``ValueError`` without questions or
    if the two differ in length.
    """
    differences = _differences(ours, theirs)
    differences = differences[differences != 0]
    if len(differences) < 2:
        return 1.0
    if len(differences) >= _MANY_PAIRS:
        spread = float(np.linalg.norm(differences))
        return float(2 * norm.sf(abs(differences.sum()) / spread))
    tested = permutation_test(
        (differences,),
        lambda signed, axis: np.mean(signed, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=10_000,
        batch=max(1, _AT_ONCE // len(differences)),
        alternative="two-sided",
        rng=np.random.default_rng(0),
    )
    return float(tested.pvalue)


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p values, in order, after Holm's correction for their number.

    Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    corrected = [0.0] * len(ps)
    worst = 0.0
    for done, at in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        worst = max(worst, min(1.0, (len(ps) - done) * ps[at]))
        corrected[at] = worst
    return corrected


def required_sample_size(differences: ArrayLike, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return the sample size that would show the mean of ``differences`` to be significant.

    ``differences`` has the shape [questions]. By the normal approximation of a two-sided paired
    test, the size is ((z(1 - alpha/2) + z(power)) * sd / mean)^2, rounded up. It is 0 if the mean
    is 0 or there are fewer than two differences. Source: Cohen, "Statistical Power Analysis for the
    Behavioral Sciences", 1988. Raises ``ValueError`` if ``power`` or ``alpha`` is not between 0
    and 1.
    """
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"power {power} and alpha {alpha} must be between 0 and 1")
    array = np.asarray(differences, np.float64)
    if len(array) < 2 or abs(mean := float(array.mean())) < _NOTHING:
        return 0
    z = float(norm.ppf(1 - alpha / 2) + norm.ppf(power))
    return max(1, math.ceil((z * float(array.std(ddof=1)) / mean) ** 2))


def compare(set_name: str, metric: str, ours: ArrayLike, theirs: ArrayLike) -> Comparison:
    """Return the comparison of ``ours`` with the baseline ``theirs``, both [questions].

    ``p_corrected`` equals ``p`` until ``holm_corrected`` is called. Raises ``ValueError`` without
    questions or if the two differ in length.
    """
    differences = _differences(ours, theirs)
    p = paired_p_value(ours, theirs)
    return Comparison(
        set_name=set_name,
        metric=metric,
        baseline=float(np.mean(np.asarray(theirs, np.float64))),
        difference=bootstrap(differences),
        p=p,
        p_corrected=p,
        needed=required_sample_size(differences),
    )


def holm_corrected(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons of an evaluation, in order, with Holm's correction over all."""
    ps = holm([one.p for one in comparisons])
    return tuple(replace(one, p_corrected=p) for one, p in zip(comparisons, ps, strict=True))


def _differences(ours: ArrayLike, theirs: ArrayLike) -> NDArray[np.float64]:
    mine, other = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    _counted([mine, other])
    return mine - other


def _counted(arrays: Sequence[NDArray[np.generic]]) -> int:
    """Return the common length of the arrays. Raises ``ValueError`` if it is 0 or differs."""
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 1 or not len(arrays[0]):
        raise ValueError(f"arrays of one length, 1 at least, are needed, not {sorted(shapes)}")
    return len(arrays[0])
