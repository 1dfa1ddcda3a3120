"""One score from what meaning and words say of each candidate, in units of cosine.

The score is a sum:

- ``child``: the best sentence, list item or window of the passage, each as good as its cosine
  with the question and better where it holds the question's own terms as well;
- ``title``: terms of the question that the passage does not have and its document's title has;
- ``lexical``: the passage's BM25 score, as a share of the best one found, or of what a passage
  with all the terms could reach where even the best is far from that;
- ``alignment``: how well each word of the question matches its nearest word in the passage;
- ``number``: the numbered units that the question names and the passage has.

How far words are trusted thus depends on how much of the question is found in the collection,
and on its script: of a question in another script than the passages, letters say less and the
alignment more. The numbers are fitted on question sets, each left out in turn:
``benchmarks/tune_fusion.py``, which also has what did not earn its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Vectors
from cica_qa.retrieve.evidence import Evidence

SHORT = 5
"""Words of a passage that says hardly anything."""

NUMBER = 1.0
"""What a passage gains by each numbered unit that the question names: it comes first."""

TYPICAL_LENGTH = 80
"""Words of a passage; it moves all scores alike, so that they stay comparable to cosines."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence weighs against a cosine.

    ``coverage`` is what a child gains that holds all stems of the question, ``title`` what a
    passage gains that leaves all of them to its title, ``lexical`` what a full lexical share
    adds and ``alignment`` what words do that all find their like. The logarithms of the last
    two grow by ``lexical_foreign`` and ``alignment_foreign`` in a question in another script.
    ``reachable`` is how much of the ideal BM25 score counts as a full share at least. A word
    less similar than ``least_similarity`` to any of the passage counts as that. The alignment
    falls by ``length`` times the logarithm of the passage's length, since among more words one
    finds a better match by chance.
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


FITTED = Weights()


def fuse(evidence: Evidence, weights: Weights = FITTED) -> dict[str, Vectors]:
    """Return by name the parts of the score of each candidate; it is their sum."""
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
        parts["number"] = np.float32(NUMBER) * evidence.numbered
    return parts


def best_children(evidence: Evidence, weights: Weights = FITTED) -> Vectors:
    """Return the score of the best child of each candidate."""
    children = evidence.cosines + np.float32(weights.coverage) * evidence.coverage
    best: Vectors = np.maximum.reduceat(children, evidence.starts)
    return best


def left_to_title(evidence: Evidence) -> Vectors:
    """Return the share of the question that each candidate leaves to its document's title.

    A lone heading leaves everything to it and says nothing itself: it gets little of that.
    """
    if evidence.similarities is None:
        return evidence.titled
    fullness: Vectors = (evidence.lengths / (evidence.lengths + SHORT)).astype(np.float32)
    return evidence.titled * fullness


def lexical_share(evidence: Evidence, weights: Weights = FITTED) -> Vectors:
    """Return the BM25 scores of the candidates as shares between 0 and 1."""
    full = max(evidence.best_bm25, weights.reachable * evidence.ideal_bm25, 1e-9)
    return evidence.bm25 / np.float32(full)


def alignment(
    similarities: Vectors, lengths: NDArray[np.int64], weights: Weights = FITTED
) -> Vectors:
    """Return how well the question's words find their like in each candidate.

    ``similarities`` has shape ``(candidates, words)``, ``lengths`` the candidates' numbers of
    words. It is the mean similarity less what chance brings, and 0 for a question without words.
    """
    if not similarities.shape[1]:
        return np.zeros(len(similarities), np.float32)
    mean: Vectors = np.clip(similarities, weights.least_similarity, 1).mean(axis=1)
    chance = weights.length * np.log((lengths + SHORT) / TYPICAL_LENGTH)
    return mean - chance.astype(np.float32)
