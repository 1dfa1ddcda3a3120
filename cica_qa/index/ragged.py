"""Ragged arrays: rows of different lengths, stored one after the other in a flat array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def picked(starts: Indices, rows: Indices) -> tuple[Indices, Indices]:
    """Select rows of a ragged array; return their own starts and the indices of their elements.

    ``starts`` holds the index of each row's first element and, last, the number of elements; so
    does the first array returned.
    """
    first = starts[rows]
    counts = starts[rows + 1] - first
    ends = np.cumsum(counts)
    offsets = first - (ends - counts)
    return np.append(0, ends), np.repeat(offsets, counts) + np.arange(counts.sum())


def concatenated(before: Indices, after: Indices) -> Indices:
    """Return the starts of two ragged arrays that are concatenated."""
    return np.concatenate([before, after[1:] + before[-1]])
