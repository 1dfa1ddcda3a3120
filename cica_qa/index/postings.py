"""How often each passage has each term, and what BM25 makes of it.

Scores depend on the whole collection, counts on a passage alone: an index that changes goes on
from the counts. The scores are worked out once, while indexing, by bm25s (Lù, "BM25S: Orders of
magnitude faster lexical search via eager sparse scoring", 2024).
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

from cica_qa.index.ragged import Places
from cica_qa.protocols import Vectors

K1, B = 0.9, 0.75
Terms = Mapping[str, Sequence[str]]

_CACHED_KEYS = 1 << 16  # a question asks for the same few hundred again and again


@lru_cache(_CACHED_KEYS)
def term_key(field: str, term: str) -> int:
    """Return the 64-bit hash by which a term of a field is known."""
    text = f"{field}\0{term}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "little")


@dataclass(frozen=True, slots=True)
class Counts:
    """How often terms stand in passages: all arrays have one entry for each term of a passage.

    ``keys`` are hashes of terms, ``fields`` the numbers of their fields.
    """

    keys: NDArray[np.uint64]
    fields: NDArray[np.uint8]
    passages: NDArray[np.int32]
    times: NDArray[np.unsignedinteger[Any]]

    @classmethod
    def of(cls, passages: Iterable[Terms], fields: Sequence[str]) -> tuple[Self, int]:
        """Count the terms of passages, given in order; return how many passages there are too."""
        known: list[dict[str, int]] = [{} for _ in fields]
        keys, numbers, owners, times = array("Q"), array("B"), array("i"), array("I")
        size = 0
        for terms in passages:
            for number, field in enumerate(fields):
                own = known[number]
                found = Counter(terms.get(field, ()))
                counted: Counter[int] = Counter()
                for term, count in found.items():
                    if term not in own:  # once for each: no need to keep it for questions
                        own[term] = term_key.__wrapped__(field, term)
                    counted[own[term]] += count
                keys.extend(counted)
                times.extend(counted.values())
                numbers.extend([number] * len(counted))
                owners.extend([size] * len(counted))
            size += 1
        arrays = np.array(keys), np.array(numbers), np.array(owners), np.array(times)
        return cls(*arrays), size

    def moved(self, places: Places) -> Self:
        """Return them with the passages at other ``places``; those at -1 are left out."""
        moved = places[self.passages]
        kept = moved >= 0
        passages = moved[kept].astype(np.int32)
        return type(self)(self.keys[kept], self.fields[kept], passages, self.times[kept])

    def beside(self, others: Self) -> Self:
        """Return them together with those of other passages."""
        return type(self)(
            np.concatenate([self.keys, others.keys]),
            np.concatenate([self.fields, others.fields]),
            np.concatenate([self.passages, others.passages]),
            np.concatenate([self.times, others.times]),
        )


@dataclass(frozen=True, slots=True)
class Postings:
    """All terms of all fields, each with its passages.

    ``keys`` are the terms' hashes, ascending, ``fields`` their fields' numbers; ``starts``, which
    has one entry more, says where each term begins in ``passages``, there ascending, ``times``
    and ``scores``.
    """

    keys: NDArray[np.uint64]
    fields: NDArray[np.uint8]
    starts: Places
    passages: NDArray[np.int32]
    times: NDArray[np.unsignedinteger[Any]]
    scores: Vectors

    def __post_init__(self) -> None:
        terms, entries = len(self.keys), len(self.passages)
        agree = len(self.fields) == terms == len(self.starts) - 1
        if not agree or not entries == len(self.times) == len(self.scores) == self.starts[-1]:
            raise ValueError("the lexical files do not agree")

    @classmethod
    def scored(cls, counts: Counts, passages: int) -> Self:
        """Sort the counts of so many passages and work out their scores, a BM25 a field.

        k1 = 0.9, b = 0.75, Lucene's idf.
        """
        order = np.lexsort((counts.passages, counts.keys))
        keys, fields = counts.keys[order], counts.fields[order]
        owners, times = counts.passages[order], counts.times[order]
        scores = np.zeros(len(keys), np.float32)
        for field in np.unique(fields):
            own = np.flatnonzero(fields == field)
            scores[own] = _bm25(keys[own], owners[own], times[own], passages)
        times = times.astype(np.min_scalar_type(times.max(initial=0)))
        terms, first = np.unique(keys, return_index=True)
        starts = np.append(first, len(keys)).astype(np.int64)
        return cls(terms, fields[first], starts, owners, times, scores)

    def counts(self) -> Counts:
        """Return what the scores were worked out from."""
        sizes = np.diff(self.starts)
        keys, fields = np.repeat(self.keys, sizes), np.repeat(self.fields, sizes)
        return Counts(keys, fields, np.asarray(self.passages), np.asarray(self.times))


def _bm25(
    keys: NDArray[np.uint64],
    owners: NDArray[np.int32],
    times: NDArray[np.unsignedinteger[Any]],
    passages: int,
) -> Vectors:
    """The scores of the terms of one field, sorted by key and passage."""
    import bm25s  # takes a third of a second, and only indexing needs it

    terms, ids = np.unique(keys, return_inverse=True)
    order = np.argsort(owners, kind="stable")
    repeated = np.repeat(ids[order], times[order])
    lengths = np.bincount(owners, times, passages).astype(np.int64)
    texts = [own.tolist() for own in np.split(repeated, np.cumsum(lengths)[:-1])]
    model = bm25s.BM25(k1=K1, b=B, method="lucene")
    matrix = model.build_index_from_ids(list(range(len(terms))), texts, show_progress=False)
    scores: Vectors = matrix["data"]
    return scores
