"""Measures of a ranking with one right document a question.

With one right document, found at rank r (0: not among the first ten), trec_eval's measures are
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
    """Return the rank, from 1, of each question's first right document among ten; 0 for none."""
    return np.array(
        [
            next((rank for rank, one in enumerate(ranked[:DEPTH], 1) if one in right), 0)
            for ranked, right in zip(found, gold, strict=True)
        ],
        np.int64,
    )


def measure(ranks: Ranks) -> dict[str, NDArray[np.float64]]:
    """Return each measure of each question; a question whose document is not found has 0."""
    hit = ranks > 0
    safe = np.where(hit, ranks, 1)
    return {
        "nDCG@10": hit / np.log2(1 + safe),
        "R@1": (ranks == 1).astype(float),
        "R@5": (hit & (ranks <= 5)).astype(float),
        "RR@10": hit / safe,
    }
