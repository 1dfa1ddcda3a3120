"""The fit: a listwise softmax for promise and order, boosted trees for the confidence.

All sources have the same weight, whatever their size. The figures of a source are measured with
weights that were fitted without its group.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.answering.sources import ALONE, MADE
from benchmarks.answering.trials import Trial, Tried, passages_of
from cica_qa.answer.select import relative_features, weighted_sum
from cica_qa.answer.trees import BoostedTrees
from cica_qa.answer.verdict import BIAS

Fitted = dict[str, float]
Floats = NDArray[np.float64]
FOLDS_OF_A_SOURCE = 5
NEAR_MISS = 0.5
"""The weight of a near miss relative to a question."""
L2 = 5e-3
TREES = {
    "max_iter": 150,
    "learning_rate": 0.05,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "max_features": 0.4,
}
DIGITS = 5
VERDICT_STRENGTH = 0.1


def source_of(trial: Trial) -> str:
    """Return the source that a trial counts for; public sets with shared paragraphs are one."""
    return ALONE if trial.source == ALONE else trial.group.split("/")[0]


def fold_of(group: str) -> str:
    """Return the fold that a group is left out with; a source's documents form a few folds."""
    source, _, rest = group.partition("/")
    return f"{source}/{zlib.crc32(rest.encode()) % FOLDS_OF_A_SOURCE}" if rest else source


def shares(trials: Sequence[Trial]) -> Floats:
    """Return the weight of each trial, equal in total for every source; the sum is 1."""
    counts = Counter(map(source_of, trials))
    return np.array([1 / counts[source_of(one)] / len(counts) for one in trials])


def fit_order(trials: Sequence[Trial], names: Sequence[str], l2: float = L2) -> Fitted:
    """Return the weights that best rank right candidates first."""
    own = [one for one in trials if any(tried.right for tried in one.tried)]
    features = torch.tensor(
        [[c.features.get(n, 0.0) for n in names] for one in own for c in one.tried],
        dtype=torch.float32,
    )
    right = torch.tensor([float(c.right) for one in own for c in one.tried])
    query = torch.tensor([at for at, one in enumerate(own) for _ in one.tried])
    counted = torch.tensor(shares(own), dtype=torch.float32)
    scale = features.std(0) + 1e-6
    scaled = features / scale
    weights = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scores = scaled @ weights
        highest = torch.full((len(own),), -torch.inf).scatter_reduce(
            0, query, scores.detach(), "amax"
        )
        grown = torch.exp(scores - highest[query])
        total = torch.zeros(len(own)).index_add(0, query, grown)
        good = torch.zeros(len(own)).index_add(0, query, grown * right)
        losses = torch.log(total) - torch.log(good + 1e-12)
        loss = (counted * losses).sum() + l2 * (weights**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return dict(zip(names, (weights / scale).detach().double().tolist(), strict=True))


def by(order: Mapping[str, float], trial: Trial) -> list[Tried]:
    """Return the candidates of a trial, best first."""
    return sorted(trial.tried, key=lambda one: -weighted_sum(order, one.features))


@dataclass(frozen=True, slots=True)
class SureRow:
    """A candidate of a trial, with its features relative to the others.

    ``right`` is whether it answers or contains the answer; ``first`` whether weights that were
    fitted without its fold rank it first.
    """

    trial: Trial
    candidate: Tried
    told: Mapping[str, float]
    right: bool
    first: bool
    counted: float

    @property
    def fold(self) -> str:
        """The fold that it is left out with."""
        return fold_of(self.trial.group)


def labelled(trial: Trial) -> bool:
    """Return whether the right candidates are known: not for made yes/no questions."""
    return not (trial.source == MADE and trial.answerable and trial.verdict)


def sure_rows(
    trials: Sequence[Trial], order: Callable[[Trial], Mapping[str, float]]
) -> list[SureRow]:
    """Return a row for every candidate of the trials and of their near misses.

    ``order`` returns the weights for a trial, which were fitted without it.
    """
    rows = []
    for trial, share in zip(trials, shares(trials), strict=True):
        for one, part in ((trial, 1.0), (trial.near_miss, NEAR_MISS)):
            if one is None:
                continue
            ordered = by(order(trial), one)
            features, passages = [c.features for c in ordered], passages_of(one)
            rows += [
                SureRow(
                    one,
                    candidate,
                    relative_features(features, at, one.kind, passages),
                    candidate.right or (one.answerable and candidate.holds),
                    at == 0,
                    share * part / len(ordered),
                )
                for at, candidate in enumerate(ordered)
            ]
    return rows


def fit_sure(rows: Sequence[SureRow], names: Sequence[str]) -> BoostedTrees:
    """Return trees that estimate the probability that a candidate is right."""
    rows = [row for row in rows if labelled(row.trial)]
    features = np.array([[row.told.get(name, 0.0) for name in names] for row in rows], np.float32)
    counted = np.array([row.counted for row in rows])
    right = [row.right for row in rows]
    model = HistGradientBoostingClassifier(**TREES, early_stopping=False, random_state=1).fit(
        features, right, sample_weight=counted / counted.mean()
    )
    bias = round(float(model._baseline_prediction[0, 0]), DIGITS)
    trees = [_written(one.nodes, 0) for (one,) in model._predictors]
    return BoostedTrees(list(names), bias, trees)


def _written(nodes: Any, at: int) -> Any:
    node = nodes[at]
    if node["is_leaf"]:
        return round(float(node["value"]), DIGITS)
    split = int(node["feature_idx"]), round(float(node["num_threshold"]), DIGITS)
    return [*split, _written(nodes, node["left"]), _written(nodes, node["right"])]


def left_out_confidence(rows: Sequence[SureRow], names: Sequence[str]) -> Floats:
    """Return the confidence of each row, from trees that were fitted without its fold."""
    folds = sorted({row.fold for row in rows})
    trees = {fold: fit_sure([row for row in rows if row.fold != fold], names) for fold in folds}
    return np.array([trees[row.fold].probability(row.told) for row in rows])


def fit_verdict(rows: Sequence[tuple[Mapping[str, float], str]]) -> dict[str, Fitted]:
    """Return the weights of the features for yes, no and neither, by logistic regression."""
    names = list(rows[0][0])
    features = np.array([[told[name] for name in names] for told, _ in rows])
    mean, scale = features.mean(0), features.std(0) + 1e-6
    model = LogisticRegression(C=VERDICT_STRENGTH, max_iter=2000).fit(
        (features - mean) / scale, [word for _, word in rows]
    )
    weights = model.coef_ / scale
    biases = model.intercept_ - weights @ mean
    return {
        str(word): {BIAS: float(bias), **dict(zip(names, own.tolist(), strict=True))}
        for word, bias, own in zip(model.classes_, biases, weights, strict=True)
    }
