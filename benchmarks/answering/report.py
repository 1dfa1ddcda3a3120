"""Tables of what the fit is worth by source, with weights fitted without the source's group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.answering.fit import (
    Fitted,
    Floats,
    SureRow,
    by,
    fit_order,
    fit_verdict,
    fold_of,
    labelled,
    left_out_confidence,
    source_of,
)
from benchmarks.answering.trials import Trial, normalize
from cica_qa.answer.verdict import NO, YES, verdict_features, verdict_probabilities
from cica_qa.evaluation.reading import f1

Row = dict[str, Any]
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
BINS = 5
BOUNDS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3)
NEVER = 1.1


def chosen(trials: Sequence[Trial], left_out: Mapping[str, Fitted]) -> list[Row]:
    """Return how often the first candidate of each source is right, and the scores of its focus."""
    rows = []
    for name in dict.fromkeys(one.source for one in trials):
        own = [one for one in trials if one.source == name and one.answerable and labelled(one)]
        best = [by(left_out[fold_of(one.group)], one)[0] for one in own]
        marked = [
            max(f1(first.marked, [gold]) for gold in one.golds)
            for one, first in zip(own, best, strict=True)
            if first.right and first.marked and one.golds
        ]
        rows.append(
            {
                "source": name,
                "questions": len(own),
                "right": np.mean([first.right for first in best]),
                "says it, wherever": np.mean([first.right or first.holds for first in best]),
                "among the candidates": np.mean([any(c.right for c in one.tried) for one in own]),
                "F1 of what is marked, where right": np.mean(marked) if marked else "",
            }
        )
    return rows


def refusing(rows: Sequence[SureRow], sure: Floats) -> list[Row]:
    """Return what is answered for each source and threshold, and how well."""
    found = []
    first = [
        (row, chance)
        for row, chance in zip(rows, sure, strict=True)
        if row.first and labelled(row.trial)
    ]
    for source in dict.fromkeys(source_of(row.trial) for row in rows):
        own = [(row, chance) for row, chance in first if source_of(row.trial) == source]
        yes = [pair for pair in own if pair[0].trial.answerable]
        no = [pair for pair in own if not pair[0].trial.answerable]
        for least in THRESHOLDS:
            found.append(
                {
                    "source": source,
                    "threshold": least,
                    "right": np.mean([row.right and chance >= least for row, chance in yes]),
                    "wrong": np.mean([not row.right and chance >= least for row, chance in yes]),
                    "refused, of those it has right": np.mean(
                        [chance < least for row, chance in yes if row.right]
                    ),
                    "refused, of those without an answer or near it": np.mean(
                        [chance < least for _, chance in no]
                    ),
                }
            )
    return found


def honesty(rows: Sequence[SureRow], sure: Floats) -> list[Row]:
    """Return how well the confidence separates right from wrong, and its calibration, by source."""
    found = []
    for source in dict.fromkeys(source_of(row.trial) for row in rows):
        own = [row.first and labelled(row.trial) and source_of(row.trial) == source for row in rows]
        of = [row for row, is_own in zip(rows, own, strict=True) if is_own]
        said = sure[np.array(own)]
        right, weight = np.array([row.right for row in of]), np.array([row.counted for row in of])
        bins = np.minimum((said * BINS).astype(int), BINS - 1)
        gaps = [
            weight[bins == at].sum()
            * abs(
                np.average(said[bins == at], weights=weight[bins == at])
                - np.average(right[bins == at], weights=weight[bins == at])
            )
            for at in range(BINS)
            if (bins == at).any()
        ]
        found.append(
            {
                "source": source,
                "AUROC": roc_auc_score(right, said) if len(set(right.tolist())) > 1 else "",
                "mean |said - true|": sum(gaps) / weight.sum(),
            }
        )
    return found


def levels(
    rows: Sequence[SureRow], sure: Floats, wanted: Mapping[str, float]
) -> tuple[list[Row], dict[str, float]]:
    """Return the share of right answers above each confidence, and the levels of ``wanted``.

    A level is the lowest confidence above which the wanted share is right, averaged over sources.
    """
    first = [(row, chance) for row, chance in zip(rows, sure, strict=True) if row.first]
    table, found = [], dict.fromkeys(wanted, NEVER)
    for bound in BOUNDS:
        by_source: dict[str, list[bool]] = {}
        for row, chance in first:
            if chance >= bound and labelled(row.trial):
                by_source.setdefault(source_of(row.trial), []).append(row.right)
        right = {source: float(np.mean(own)) for source, own in by_source.items()}
        mean = float(np.mean(list(right.values()))) if right else 0.0
        count = sum(map(len, by_source.values()))
        table.append({"from": bound, "answers": count, "right, mean of the sources": mean, **right})
        found |= {name: bound for name, least in wanted.items() if right and mean >= least}
    return table, found


def without_groups(rows: Sequence[SureRow], groups: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return how well right and wrong are separated without each group of features."""
    every = [name for names in groups.values() for name in names]
    found = []
    for left, names in {"nothing": (), **groups}.items():
        sure = left_out_confidence(rows, [name for name in every if name not in names])
        told = {row["source"]: row["AUROC"] for row in honesty(rows, sure)}
        found.append({"without": left, "mean": np.mean(list(told.values())), **told})
    return found


