"""An inverted index of a segment's passages, with a field for each kind of term."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import FileWriter, array_writer, json_writer
from cica_qa.index.pack import Pack
from cica_qa.index.postings import Postings, TermCounts, Terms, term_key
from cica_qa.index.ragged import Indices, picked
from cica_qa.protocols import Vectors

TITLE = "title"
"""The field for the terms of the document's title."""
_ABOUT = "lexical.json"
_ARRAYS = ("keys", "fields", "starts", "passages", "times")
_LENGTHS = "lexical_lengths.npy"
_BLOCK_POSTINGS = 1 << 16
"""Postings processed at a time, few enough to stay in the processor's cache."""


class LexicalIndex:
    """Which passages contain which terms, and how often. Immutable; safe to share.

    Terms are looked up by the 64-bit hash of their field and text, so that opening an index reads
    no vocabulary. Terms with the same hash would be counted as one: among a million terms, the
    odds of a single collision are one in forty million. ``lengths``, of shape
    ``(fields, passages)``, are numbers of terms.
    """

    def __init__(
        self, fields: Sequence[str], postings: Postings, lengths: NDArray[np.int32]
    ) -> None:
        """Take the parts of an index. Raises ``ValueError`` if they do not match."""
        if len(lengths) != len(fields):
            raise ValueError("the lexical files do not agree")
        self.fields = tuple(fields)
        self.lengths = lengths
        self._postings = postings

    @classmethod
    def from_terms(cls, passages: Iterable[Terms], fields: Sequence[str]) -> LexicalIndex:
        """Index the terms of each passage, in order and with repetitions."""
        counts, size = TermCounts.of(passages, fields)
        return cls._of(fields, counts, size)

    @classmethod
    def merged(cls, parts: Sequence[LexicalIndex], order: Indices) -> LexicalIndex:
        """Return the index of the passages at ``order``, numbered through all ``parts``.

        It equals the index that ``from_terms`` would build; no passage may occur twice.
        """
        places = np.full(sum(map(len, parts)), -1, np.int64)
        places[order] = np.arange(len(order))
        counts, start = [], 0
        for part in parts:
            counts.append(part._postings.counts().moved(places[start : start + len(part)]))
            start += len(part)
        return cls._of(parts[0].fields, TermCounts.concatenate(counts), len(order))

    @classmethod
    def _of(cls, fields: Sequence[str], counts: TermCounts, size: int) -> LexicalIndex:
        postings = Postings.sorted(counts)
        return cls(fields, postings, postings.lengths(len(fields), size))

    @classmethod
    def load(cls, pack: Pack) -> LexicalIndex:
        """Open a saved index, memory-mapped.

        Raises ``ValueError``, ``KeyError`` or ``TypeError`` for other data.
        """
        about = pack.json(_ABOUT)
        postings = Postings(*(pack.array(_file(name)) for name in _ARRAYS))
        lengths = pack.array(_LENGTHS)
        counts = len(postings.keys), len(postings.passages), lengths.shape[-1]
        if counts != (about["terms"], about["postings"], about["passages"]):
            raise ValueError("the lexical files do not agree")
        return cls(about["fields"], postings, lengths)

    def files(self) -> dict[str, FileWriter]:
        """Return a writer for each file, by name."""
        postings = self._postings
        about = {
            "passages": len(self),
            "fields": self.fields,
            "terms": len(postings.keys),
            "postings": len(postings.passages),
        }
        arrays = {_file(name): array_writer(getattr(postings, name)) for name in _ARRAYS}
        return {_ABOUT: json_writer(about), **arrays, _LENGTHS: array_writer(self.lengths)}

    def __len__(self) -> int:
        return int(self.lengths.shape[1])

    def frequencies(
        self, keys: NDArray[np.uint64], gone: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Return the number of passages with each term, not counting those that are ``gone``."""
        rows, known = self._postings.find(keys)
        starts, rows = self._postings.starts, rows[known]
        counts = np.zeros(len(keys), np.int64)
        counts[known] = starts[rows + 1] - starts[rows]
        if gone is not None and len(rows):
            begins, places = picked(starts, rows)
            lost = np.append(0, np.cumsum(gone[self._postings.passages[places]]))
            counts[known] -= lost[begins[1:]] - lost[begins[:-1]]
        return counts

    def add_scores(
        self, total: Vectors, keys: NDArray[np.uint64], weights: Vectors, norms: Vectors
    ) -> None:
        """Add the BM25 scores of one field's terms to each passage's ``total``.

        A term that occurs ``n`` times in a passage adds ``weight * n / (n + norm)``. Terms are
        added in the order of ``keys``, which fixes the rounding.
        """
        rows, known = self._postings.find(keys)
        if not known.any():
            return
        rows, weights = rows[known], weights[known]
        postings, starts = self._postings, self._postings.starts
        sizes = starts[rows + 1] - starts[rows]
        cuts = np.flatnonzero(np.diff(np.cumsum(sizes) // _BLOCK_POSTINGS)) + 1
        bounds = [0, *cuts.tolist(), len(rows)]
        for first, last in pairwise(bounds):
            some, weight = rows[first:last], weights[first:last]
            begins, places = picked(starts, some)
            passages = postings.passages[places]
            times = postings.times[places].astype(np.float32)
            shares = times / (times + norms[passages])
            np.add.at(total, passages, shares * np.repeat(weight, np.diff(begins)))

    def add_scores_at(
        self,
        total: Vectors,
        places: NDArray[np.int64],
        keys: NDArray[np.uint64],
        weights: Vectors,
        norms: Vectors,
    ) -> None:
        """Do what ``add_scores`` does, for the passages at ``places`` alone, in their order."""
        rows, known = self._postings.find(keys)
        own = norms[places]
        wanted = places.astype(self._postings.passages.dtype)  # else all those are converted
        for row, weight in zip(rows[known].tolist(), weights[known], strict=True):
            start, passages = self._passages(row)
            at = np.minimum(passages.searchsorted(wanted), len(passages) - 1)
            held = np.flatnonzero(passages[at] == wanted)
            times = self._postings.times[start + at[held]].astype(np.float32)
            total[held] += times / (times + own[held]) * weight

    def terms_of(
        self, place: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.unsignedinteger[Any]], NDArray[np.uint8]]:
        """Return the terms of a passage, ascending, how often it has each, and their fields."""
        order, starts, counts = self._by_passage
        own = order[starts[place] : starts[place + 1]]
        return counts.keys[own], counts.times[own], counts.fields[own]

    @cached_property
    def _by_passage(self) -> tuple[Indices, Indices, TermCounts]:
        """The counts of all terms in the order of their passages, which begin at ``starts``."""
        counts = self._postings.counts()
        order = np.argsort(counts.passages, kind="stable")
        return order, np.searchsorted(counts.passages[order], np.arange(len(self) + 1)), counts

    def having(self, key: int) -> NDArray[np.int32]:
        """Return the passages that have a term, ascending."""
        rows, known = self._postings.find(np.array([key], np.uint64))
        return self._passages(rows[0])[1] if known[0] else self._postings.passages[:0]

    def _passages(self, row: int) -> tuple[int, NDArray[np.int32]]:
        """Where the postings of a term begin, and its passages."""
        start, end = self._postings.starts[row : row + 2].tolist()
        return start, self._postings.passages[start:end]

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages contain which terms, shape ``(len(positions), len(terms))``."""
        held = np.zeros((len(positions), len(terms)), np.bool_)
        postings = self._postings
        rows, known = postings.find(np.array([term_key(field, t) for t in terms], np.uint64))
        wanted = positions.astype(
            postings.passages.dtype
        )  # or searchsorted would convert the postings
        for column in np.flatnonzero(known).tolist():
            _, passages = self._passages(rows[column])
            places = np.minimum(passages.searchsorted(wanted), len(passages) - 1)
            held[:, column] = passages[places] == wanted
        return held


def _file(name: str) -> str:
    return f"lexical_{name}.npy"
