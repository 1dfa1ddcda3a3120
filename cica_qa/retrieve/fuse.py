"""Fusion of the evidence for each candidate into one score, in units of cosine.

The score is a sum:

- ``child``: the best sentence, list item or window of the passage, scored by its cosine with the
  question and by the share of the question's terms it contains;
- ``title``: the share of the question's terms that the document's title has and the passage lacks;
- ``lexical``: the passage's BM25 score, as a share of the best score found, or of a share of the
  ideal score (that of a passage with all terms) if the best one is far below it;
- ``alignment``: how similar each word of the question is to the most similar word of the passage;
- ``number``: the number of numbered units that the question names and the passage contains.

The weight of words thus depends on how much of the question is found in the collection, and on
its script: for a question in another script than the passages, BM25 counts less and alignment
more. The weights are fitted on question sets, leaving out each in turn, by
``benchmarks/tune_fusion.py``, which also lists the signals that did not help.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Vectors
from cica_qa.retrieve.evidence import Evidence

SHORT_PASSAGE = 5
"""The number of words of a passage that says hardly anything."""

NUMBER_WEIGHT = 1.0
"""Added for each numbered unit that the question names, which ranks its passage first."""

TYPICAL_LENGTH = 80
"""Words of a typical passage. It shifts all scores equally, to keep them near cosines."""


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """The weight of each kind of evidence relative to a cosine.

    ``coverage`` is added for a child that contains all stems of the question, ``title`` for a
    passage whose title has all of them and whose text none, ``lexical`` for a full lexical share
    and ``alignment`` for words that all find an identical one. For a question in another script,
    the logarithms of the last two change by ``lexical_foreign`` and ``alignment_foreign``.
    ``reachable`` is the share of the ideal BM25 score that a full lexical share requires at
    least. Similarities below ``least_similarity`` are raised to it. The alignment falls by
    ``length`` times the logarithm of the passage's length, because longer passages contain
    better matches by chance.
    """

    coverage: float = 0.032
    title: float = 0.28
    lexical: float = 0.079
    lexical_foreign: float = -1.3
    reachable: float = 0.34
    alignment: float = 0.17
    alignment_foreign: float = 1.3
    least_similarity: float = 0.3
    length: float = 0.036


FUSION_WEIGHTS = FusionWeights()


def fuse(evidence: Evidence, weights: FusionWeights = FUSION_WEIGHTS) -> dict[str, Vectors]:
    """Return the terms of each candidate's score by name; the score is their sum."""
    lexical = weights.lexical * math.exp(weights.lexical_foreign * evidence.foreign)
    parts = {
        "child": best_children(evidence, weights),
        "title": np.float32(weights.title) * left_to_title(evidence),
        "lexical": np.float32(lexical) * lexical_share(evidence, weights),
    }
    if evidence.similarities is not None:
        aligned = weights.alignment * math.exp(weights.alignment_foreign * evidence.foreign)
        parts["alignment"] = np.float32(aligned) * alignment(
            evidence.similarities, evidence.lengths, weights
        )
    if evidence.numbered is not None:
        parts["number"] = np.float32(NUMBER_WEIGHT) * evidence.numbered
    return parts


def best_children(evidence: Evidence, weights: FusionWeights = FUSION_WEIGHTS) -> Vectors:
    """Return the score of the best child of each candidate."""
    children = evidence.cosines + np.float32(weights.coverage) * evidence.coverage
    best: Vectors = np.maximum.reduceat(children, evidence.starts)
    return best


def left_to_title(evidence: Evidence) -> Vectors:
    """Return the share of the question that only the document's title covers, by candidate.

    It is reduced for short passages: a lone heading leaves everything to the title and says
    nothing itself.
    """
    if evidence.similarities is None:
        return evidence.titled
    fullness: Vectors = (evidence.lengths / (evidence.lengths + SHORT_PASSAGE)).astype(np.float32)
    return evidence.titled * fullness


def lexical_share(evidence: Evidence, weights: FusionWeights = FUSION_WEIGHTS) -> Vectors:
    """Return the BM25 scores of the candidates as shares of a full score, between 0 and 1."""
    full = max(evidence.best_bm25, weights.reachable * evidence.ideal_bm25, 1e-9)
    return evidence.bm25 / np.float32(full)


def alignment(
    similarities: Vectors, lengths: NDArray[np.int64], weights: FusionWeights = FUSION_WEIGHTS
) -> Vectors:
    """Return the mean similarity of the question's words, corrected for chance, by candidate.

    ``similarities`` has shape ``(candidates, words)``; ``lengths`` are the candidates' numbers of
    words. A question without words has alignment 0.
    """
    if not similarities.shape[1]:
        return np.zeros(len(similarities), np.float32)
    mean: Vectors = np.clip(similarities, weights.least_similarity, 1).mean(axis=1)
    chance = weights.length * np.log((lengths + SHORT_PASSAGE) / TYPICAL_LENGTH)
    return mean - chance.astype(np.float32)
