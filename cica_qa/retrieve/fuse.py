"""One score from what meaning and words say of each candidate, in units of cosine.

``score = best child + trust in words x lexical share + ALIGNMENT x alignment``

- the best child: a sentence, list item or window is as good as its cosine with the question,
  and better where it holds the question's own terms as well;
- the lexical share: the passage's BM25 score against the best one found, or against what a
  passage with all terms could reach, where even the best is far from that;
- the alignment: how well each word of the question matches its nearest word in the passage.

How far words are trusted depends on the question (``lexical_weight``). The numbers were fitted
on question sets of which each was left out in turn: ``benchmarks/tune_fusion.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Vectors

# What a child gains that holds all terms of a field; grams forgive endings and slips.
COVERAGE: Mapping[str, float] = {"stems": 0.042, "grams": 0.042}
ALIGNMENT = 0.17
LEXICAL = 0.058
# A passage of average length with every term once reaches about this much of the ideal.
REACHABLE = 0.4
# A clear winner on one side is a reason to trust that side.
LEXICAL_GAP, DENSE_GAP = 0.8, 20.0
# Words that no passage has say that the question's words are not the collection's.
UNKNOWN = 1.0
# Below this a similarity of words means nothing.
LEAST_SIMILARITY = 0.3


@dataclass(frozen=True, slots=True)
class Signals:
    """What can be known of a question before its answer is.

    ``dense_gap`` is the distance of the two best cosines, ``lexical_gap`` that of the two best
    BM25 scores as a share of the best, ``unknown`` the share (by rarity) of the question's
    stems that no passage has; the last two are between 0 and 1.
    """

    dense_gap: float
    lexical_gap: float
    unknown: float


def lexical_weight(signals: Signals) -> float:
    """Return how much a full lexical share adds to the score, in units of cosine, above 0."""
    return LEXICAL * math.exp(
        LEXICAL_GAP * signals.lexical_gap
        - DENSE_GAP * signals.dense_gap
        - UNKNOWN * signals.unknown
    )


def lexical_share(scores: Vectors, best: float, ideal: float) -> Vectors:
    """Return BM25 scores as shares between 0 and 1.

    ``best`` is the best score of the collection, ``ideal`` the sum of the question's idf.
    """
    return scores / np.float32(max(best, REACHABLE * ideal, 1e-9))


def best_children(
    cosines: Vectors, coverage: Mapping[str, Vectors], starts: NDArray[np.int64]
) -> Vectors:
    """Return the score of the best child of each candidate.

    ``cosines`` and each of ``coverage`` (shares between 0 and 1 by field) have an entry for
    each child; the children of a candidate stand together and begin at its ``starts``.
    """
    children = cosines.astype(np.float32, copy=True)
    for field, weight in COVERAGE.items():
        if field in coverage:
            children += weight * coverage[field]
    best: Vectors = np.maximum.reduceat(children, starts)
    return best


def alignment(similarities: Vectors) -> Vectors:
    """Return the mean of the similarities of the question's words, for each candidate.

    ``similarities`` has shape ``(candidates, words)``.
    """
    if not similarities.shape[1]:
        return np.zeros(len(similarities), np.float32)
    mean: Vectors = np.clip(similarities, LEAST_SIMILARITY, 1).mean(axis=1)
    return mean


def fuse(children: Vectors, share: Vectors, weight: float, aligned: Vectors | None) -> Vectors:
    """Return the score of each candidate."""
    scores = children + np.float32(weight) * share
    return scores if aligned is None else scores + ALIGNMENT * aligned
