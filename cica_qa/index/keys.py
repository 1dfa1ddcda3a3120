"""Rows found by a 64-bit hash, without a table in memory."""

from __future__ import annotations

import hashlib
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import Writer, array_writer
from cica_qa.index.pack import Pack
from cica_qa.index.ragged import Places

Hashes = NDArray[np.uint64]


class Keys:
    """Which rows have which hash. Immutable; safe to share between threads.

    Two things of one hash are possible: whoever finds a row looks at what is there.
    """

    def __init__(self, sorted_keys: Hashes, rows: NDArray[np.int32]) -> None:
        """``rows`` are those of ``sorted_keys``, one for one. Raises ``ValueError``."""
        if len(sorted_keys) != len(rows):
            raise ValueError("the keys do not agree with the number of rows")
        self._keys = sorted_keys
        self._rows = rows

    @classmethod
    def of(cls, hashes: Hashes) -> Self:
        """Sort the hashes of all rows."""
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], order.astype(np.int32))

    @classmethod
    def load(cls, pack: Pack, name: str) -> Self:
        """Open what ``files`` wrote. Raises ``KeyError`` or ``ValueError``."""
        return cls(pack.array(f"{name}_keys.npy"), pack.array(f"{name}_key_rows.npy"))

    def files(self, name: str) -> dict[str, Writer]:
        """Return what writes each part, by name."""
        return {
            f"{name}_keys.npy": array_writer(self._keys),
            f"{name}_key_rows.npy": array_writer(self._rows),
        }

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, hashes: Hashes) -> Places:
        """Return for each of ``hashes`` the first row that has it; -1 where there is none."""
        places = np.searchsorted(self._keys, hashes)
        known = places < len(self._keys)
        known[known] = self._keys[places[known]] == hashes[known]
        found = np.full(len(hashes), -1, np.int64)
        found[known] = self._rows[places[known]]
        return found

    def rows_of(self, key: np.uint64) -> list[int]:
        """Return all rows that have a hash."""
        first, last = (int(np.searchsorted(self._keys, key, side)) for side in ("left", "right"))
        return [int(row) for row in self._rows[first:last]]


def hash_of(text: str) -> np.uint64:
    """Return the hash by which a text is known."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def heads(digests: NDArray[np.void]) -> Hashes:
    """Return the first 8 bytes of each of some digests, as hashes."""
    numbers = np.frombuffer(digests.tobytes(), "<u8")
    return numbers.reshape(len(digests), -1)[:, 0].copy()
