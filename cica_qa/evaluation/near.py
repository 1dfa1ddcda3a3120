"""Near-duplicate detection in nearly linear time, by MinHash.

Source: Broder, "On the resemblance and containment of documents", 1997. Shingles are runs of five
words. Only texts that share a band of hashes are compared, and that comparison is exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SIMILARITY_THRESHOLD = 0.8
"""The Jaccard similarity of shingles from which two texts are near-duplicates."""

_SHINGLE = 5
# At a similarity of 0.8, 2 pairs in 10,000 share none of 16 bands of 4 hashes.
_BANDS, _ROWS = 16, 4
# The most texts kept for a band, since texts from one template would all share it.
_BAND_SIZE = 8
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class NearTexts:
    """An index of texts, by group and name, that finds near-duplicates of a new text."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._factors = rng.integers(1 << 63, size=(_BANDS * _ROWS, 1), dtype=np.uint64) * 2 + 1
        self._texts: list[tuple[int, str, NDArray[np.uint64]]] = []
        self._bands: dict[bytes, list[int]] = {}

    def match_and_add(
        self, group: int, name: str, words: Sequence[str]
    ) -> list[tuple[int, str, float]]:
        """Return the nearest text of each group as (group, name, similarity), and add the text.

        Only similarities of at least ``SIMILARITY_THRESHOLD`` count. A text with a near-duplicate
        in its own group is not added.
        """
        shingles = _shingles(words)
        if not len(shingles):
            return []
        bands = self._bands_of(shingles)
        near: dict[int, tuple[float, str]] = {}
        for index in {i for band in bands for i in self._bands.get(band, ())}:
            other_group, other, others = self._texts[index]
            similar = _jaccard(shingles, others)
            if similar >= SIMILARITY_THRESHOLD and similar > near.get(other_group, (0.0, ""))[0]:
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
            if len(members) < _BAND_SIZE:
                members.append(len(self._texts) - 1)

    def _bands_of(self, shingles: NDArray[np.uint64]) -> list[bytes]:
        smallest = (_mixed(shingles[None, :] * self._factors)).min(axis=1).reshape(_BANDS, _ROWS)
        return [bytes([number]) + band.tobytes() for number, band in enumerate(smallest)]


def _shingles(words: Sequence[str]) -> NDArray[np.uint64]:
    """Return the distinct runs of five words, hashed and sorted; a shorter text is one run."""
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
