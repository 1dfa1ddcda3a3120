"""The terms of each child: of every row of vectors, so that words and meaning can meet in one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import Writer
from cica_qa.index.lexical import term_key
from cica_qa.protocols import Vectors

_STARTS, _KEYS = "child_starts.npy", "child_keys.npy"
_KEY_BITS = 0xFFFF_FFFF  # a false match among a few dozen terms and rows is no matter


class ChildTerms:
    """Which terms stand in which child. Immutable; safe to share between threads.

    ``starts`` says for each row where its terms begin in ``keys``, which holds each different
    term of a row once; it has one entry more than there are rows.
    """

    def __init__(self, starts: NDArray[np.int64], keys: NDArray[np.uint32]) -> None:
        """Raises ``ValueError`` where the two do not belong together."""
        if not len(starts) or int(starts[-1]) != len(keys):
            raise ValueError("the terms of the children do not agree with their number")
        self._starts = starts
        self._keys = keys

    @classmethod
    def from_terms(cls, rows: Iterable[Mapping[str, Sequence[str]]]) -> Self:
        """Index the terms of rows, given in order, by field."""
        starts, keys = [0], array("I")
        for terms in rows:
            keys.extend(sorted({_key(field, term) for field in terms for term in terms[field]}))
            starts.append(len(keys))
        return cls(np.array(starts, np.int64), np.array(keys, np.uint32))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what ``files`` wrote, memory-mapped. Raises ``OSError`` or ``ValueError``."""
        starts = np.load(folder / _STARTS, allow_pickle=False)
        return cls(starts, np.load(folder / _KEYS, mmap_mode="r", allow_pickle=False))

    def files(self) -> dict[str, Writer]:
        """Return what writes each file, by name."""
        return {_STARTS: partial(_save, self._starts), _KEYS: partial(_save, self._keys)}

    def __len__(self) -> int:
        return len(self._starts) - 1

    def coverage(
        self, rows: NDArray[np.int64], field: str, weights: Mapping[str, float]
    ) -> Vectors:
        """Return the weight of those terms of ``weights`` that each of ``rows`` holds."""
        if not len(rows) or not weights:
            return np.zeros(len(rows), np.float32)
        wanted = np.array([_key(field, term) for term in weights], np.uint32)
        order = np.argsort(wanted)
        wanted, gains = wanted[order], np.array(list(weights.values()), np.float32)[order]
        keys, counts = self._keys_of(rows)
        found = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
        matched = np.where(wanted[found] == keys, gains[found], np.float32(0))
        # With a sentinel, since a row without terms would otherwise take its neighbour's sum.
        sums = np.add.reduceat(np.append(matched, np.float32(0)), np.cumsum(counts) - counts)
        covered: Vectors = np.where(counts > 0, sums, np.float32(0))
        return covered

    def held(self, rows: NDArray[np.int64], field: str, terms: Sequence[str]) -> list[bool]:
        """Return whether any of ``rows`` has each of ``terms`` in ``field``."""
        wanted = np.array([_key(field, term) for term in terms], np.uint32)
        found: list[bool] = np.isin(wanted, self._keys_of(rows)[0]).tolist()
        return found

    def _keys_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the keys of rows, one row's after the other's, and how many each has."""
        first, counts = self._starts[rows], self._starts[rows + 1] - self._starts[rows]
        before = np.cumsum(counts) - counts
        return self._keys[np.repeat(first - before, counts) + np.arange(counts.sum())], counts


def _key(field: str, term: str) -> int:
    return term_key(field, term) & _KEY_BITS


def _save(stored: NDArray[Any], stream: BinaryIO) -> None:
    np.save(stream, stored, allow_pickle=False)