VerdictRow = tuple[str, Mapping[str, float], str]
"""The fold, the features of the verdict, and the right one: yes, no or neither."""


def verdict_rows(rows: Sequence[SureRow], sure: Floats) -> list[VerdictRow]:
    """Return a row for the first candidate of each question that yes or no answers."""
    return [
        (
            row.fold,
            verdict_features(
                normalize(row.trial.question),
                normalize(row.candidate.text),
                row.candidate.says,
                float(chance),
                row.candidate.features["least word"],
            ),
            row.trial.verdict if row.right or not labelled(row.trial) else "",
        )
        for row, chance in zip(rows, sure, strict=True)
        if row.first
        and row.trial.kind == "yesno"
        and (row.trial.verdict or not row.trial.answerable)
    ]


def verdicts(rows: Sequence[VerdictRow], least_right: float) -> tuple[list[Row], float]:
    """Return how often «نعم» and «لا» are right, by probability, and the threshold to say them.

    The threshold is the lowest probability above which the share of right ones is
    ``least_right``. Each fold is left out in turn.
    """
    said = []
    for fold in sorted({fold for fold, *_ in rows}):
        weights = fit_verdict([(told, word) for other, told, word in rows if other != fold])
        for other, told, word in rows:
            if other == fold:
                found = verdict_probabilities(weights, told)
                likelier = max((YES, NO), key=found.__getitem__)
                said.append((found[likelier], likelier == word, bool(word)))
    polar = sum(expected for *_, expected in said)
    table, least = [], NEVER
    for bound in BOUNDS:
        given = [right for sure, right, _ in said if sure >= bound]
        table.append(
            {
                "from": bound,
                "said": len(given),
                "right": np.mean(given) if given else "",
                "right, of those that yes or no answers": sum(given) / polar,
            }
        )
        if given and np.mean(given) >= least_right:
            least = bound
    return table, least


def ablation(trials: Sequence[Trial], names: Sequence[str]) -> list[Row]:
    """Return how leaving out each feature changes how often the first candidate is right."""
    whole = _right(trials, names)
    rows = []
    for name in names:
        without = _right(trials, [other for other in names if other != name])
        changes = {source: without[source] - value for source, value in whole.items()}
        rows.append({"without": name, "mean": np.mean(list(changes.values())), **changes})
    return rows


def _right(trials: Sequence[Trial], names: Sequence[str]) -> dict[str, float]:
    folds = sorted({fold_of(one.group) for one in trials})
    weights = {
        fold: fit_order([one for one in trials if fold_of(one.group) != fold], names)
        for fold in folds
    }
    return {
        source: float(np.mean(list(_firsts(trials, weights, source))))
        for source in dict.fromkeys(map(source_of, trials))
    }


def _firsts(trials: Sequence[Trial], weights: Mapping[str, Fitted], source: str) -> Iterable[bool]:
    for one in trials:
        if one.answerable and source_of(one) == source:
            yield by(weights[fold_of(one.group)], one)[0].right
