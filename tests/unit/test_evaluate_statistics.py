"""Intervals, tests and curves against SciPy, brute force and handmade cases."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test

from cica_qa.evaluation.abstention import aurc, auroc, reliability, risk_coverage
from cica_qa.evaluation.statistics import (
    bootstrap,
    bootstrap_statistic,
    compare,
    holm,
    holm_corrected,
    paired_p_value,
    required_sample_size,
)
from cica_qa.evaluation.types import Estimate, Point

NAN = float("nan")
SHARES = st.lists(st.integers(0, 5).map(lambda n: n / 5), max_size=12)
quick = settings(max_examples=200, deadline=None, derandomize=True)


# ---- intervals -----------------------------------------------------------------------------


def test_the_interval_covers_the_mean_in_about_95_percent_of_the_cases() -> None:
    rng = np.random.default_rng(7)
    cases = [bootstrap(rng.random(60) < 0.4, samples=500, seed=case) for case in range(400)]
    assert 0.92 < np.mean([case.low <= 0.4 <= case.high for case in cases]) < 0.98


def test_an_interval_is_the_same_each_time_and_as_wide_as_the_normal_one() -> None:
    values = np.random.default_rng(1).random(1000)
    found = bootstrap(values)
    assert found == bootstrap(values)
    assert found != bootstrap(values, seed=1)
    half = 1.96 * values.std() / math.sqrt(1000)
    assert (found.value, found.count) == (values.mean(), 1000)
    assert found.low == pytest.approx(values.mean() - half, abs=2e-3)
    assert found.high == pytest.approx(values.mean() + half, abs=2e-3)


def test_few_values() -> None:
    assert bootstrap([0.3]) == Estimate(0.3, 0.3, 0.3, 1)
    assert bootstrap([1, 1, 1]) == Estimate(1, 1, 1, 3)
    assert bootstrap([0, 1], samples=1).count == 2
    for empty in ([], np.zeros((2, 2))):
        with pytest.raises(ValueError, match="arrays of one length"):
            bootstrap(empty)


def test_a_million_values_are_normal() -> None:
    values = np.tile([0.0, 1.0], 500_000)
    began = time.process_time()
    found = bootstrap(values)
    assert time.process_time() - began < 2
    assert found.value == 0.5
    assert found.high - found.value == pytest.approx(1.959964 * 0.5 / 1000)
    assert found.value - found.low == pytest.approx(1.959964 * 0.5 / 1000)


def test_a_statistic_is_drawn_by_question() -> None:
    rng = np.random.default_rng(2)
    has = rng.random(300) < 0.5
    sure = rng.normal(has, 1.0)
    found = bootstrap_statistic(lambda s, h: auroc(s[h], s[~h]), (sure, has), samples=300)
    true = 0.5 * math.erfc(-0.5)  # for two normals one standard deviation apart
    assert found.value == auroc(sure[has], sure[~has])
    assert found.count == 300
    assert found.low < true < found.high
    assert 0.08 < found.high - found.low < 0.16


def test_a_mean_is_a_statistic_like_any_other() -> None:
    values = np.random.default_rng(3).random(200)
    found, mean = bootstrap_statistic(np.mean, [values]), bootstrap(values)
    assert found.value == mean.value
    assert (found.low, found.high) == pytest.approx((mean.low, mean.high), abs=5e-3)


def test_draws_without_the_statistic_are_left_out() -> None:
    only = bootstrap_statistic(
        lambda s, h: auroc(s[h], s[~h]), ([0.9, 0.1], np.array([True, False]))
    )
    assert only == Estimate(1.0, 1.0, 1.0, 2)
    none = bootstrap_statistic(lambda values: NAN, [[1, 2]])
    assert none.count == 2
    assert all(map(math.isnan, (none.value, none.low, none.high)))
    with pytest.raises(ValueError, match="arrays of one length"):
        bootstrap_statistic(np.mean, ([1, 2], [1]))


# ---- differences ---------------------------------------------------------------------------


@quick
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9))
def test_p_agrees_with_scipy(pairs: list[tuple[int, int]]) -> None:
    ours, theirs = np.array(pairs, float).T / 4
    expected = permutation_test(
        (ours, theirs),
        lambda one, other: np.mean(one - other),
        permutation_type="samples",
        n_resamples=10_000,
    ).pvalue
    assert paired_p_value(ours, theirs) == pytest.approx(expected)


def test_p_by_hand() -> None:
    assert paired_p_value(np.ones(6), np.zeros(6)) == pytest.approx(2 / 64)
    assert paired_p_value([1, 1, 1, 0.5, 0.5], [0, 0, 0, 0.5, 0.5]) == pytest.approx(2 / 8)
    assert paired_p_value([1, 0], [0, 1]) == 1
    assert paired_p_value([0.4, 0.2], [0.4, 0.2]) == 1
    assert paired_p_value([1], [0]) == 1
    for pair in (([], []), ([1], [1, 2])):
        with pytest.raises(ValueError, match="arrays of one length"):
            paired_p_value(*pair)


def test_p_of_many_pairs_is_drawn_and_close_to_the_normal() -> None:
    rng = np.random.default_rng(4)
    ours = rng.normal(0.08, 1, 500)
    z = abs(ours.sum()) / np.linalg.norm(ours)
    assert paired_p_value(ours, np.zeros(500)) == paired_p_value(ours, np.zeros(500))
    assert paired_p_value(ours, np.zeros(500)) == pytest.approx(
        math.erfc(z / math.sqrt(2)), abs=0.02
    )
    many = rng.normal(0.01, 1, 40_000)
    z = abs(many.sum()) / np.linalg.norm(many)
    assert paired_p_value(many, np.zeros(40_000)) == pytest.approx(math.erfc(z / math.sqrt(2)))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@quick
@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_is_between_p_and_bonferroni(ps: list[float]) -> None:
    found = holm(ps)
    assert all(p <= one <= min(1, p * len(ps)) for p, one in zip(ps, found, strict=True))
    order = sorted(range(len(ps)), key=ps.__getitem__)
    assert [found[at] for at in order] == sorted(found)


def test_how_many_questions_are_needed_by_hand() -> None:
    """Mean 0.1 and deviation 0.5 on 101 questions: (1.95996 + 0.84162)^2 * 25 = 196.2."""
    values = np.array([0.0] + [1.0, -1.0] * 50)
    values = 0.1 + 0.5 * (values - values.mean()) / values.std(ddof=1)
    assert required_sample_size(values) == 197
    assert required_sample_size(-values) == 197
    assert required_sample_size(values, power=0.9) == 263  # (1.95996 + 1.28155)^2 * 25 = 262.7
    assert required_sample_size(values, alpha=0.01) == 292  # (2.57583 + 0.84162)^2 * 25 = 291.97


def test_no_sample_size_without_a_difference() -> None:
    assert required_sample_size([0.1, 0.2, -0.3]) == 0
    assert required_sample_size([0, 0]) == 0
    assert required_sample_size([0.5]) == 0
    assert required_sample_size([]) == 0
    assert required_sample_size([0.5, 0.5]) == 1
    with pytest.raises(ValueError, match=r"power 1 and alpha 0\.05"):
        required_sample_size([0, 1], power=1)


def test_a_comparison_and_its_correction() -> None:
    ours, theirs = np.array([1, 1, 1, 1, 1, 1, 0, 1.0]), np.array([0, 0, 0, 0, 0, 0, 0, 1.0])
    one = compare("xquad", "EM", ours, theirs)
    assert (one.set_name, one.metric, one.baseline) == ("xquad", "EM", 0.125)
    assert one.difference == bootstrap(ours - theirs)
    assert one.p == one.p_corrected == pytest.approx(2 / 64)
    assert one.needed == math.ceil(7.84888 * np.var(ours - theirs, ddof=1) / 0.75**2)
    other = replace(one, p=0.5)
    assert [c.p_corrected for c in holm_corrected([other, one])] == pytest.approx([0.5, 4 / 64])
    assert holm_corrected([]) == ()
    with pytest.raises(ValueError, match="arrays of one length"):
        compare("xquad", "EM", ours, theirs[1:])


# ---- abstention ----------------------------------------------------------------------------


@quick
@given(SHARES, SHARES)
def test_auroc_counts_the_pairs(positive: list[float], negative: list[float]) -> None:
    found = auroc([*positive, NAN], negative)
    pairs = [(a > b) + (a == b) / 2 for a in positive for b in negative]
    assert math.isnan(found) if not pairs else found == pytest.approx(np.mean(pairs))


def test_risk_and_coverage_by_hand() -> None:
    points = risk_coverage([0.9, 0.5, 0.5, NAN, 0.1], [True, True, False, True, False])
    assert points == (
        Point(0.25, 0.0, 1, 0.9),
        Point(0.75, pytest.approx(1 / 3), 3, 0.5),
        Point(1.0, 0.5, 4, 0.1),
    )
    assert aurc([0.9, 0.5, 0.5, NAN, 0.1], [1, 1, 0, 1, 0]) == pytest.approx((0 + 2 / 3 + 0.5) / 4)
    assert risk_coverage([], []) == risk_coverage([NAN], [True]) == ()
    assert math.isnan(aurc([], []))
    with pytest.raises(ValueError, match="confidence has 1 answers, right 2"):
        aurc([0.5], [True, False])


@quick
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=12))
def test_the_area_is_the_mean_risk(answers: list[tuple[int, bool]]) -> None:
    given_at_least = [
        [right for other, right in answers if other >= confidence] for confidence, _ in answers
    ]
    expected = np.mean([1 - np.mean(rights) for rights in given_at_least])
    sure, right = zip(*answers, strict=True)
    assert aurc(sure, right) == pytest.approx(expected)
    points = risk_coverage(sure, right)
    assert points[-1].x == 1
    assert len(points) == len(set(sure))


def test_a_curve_has_200_points_at_most() -> None:
    sure = np.random.default_rng(5).random(5000)
    points = risk_coverage(sure, sure > 0.3)
    assert len(points) == 200
    assert (points[0].count, points[-1].count) == (1, 5000)
    assert points[-1].y == pytest.approx(np.mean(sure <= 0.3))
    assert all(a.x < b.x and a.threshold > b.threshold for a, b in pairwise(points))


def test_reliability_by_hand() -> None:
    points = reliability([0.0, 0.05, 0.1, 0.55, 0.95, 1.0, NAN], [0, 1, 1, 0, 1, 1, 0])
    assert [(point.y, point.count) for point in points] == [(0.5, 2), (1, 1), (0, 1), (1, 2)]
    assert [point.x for point in points] == pytest.approx([0.025, 0.1, 0.55, 0.975])
    assert [point.count for point in reliability([0.2, 0.7], [1, 1], bins=1)] == [2]
    assert reliability([], []) == ()
    assert reliability([1.5, 0.5], [1, 1]) == ()  # a score, not a probability
    with pytest.raises(ValueError, match="1 bin at least, not 0"):
        reliability([0.5], [1], bins=0)


def test_equal_systems_differ_by_chance_alone() -> None:
    same = np.array([1.0, 0.5, 0.0])
    assert paired_p_value(same, same) == 1.0


def test_few_questions_give_the_exact_p() -> None:
    """Two of the 2^6 ways to swap the pairs are as extreme: all and none."""
    assert paired_p_value(np.ones(6), np.zeros(6)) == pytest.approx(2 / 64)


def test_a_consistent_difference_on_many_questions_is_significant() -> None:
    rng = np.random.default_rng(0)
    worse = rng.random(300) / 2
    assert paired_p_value(worse + 0.1, worse) < 0.001
    assert paired_p_value(worse, rng.permutation(worse)) > 0.05


def test_holm_multiplies_step_by_step_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
