"""Term counts of passages, and the postings lists that are sorted from them.

A count depends on its passage alone, a BM25 score on the whole collection. So segments store
counts, and each search computes the scores (``index/bm25.py``).
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.ragged import Indices

Terms = Mapping[str, Sequence[str]]

_CACHED_KEYS = 1 << 16  # questions and documents share most of their terms


@lru_cache(_CACHED_KEYS)
def term_key(field: str, term: str) -> int:
    """Return the 64-bit hash of a term in a field."""
    text = f"{field}\0{term}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "little")


@dataclass(frozen=True, slots=True)
class TermCounts:
    """The number of times each term occurs in each passage, as parallel arrays.

    ``keys`` are the hashes of the terms (``term_key``), ``fields`` the numbers of their fields.
    """

    keys: NDArray[np.uint64]
    fields: NDArray[np.uint8]
    passages: NDArray[np.int32]
    times: NDArray[np.unsignedinteger[Any]]

    @classmethod
    def of(cls, passages: Iterable[Terms], fields: Sequence[str]) -> tuple[Self, int]:
        """Count the terms of each passage, given in order; also return the number of passages."""
        known: list[dict[str, int]] = [{} for _ in fields]
        keys, numbers, owners, times = array("Q"), array("B"), array("i"), array("I")
        size = 0
        for terms in passages:
            for number, field in enumerate(fields):
                own = known[number]
                found = Counter(terms.get(field, ()))
                counted: Counter[int] = Counter()
                for term, count in found.items():
                    if term not in own:
                        own[term] = term_key(field, term)
                    counted[own[term]] += count
                keys.extend(counted)
                times.extend(counted.values())
                numbers.extend([number] * len(counted))
                owners.extend([size] * len(counted))
            size += 1
        arrays = np.array(keys), np.array(numbers), np.array(owners), np.array(times)
        return cls(*arrays), size

    def moved(self, places: Indices) -> Self:
        """Return the counts with each passage renumbered by ``places``, -1 to drop it."""
        moved = places[self.passages]
        kept = moved >= 0
        passages = moved[kept].astype(np.int32)
        return type(self)(self.keys[kept], self.fields[kept], passages, self.times[kept])

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Return the counts of all parts."""
        return cls(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.fields for part in parts]),
            np.concatenate([part.passages for part in parts]),
            np.concatenate([part.times for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings lists of all terms of all fields.

    ``keys`` are the hashes of the terms in ascending order, ``fields`` the numbers of their
    fields. The postings of term ``i`` are ``passages`` (ascending) and ``times`` from
    ``starts[i]`` to ``starts[i + 1]``.
    """

    keys: NDArray[np.uint64]
    fields: NDArray[np.uint8]
    starts: Indices
    passages: NDArray[np.int32]
    times: NDArray[np.unsignedinteger[Any]]

    def __post_init__(self) -> None:
        terms, entries = len(self.keys), len(self.passages)
        agree = len(self.fields) == terms == len(self.starts) - 1
        if not agree or not entries == len(self.times) == self.starts[-1]:
            raise ValueError("the lexical files do not agree")

    @classmethod
    def sorted(cls, counts: TermCounts) -> Self:
        """Return counts sorted by term and passage."""
        order = np.lexsort((counts.passages, counts.keys))
        keys, times = counts.keys[order], counts.times[order]
        times = times.astype(np.min_scalar_type(times.max(initial=0)))
        terms, first = np.unique(keys, return_index=True)
        starts = np.append(first, len(keys)).astype(np.int64)
        return cls(terms, counts.fields[order][first], starts, counts.passages[order], times)

    def counts(self) -> TermCounts:
        """Return the counts of these postings, sorted."""
        sizes = np.diff(self.starts)
        keys, fields = np.repeat(self.keys, sizes), np.repeat(self.fields, sizes)
        return TermCounts(keys, fields, np.asarray(self.passages), np.asarray(self.times))

    def lengths(self, fields: int, passages: int) -> NDArray[np.int32]:
        """Return the number of terms per field and passage, shape ``(fields, passages)``."""
        numbers = np.repeat(self.fields, np.diff(self.starts)).astype(np.int64)
        numbers = numbers * passages + self.passages
        counted = np.bincount(numbers, self.times, fields * passages)
        return counted.astype(np.int32).reshape(fields, passages)

    def find(self, keys: NDArray[np.uint64]) -> tuple[Indices, NDArray[np.bool_]]:
        """Return the position of each key among the terms, and which keys are known."""
        rows = np.searchsorted(self.keys, keys)
        known = rows < len(self.keys)
        known[known] = self.keys[rows[known]] == keys[known]
        return rows, known
