"""One score from what meaning and words say of each candidate, in units of cosine.

The score is a sum:

- ``child``: the best sentence, list item or window of the passage, each as good as its cosine
  with the question and better where it holds the question's own terms as well;
- ``lexical``: the passage's BM25 score, as a share of the best one found, or of what a passage
  with all the terms could reach where even the best is far from that; how much a full share
  counts depends on the question (``lexical_weight``);
- ``alignment``: how well each word of the question matches its nearest word in the passage.

The numbers are fitted on question sets, each left out in turn: ``benchmarks/tune_fusion.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cica_qa.protocols import Vectors
from cica_qa.retrieve.evidence import Evidence, Signals


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence weighs against a cosine.

    ``coverage`` is what a child gains that holds all terms of a field. ``lexical`` is what a
    full lexical share adds; its logarithm grows by ``lexical_gap``, ``dense_gap`` and
    ``unknown`` for each 1 of that signal. ``reachable`` is how much of the ideal BM25 score
    counts as a full share at least. A word more dissimilar than ``least_similarity`` from all
    words of the passage counts as that.
    """

    coverage: Mapping[str, float] = field(default_factory=lambda: {"stems": 0.042, "grams": 0.042})
    lexical: float = 0.058
    lexical_gap: float = 0.8
    dense_gap: float = -20.0
    unknown: float = -1.0
    reachable: float = 0.4
    alignment: float = 0.17
    least_similarity: float = 0.3


FITTED = Weights()


def fuse(evidence: Evidence, weights: Weights = FITTED) -> dict[str, Vectors]:
    """Return by name the parts of the score of each candidate; it is their sum."""
    parts = {
        "child": best_children(evidence, weights),
        "lexical": np.float32(lexical_weight(evidence.signals, weights))
        * lexical_share(evidence, weights),
    }
    if evidence.similarities is not None:
        parts["alignment"] = np.float32(weights.alignment) * alignment(
            evidence.similarities, weights
        )
    return parts


def best_children(evidence: Evidence, weights: Weights = FITTED) -> Vectors:
    """Return the score of the best child of each candidate."""
    children = evidence.cosines.astype(np.float32, copy=True)
    for name, weight in weights.coverage.items():
        if name in evidence.coverage:
            children += np.float32(weight) * evidence.coverage[name]
    best: Vectors = np.maximum.reduceat(children, evidence.starts)
    return best


def lexical_weight(signals: Signals, weights: Weights = FITTED) -> float:
    """Return how much a full lexical share adds to the score, above 0.

    A clear winner on one side is a reason to trust that side; words that no passage has say
    that the question's words are not the collection's.
    """
    return weights.lexical * math.exp(
        weights.lexical_gap * signals.lexical_gap
        + weights.dense_gap * signals.dense_gap
        + weights.unknown * signals.unknown
    )


def lexical_share(evidence: Evidence, weights: Weights = FITTED) -> Vectors:
    """Return the BM25 scores of the candidates as shares between 0 and 1."""
    full = max(evidence.best_bm25, weights.reachable * evidence.ideal_bm25, 1e-9)
    return evidence.bm25 / np.float32(full)


def alignment(similarities: Vectors, weights: Weights = FITTED) -> Vectors:
    """Return the mean similarity of the question's words, for each candidate.

    ``similarities`` has shape ``(candidates, words)``.
    """
    if not similarities.shape[1]:
        return np.zeros(len(similarities), np.float32)
    mean: Vectors = np.clip(similarities, weights.least_similarity, 1).mean(axis=1)
    return mean
