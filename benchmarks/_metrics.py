"""Measures of rankings with one relevant document per question.

With one relevant document at rank r (0 if not among the first ten), trec_eval's measures are
nDCG@10 = 1 / log2(1 + r), RR@10 = 1 / r and R@k = [r <= k].
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
MEASURES = ("nDCG@10", "R@1", "R@5", "RR@10")
Ranks = NDArray[np.int64]


def gold_ranks(found: Iterable[Sequence[str]], gold: Iterable[Collection[str]]) -> Ranks:
    """Return the rank of each question's first relevant document among ten; 0 if there is none."""
    return np.array(
        [
            next((rank for rank, one in enumerate(ranked[:DEPTH], 1) if one in right), 0)
            for ranked, right in zip(found, gold, strict=True)
        ],
        np.int64,
    )


def measure(ranks: Ranks) -> dict[str, NDArray[np.float64]]:
    """Return every measure for each question; 0 if its document was not found."""
    hit = ranks > 0
    safe = np.where(hit, ranks, 1)
    return {
        "nDCG@10": hit / np.log2(1 + safe),
        "R@1": (ranks == 1).astype(float),
        "R@5": (hit & (ranks <= 5)).astype(float),
        "RR@10": hit / safe,
    }
