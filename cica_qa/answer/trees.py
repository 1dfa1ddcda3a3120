"""Boosted regression trees: the sum of what they give is the logit of a probability.

After Friedman, "Greedy function approximation: a gradient boosting machine", 2001. They are fitted
by scikit-learn (``benchmarks/answering``), written as plain lists and summed here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

Node = Any
"""A leaf's value, or ``[feature, threshold, up to it, above it]`` with the feature's number."""
_SUREST = 30.0


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """``trees`` over the features called ``names``; ``bias`` is the logit before any of them."""

    names: Sequence[str]
    bias: float
    trees: Sequence[Node]

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        """Return what was written of them."""
        return cls(**written)

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the probability, between 0 and 1; features that are not told are 0."""
        values = [float(np.float32(features.get(name, 0.0))) for name in self.names]
        logit = self.bias + sum(_value(tree, values) for tree in self.trees)
        return 1 / (1 + math.exp(-max(min(logit, _SUREST), -_SUREST)))


def _value(node: Node, values: Sequence[float]) -> float:
    while isinstance(node, list):
        feature, threshold, below, above = node
        node = below if values[feature] <= threshold else above
    return float(node)
