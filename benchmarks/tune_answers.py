"""Fit the weights of ``answer/extract.py`` and ``answer/abstain.py``, each set left out in turn.

The score of candidates: a listwise softmax over those of a question, every group of sets counting
alike. The confidence: a logistic regression of whether the pool has the answer over the evidence
for the best candidate, chosen by weights fitted without its set; near misses count a quarter. Each
set is read by a reader that never saw it: ``python -m benchmarks.training`` makes those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from benchmarks._answer_evidence import (
    ENGLISH,
    RANK_FEATURES,
    SURE_FEATURES,
    Asking,
    ask_all,
    fold_readers,
    folders,
    group_of,
    rank_features,
    sure_features,
)
from benchmarks._common import write_results
from cica_qa.answer import abstain, extract
from cica_qa.answer.extract import Ranked
from cica_qa.arabic.questions import Kind

NEAR_MISS_WEIGHT = 0.25
Features = NDArray[np.float64]


def main() -> None:
    work, folder = folders(__doc__)
    _, asked = ask_all(folder, fold_readers(work))
    groups = sorted({group_of(one.data_set) for one in asked})
    left_out = {
        group: fit_ranking([one for one in asked if group_of(one.data_set) != group])
        for group in groups
    }
    ranking = fit_ranking(asked)
    sure = fit_confidence(asked, left_out)
    write_results(
        "tune_answers",
        {
            "The first candidate holds the answer, its group left out": _accuracy(asked, left_out),
            "What the score is worth without each part, its group left out": _ablation(asked),
            "Weights of the score": _beside(RANK_FEATURES, ranking, extract.FITTED),
            "Telling questions with an answer from the same without, the group left out": _auroc(
                asked, left_out
            ),
            "Weights of the confidence": _beside(("bias", *SURE_FEATURES), sure, abstain.FITTED),
            "How often candidates have the shape of what is asked for": shapes(asked),
        },
    )


# ---- the score of candidates ---------------------------------------------------------------


def fit_ranking(asked: Sequence[Asking], used: Sequence[int] | None = None) -> Features:
    """Return a weight for each of ``RANK_FEATURES``, 0 for those that are not ``used``."""
    used = list(range(len(RANK_FEATURES))) if used is None else list(used)
    groups: dict[str, list[Asking]] = {}
    for one in asked:
        if any(one.right(found.candidate) for found in one.found):
            groups.setdefault(one.data_set, []).append(one)
    packed = [_packed(members, used) for members in groups.values()]
    scale = torch.cat([features for features, _, _ in packed]).std(dim=0) + 1e-6
    weights = torch.zeros(len(used), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        losses = [_loss(features / scale @ weights, g, q) for features, g, q in packed]
        loss = torch.stack(losses).mean() + 1e-3 * (weights**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    found = np.zeros(len(RANK_FEATURES))
    found[used] = (weights / scale).detach().numpy()
    return found


def _packed(
    asked: Sequence[Asking], used: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = [rank_features(found) for one in asked for found in one.found]
    gold = [one.right(found.candidate) for one in asked for found in one.found]
    query = [at for at, one in enumerate(asked) for _ in one.found]
    features = torch.tensor(rows, dtype=torch.float32)[:, list(used)]
    return features, torch.tensor(gold, dtype=torch.float32), torch.tensor(query)


def _loss(scores: torch.Tensor, gold: torch.Tensor, query: torch.Tensor) -> torch.Tensor:
    size = int(query.max()) + 1
    highest = torch.full((size,), -torch.inf).scatter_reduce(0, query, scores.detach(), "amax")
    grown = torch.exp(scores - highest[query])
    total = torch.zeros(size).index_add(0, query, grown)
    right = torch.zeros(size).index_add(0, query, grown * gold)
    return -(torch.log(right) - torch.log(total)).mean()


def best_of(found: Sequence[Ranked], weights: Features) -> list[Ranked]:
    """Return candidates in the order of other weights than those in use."""
    scores = np.array([rank_features(one) for one in found]) @ weights
    return [found[at] for at in np.argsort(-scores, kind="stable")]


def _accuracy(asked: Sequence[Asking], left_out: dict[str, Features]) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(one.data_set for one in asked):
        own = [one for one in asked if one.data_set == name]
        weights = left_out[group_of(name)]
        best = [best_of(one.found, weights)[0].candidate for one in own]
        pairs = list(zip(own, best, strict=True))
        rows.append(
            {
                "set": name,
                "questions": len(own),
                "where it is marked": np.mean([one.right(found) for one, found in pairs]),
                "in any document": np.mean([one.holds(found) for one, found in pairs]),
                "among the candidates": np.mean(
                    [any(one.right(f.candidate) for f in one.found) for one in own]
                ),
            }
        )
    return rows


def _ablation(asked: Sequence[Asking]) -> list[dict[str, Any]]:
    everything = range(len(RANK_FEATURES))
    rows = [{"without": "(nothing)", "mean over the sets": _mean_accuracy(asked, everything)}]
    for at, name in enumerate(RANK_FEATURES):
        used = [other for other in everything if other != at]
        rows.append({"without": name, "mean over the sets": _mean_accuracy(asked, used)})
    return rows


def _mean_accuracy(asked: Sequence[Asking], used: Sequence[int]) -> float:
    found: dict[str, list[bool]] = {}
    for group in {group_of(one.data_set) for one in asked}:
        weights = fit_ranking([one for one in asked if group_of(one.data_set) != group], used)
        for one in asked:
            if group_of(one.data_set) == group:
                best = best_of(one.found, weights)[0].candidate
                found.setdefault(one.data_set, []).append(one.right(best))
    return float(np.mean([np.mean(values) for values in found.values()]))


def shapes(asked: Sequence[Asking]) -> list[dict[str, Any]]:
    """The numbers of ``extract.SHAPES``."""
    counts: dict[Kind, list[list[bool]]] = {}
    for one in asked:
        for found in one.found:
            if found.fits is not None and one.asked.kind in extract.SHAPES:
                right, other = counts.setdefault(one.asked.kind, [[], []])
                (right if one.right(found.candidate) else other).append(found.fits)
    return [
        {
            "asked for": kind,
            "that answer": len(right),
            "have it": np.mean(right),
            "others": len(other),
            "have it too": np.mean(other),
            "in use": " / ".join(map(str, extract.SHAPES[kind])),
        }
        for kind, (right, other) in sorted(counts.items())
    ]


# ---- the confidence ------------------------------------------------------------------------


def fit_confidence(asked: Sequence[Asking], left_out: dict[str, Features]) -> Features:
    """Return the bias and a weight for each of ``SURE_FEATURES``."""
    features, labels, weights = _evidence(asked, left_out)
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(max_iter=1000).fit(
        scaler.transform(features), labels, sample_weight=weights
    )
    coefficients = model.coef_[0] / scaler.scale_
    return np.array([model.intercept_[0] - coefficients @ scaler.mean_, *coefficients])


def _evidence(
    asked: Sequence[Asking], left_out: dict[str, Features]
) -> tuple[Features, NDArray[np.bool_], Features]:
    rows, labels, weights = [], [], []
    for one in asked:
        ranking = left_out[group_of(one.data_set)]
        for found, label, weight in (
            (one.found, True, 1.0),
            (one.without, False, 1.0),
            (one.near_misses, False, NEAR_MISS_WEIGHT),
        ):
            if found:
                rows.append(sure_features(one.question, best_of(found, ranking)))
                labels.append(label)
                weights.append(weight)
    return np.array(rows), np.array(labels), np.array(weights)


def _auroc(asked: Sequence[Asking], left_out: dict[str, Features]) -> list[dict[str, Any]]:
    rows = []
    for group in left_out:
        # Questions in another script are in one group only: they stay, or nothing is learnt.
        train = [o for o in asked if group_of(o.data_set) != group or o.data_set == ENGLISH]
        bias, *weights = fit_confidence(train, left_out)
        names = dict.fromkeys(one.data_set for one in asked if group_of(one.data_set) == group)
        for name in names:
            own = [one for one in asked if one.data_set == name]
            sure = partial(_sure, ranking=left_out[group], bias=bias, weights=np.array(weights))
            with_it = [sure(one, one.found) for one in own]
            without = [sure(one, one.without) for one in own if one.without]
            near = [sure(one, one.near_misses) for one in own if one.near_misses]
            rows.append(
                {
                    "set": name,
                    "answer left out of the pool": _auc(with_it, without),
                    "near misses": _auc(with_it, near),
                }
            )
    return rows


def _sure(
    one: Asking, found: Sequence[Ranked], ranking: Features, bias: float, weights: Features
) -> float:
    evidence = sure_features(one.question, best_of(found, ranking))
    return 1 / (1 + math.exp(-(bias + weights @ np.array(evidence))))


def _auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    labels = [1] * len(positive) + [0] * len(negative)
    return float(roc_auc_score(labels, [*positive, *negative]))


def _beside(names: Sequence[str], fitted: Features, used: object) -> list[dict[str, Any]]:
    return [
        {"weight": name, "fitted on all sets": value, "in use": getattr(used, name)}
        for name, value in zip(names, fitted, strict=True)
    ]


if __name__ == "__main__":
    main()
