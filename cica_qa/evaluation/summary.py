"""Summarises the outcomes of a set, read once and in order, as figures with intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cica_qa.evaluation.abstention import aurc, auroc, reliability, risk_coverage
from cica_qa.evaluation.scoring import is_answerable
from cica_qa.evaluation.slices import slice_columns, worth_slicing
from cica_qa.evaluation.statistics import bootstrap, bootstrap_statistic
from cica_qa.evaluation.types import (
    Estimate,
    NoiseDrop,
    Outcome,
    Point,
    SetProblem,
    SetResult,
    Slice,
)

SLICED_METRICS = ("nDCG@10", "RR@10", "R@5", "F1", "Holds", "Sentence", "Right", "Wrong refusal")
"""The metrics that are computed for every slice and every kind of noise."""
_SLICE_SAMPLES = 500
_BINS = 30
Values = NDArray[np.float64]


@dataclass
class OutcomeTable:
    """The outcomes of a set in columns, one row for each question.

    ``variants`` holds, for each kind of noise, the row numbers of the questions that it changed and
    their figures.
    """

    qids: list[str] = field(default_factory=list)
    rows: list[Mapping[str, float]] = field(default_factory=list)
    columns: list[Mapping[str, str]] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    answerable: list[bool | None] = field(default_factory=list)
    abstained: list[bool] = field(default_factory=list)
    errors: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    variants: dict[str, list[tuple[int, Mapping[str, float]]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, outcome: Outcome) -> None:
        """Add the next outcome; outcomes with noise follow the clean one of their question."""
        self.seconds.append(outcome.seconds)
        if outcome.variant:
            self.variants[outcome.variant].append((len(self.rows) - 1, outcome.figures))
            return
        question = outcome.question
        known = question.answerable is not None or question.golds
        self.qids.append(question.qid)
        self.rows.append(outcome.figures)
        self.columns.append(slice_columns(question, outcome.asked))
        self.confidence.append(outcome.confidence)
        self.answerable.append(is_answerable(question) if known else None)
        self.abstained.append(outcome.abstained)
        self.errors.append(bool(outcome.error))

    def values(self, metric: str) -> Values:
        """Return a metric of every question; NaN where it does not apply."""
        return np.array([row.get(metric, np.nan) for row in self.rows])

    def metrics(self) -> list[str]:
        """Return the names of all metrics, in the order of their first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def tabulate(outcomes: Iterable[Outcome]) -> OutcomeTable:
    """Return a table of outcomes, read in order."""
    table = OutcomeTable()
    for outcome in outcomes:
        table.add(outcome)
    return table


def summarise(
    table: OutcomeTable,
    *,
    name: str,
    format: str,
    unit: str,
    problems: Sequence[SetProblem],
    configuration: Mapping[str, object],
) -> SetResult:
    """Return the figures of a set, each with its interval."""
    figures = {metric: bootstrap(_given(table.values(metric))) for metric in table.metrics()}
    risk, calibration = _abstention(table, figures)
    return SetResult(
        name=name,
        format=format,
        unit=unit,
        counts=_counts(table),
        figures=figures,
        slices=tuple(_slices(table)),
        drops=tuple(_drop(table, variant) for variant in table.variants),
        risk=risk,
        reliability=calibration,
        latency=_latency(np.array(table.seconds)),
        histogram=_histogram(np.array(table.seconds)),
        problems=tuple(problems),
        configuration=configuration,
    )


def _given(values: Values) -> Values:
    return values[~np.isnan(values)]


def _counts(table: OutcomeTable) -> dict[str, int]:
    return {
        "questions": len(table.rows),
        "answerable": sum(one is True for one in table.answerable),
        "unanswerable": sum(one is False for one in table.answerable),
        "answered": sum(not (a or e) for a, e in zip(table.abstained, table.errors, strict=True)),
        "abstained": sum(table.abstained),
        "errors": sum(table.errors),
    }


def _abstention(
    table: OutcomeTable, figures: dict[str, Estimate]
) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Add AUROC and AURC to ``figures``; return the risk-coverage and reliability curves."""
    sure = np.array(table.confidence, np.float64)
    known = ~np.isnan(sure)
    there = np.array([one is True for one in table.answerable]) & known
    absent = np.array([one is False for one in table.answerable]) & known
    if there.any() and absent.any():
        sides = np.concatenate([sure[there], sure[absent]])
        labels = np.concatenate([np.ones(there.sum()), np.zeros(absent.sum())])
        figures["AUROC"] = bootstrap_statistic(_auroc, (sides, labels))
    right = table.values("Right")
    answered = known & ~np.isnan(right) & ~np.array(table.abstained) & ~np.array(table.errors)
    judged = int((~np.isnan(right)).sum())
    if not answered.any():
        return (), ()
    own = sure[answered], right[answered]
    figures["AURC"] = bootstrap_statistic(aurc, own)
    share = float(answered.sum()) / judged
    curve = [Point(p.x * share, p.y, p.count, p.threshold) for p in risk_coverage(*own)]
    return tuple(curve), reliability(*own)


def _auroc(sure: Values, labels: Values) -> float:
    if labels.all() or not labels.any():
        return float("nan")
    return auroc(sure[labels == 1], sure[labels == 0])


def _slices(table: OutcomeTable) -> list[Slice]:
    columns = dict.fromkeys(name for row in table.columns for name in row)
    found = []
    metrics = {m: table.values(m) for m in SLICED_METRICS if m in table.metrics()}
    for column in columns:
        values = [row.get(column, "") for row in table.columns]
        counts = Counter(value for value in values if value)
        if not worth_slicing(counts):
            continue
        for value in sorted(counts):
            inside = np.array([one == value for one in values])
            own = {name: _given(column_of[inside]) for name, column_of in metrics.items()}
            estimates = {
                name: bootstrap(given, samples=_SLICE_SAMPLES)
                for name, given in own.items()
                if len(given)
            }
            if estimates:
                found.append(Slice(column, value, counts[value], estimates))
    return found


def _drop(table: OutcomeTable, variant: str) -> NoiseDrop:
    """Return the effect of a kind of noise on the questions that it changed."""
    noisy, losses = {}, {}
    for metric in SLICED_METRICS:
        pairs = [
            (table.rows[at][metric], figures[metric])
            for at, figures in table.variants[variant]
            if metric in figures and metric in table.rows[at]
        ]
        if pairs:
            clean, with_noise = np.array(pairs).T
            noisy[metric] = bootstrap(with_noise, samples=_SLICE_SAMPLES)
            losses[metric] = bootstrap(clean - with_noise, samples=_SLICE_SAMPLES)
    return NoiseDrop(variant, len(table.variants[variant]), noisy, losses)


def _latency(seconds: Values) -> dict[str, float]:
    if not len(seconds):
        return {}
    shares = {"p50": 50, "p95": 95, "p99": 99}
    found = {name: float(np.percentile(seconds, share)) for name, share in shares.items()}
    return {**found, "mean": float(seconds.mean()), "total": float(seconds.sum())}


def _histogram(seconds: Values) -> tuple[Point, ...]:
    if not len(seconds):
        return ()
    top = max(float(np.percentile(seconds, 99)) * 1.2, 1e-6)  # slower ones fall into the last bin
    counts, edges = np.histogram(np.minimum(seconds, top), bins=_BINS, range=(0, top))
    return tuple(
        Point(float(low), float(high), int(count))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    )
