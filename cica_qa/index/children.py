"""The terms of each child (row of vectors), so that wording and meaning are matched together."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import FileWriter, array_writer
from cica_qa.index.pack import Pack
from cica_qa.index.postings import term_key
from cica_qa.index.ragged import Indices, concatenated, picked
from cica_qa.protocols import Vectors

_STARTS, _KEYS = "child_starts.npy", "child_keys.npy"
_KEY_BITS = 0xFFFF_FFFF  # with a few dozen terms and rows per search, collisions do not matter


class ChildTerms:
    """Which terms each child contains. Immutable; safe to share between threads."""

    def __init__(self, starts: NDArray[np.int64], keys: NDArray[np.uint32]) -> None:
        """Take the distinct terms of each row: those of row ``i`` begin at ``starts[i]``.

        ``starts`` has one more entry than there are rows. Raises ``ValueError`` if the arrays do
        not match.
        """
        if not len(starts) or int(starts[-1]) != len(keys):
            raise ValueError("the terms of the children do not agree with their number")
        self._starts = starts
        self._keys = keys

    @classmethod
    def from_terms(cls, rows: Iterable[Iterable[str]]) -> Self:
        """Index the terms of each row, in row order."""
        starts, keys = [0], array("I")
        for terms in rows:
            keys.extend(sorted({_key(term) for term in terms}))
            starts.append(len(keys))
        return cls(np.array(starts, np.int64), np.array(keys, np.uint32))

    @classmethod
    def merged(cls, parts: Sequence[Self], order: Indices) -> Self:
        """Return the index of the rows at ``order``, numbered through all ``parts``."""
        bounds = reduce(concatenated, (part._starts for part in parts))
        starts, places = picked(bounds, order)
        return cls(starts, np.concatenate([part._keys for part in parts])[places])

    @classmethod
    def load(cls, pack: Pack) -> Self:
        """Open a saved index, memory-mapped. Raises ``KeyError`` or ``ValueError``."""
        return cls(pack.array(_STARTS), pack.array(_KEYS))

    def files(self) -> dict[str, FileWriter]:
        """Return a writer for each file, by name."""
        return {_STARTS: array_writer(self._starts), _KEYS: array_writer(self._keys)}

    def __len__(self) -> int:
        return len(self._starts) - 1

    def of(self, row: int) -> NDArray[np.uint32]:
        """Return the keys of the terms of a row, each once, ascending."""
        return self._keys[self._starts[row] : self._starts[row + 1]]

    def coverage(self, rows: NDArray[np.int64], weights: Mapping[str, float]) -> Vectors:
        """Return the total weight of the terms that each of ``rows`` contains."""
        wanted = np.array([_key(term) for term in weights], np.uint32)
        matched_rows, terms = self._matches(rows, wanted)
        gained = np.array(list(weights.values()), np.float32)[terms]
        covered: Vectors = np.bincount(matched_rows, gained, len(rows)).astype(np.float32)
        return covered

    def _matches(
        self, rows: NDArray[np.int64], wanted: NDArray[np.uint32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the index into ``rows`` and into ``wanted`` of each match."""
        if not len(wanted):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        starts, keys_of = picked(self._starts, rows)
        keys = self._keys[keys_of]
        met = np.flatnonzero(np.isin(keys, wanted))
        order = np.argsort(wanted)
        terms = order[np.searchsorted(wanted, keys[met], sorter=order)]
        return np.searchsorted(starts[1:], met, "right"), terms


def _key(term: str) -> int:
    return term_key("child", term) & _KEY_BITS
