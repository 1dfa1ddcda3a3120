"""An index from 64-bit hashes to rows that works on memory-mapped arrays."""

from __future__ import annotations

import hashlib
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import FileWriter, array_writer
from cica_qa.index.pack import Pack
from cica_qa.index.ragged import Indices

Hashes = NDArray[np.uint64]


class HashIndex:
    """Finds rows by their hash. Immutable; safe to share between threads.

    Hashes may collide, so callers compare the row they find with what they look for.
    """

    def __init__(self, sorted_keys: Hashes, rows: NDArray[np.int32]) -> None:
        """Take hashes in ascending order and the row of each. Raises ``ValueError``."""
        if len(sorted_keys) != len(rows):
            raise ValueError("the keys do not agree with the number of rows")
        self._keys = sorted_keys
        self._rows = rows

    @classmethod
    def of(cls, hashes: Hashes) -> Self:
        """Index rows by their hashes, given in row order."""
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], order.astype(np.int32))

    @classmethod
    def load(cls, pack: Pack, name: str) -> Self:
        """Open a saved index. Raises ``KeyError`` or ``ValueError``."""
        return cls(pack.array(f"{name}_keys.npy"), pack.array(f"{name}_key_rows.npy"))

    def files(self, name: str) -> dict[str, FileWriter]:
        """Return a writer for each file, by name."""
        return {
            f"{name}_keys.npy": array_writer(self._keys),
            f"{name}_key_rows.npy": array_writer(self._rows),
        }

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, hashes: Hashes) -> Indices:
        """Return the first row with each of ``hashes``, -1 for a hash that no row has."""
        places = np.searchsorted(self._keys, hashes)
        known = places < len(self._keys)
        known[known] = self._keys[places[known]] == hashes[known]
        found = np.full(len(hashes), -1, np.int64)
        found[known] = self._rows[places[known]]
        return found

    def rows_of(self, key: np.uint64) -> list[int]:
        """Return all rows with a hash."""
        first, last = (int(np.searchsorted(self._keys, key, side)) for side in ("left", "right"))
        return [int(row) for row in self._rows[first:last]]


def text_hash(text: str) -> np.uint64:
    """Return the 64-bit hash of a text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def leading_hashes(digests: NDArray[np.void]) -> Hashes:
    """Return the first 8 bytes of each digest as a hash."""
    numbers = np.frombuffer(digests.tobytes(), "<u8")
    return numbers.reshape(len(digests), -1)[:, 0].copy()
