"""Runs of different lengths, kept one after the other in one array; and how to pick some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def picked(starts: Places, runs: Places) -> tuple[Places, Places]:
    """Return where the chosen ``runs`` begin among each other, and the places of all they hold.

    ``starts`` says where each run begins and has one entry more than there are runs; so has the
    first array that is returned.
    """
    first = starts[runs]
    counts = starts[runs + 1] - first
    ends = np.cumsum(counts)
    offsets = first - (ends - counts)
    return np.append(0, ends), np.repeat(offsets, counts) + np.arange(counts.sum())


def joined(before: Places, after: Places) -> Places:
    """Return where the runs of two arrays begin in both, the one after the other."""
    return np.concatenate([before, after[1:] + before[-1]])
