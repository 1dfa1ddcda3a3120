"""Texts that are nearly the same, found among many in time near linear in their number.

MinHash (Broder, "On the resemblance and containment of documents", 1997) over runs of five words,
in bands, so that only texts that share a band are compared; the comparison itself is exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SAME = 0.8
"""From which Jaccard similarity of their shingles on two texts are nearly the same."""

_SHINGLE = 5
# At a similarity of 0.8 a pair shares none of 16 bands of 4 in 2 cases of 10,000.
_BANDS, _ROWS = 16, 4
# Each text is compared with so many of a band: texts from one mould would all be in it.
_COMPARED = 8
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class NearTexts:
    """Remembers texts by group and name, and finds those that a new one is nearly the same as."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._factors = rng.integers(1 << 63, size=(_BANDS * _ROWS, 1), dtype=np.uint64) * 2 + 1
        self._texts: list[tuple[int, str, NDArray[np.uint64]]] = []
        self._bands: dict[bytes, list[int]] = {}

    def meet(self, group: int, name: str, words: Sequence[str]) -> list[tuple[int, str, float]]:
        """Return the group, the name and the similarity of the nearest text of each group.

        Only of groups that have one of at least ``SAME``. Then the text is remembered.
        """
        shingles = _shingles(words)
        if not len(shingles):
            return []
        bands = self._bands_of(shingles)
        near: dict[int, tuple[float, str]] = {}
        for index in {i for band in bands for i in self._bands.get(band, ())}:
            other_group, other, others = self._texts[index]
            similar = _jaccard(shingles, others)
            if similar >= SAME and similar > near.get(other_group, (0.0, ""))[0]:
                near[other_group] = similar, other
        if group not in near:
            self._remember(group, name, shingles, bands)
        return [(g, other, similar) for g, (similar, other) in sorted(near.items())]

    def _remember(
        self, group: int, name: str, shingles: NDArray[np.uint64], bands: Sequence[bytes]
    ) -> None:
        self._texts.append((group, name, shingles))
        for band in bands:
            members = self._bands.setdefault(band, [])
            if len(members) < _COMPARED:
                members.append(len(self._texts) - 1)

    def _bands_of(self, shingles: NDArray[np.uint64]) -> list[bytes]:
        smallest = (_mixed(shingles[None, :] * self._factors)).min(axis=1).reshape(_BANDS, _ROWS)
        return [bytes([number]) + band.tobytes() for number, band in enumerate(smallest)]


def _shingles(words: Sequence[str]) -> NDArray[np.uint64]:
    """The different runs of five words, hashed and sorted; the whole of a shorter text."""
    hashes = np.fromiter(map(_word_hash, words), np.uint64, len(words))
    size = min(_SHINGLE, len(words))
    if not size:
        return hashes
    runs = np.zeros(len(words) - size + 1, np.uint64)
    for offset in range(size):
        runs = _mixed(runs * _FACTOR + hashes[offset : offset + len(runs)])
    return np.unique(runs)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return values ^ (values >> np.uint64(31))


@lru_cache(1 << 16)
def _word_hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())


def _jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
