"""Gradient-boosted regression trees whose sum is the logit of a probability.

After Friedman, "Greedy function approximation: a gradient boosting machine", 2001. The trees are
fitted with scikit-learn (``benchmarks/answering``) and stored as nested lists.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

Node = Any
"""The value of a leaf, or ``[feature, threshold, below, above]``.

``feature`` is an index into the names; ``below`` includes the threshold itself.
"""
_MAX_LOGIT = 30.0


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """Trees over the features ``names``; ``bias`` is the logit that they are added to."""

    names: Sequence[str]
    bias: float
    trees: Sequence[Node]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """Return the trees of a JSON object with these three fields."""
        return cls(**written)

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability, between 0 and 1; missing features are 0."""
        values = [float(np.float32(features.get(name, 0.0))) for name in self.names]
        logit = self.bias + sum(_value(tree, values) for tree in self.trees)
        return 1 / (1 + math.exp(-max(min(logit, _MAX_LOGIT), -_MAX_LOGIT)))


def _value(node: Node, values: Sequence[float]) -> float:
    while isinstance(node, list):
        feature, threshold, below, above = node
        node = below if values[feature] <= threshold else above
    return float(node)
