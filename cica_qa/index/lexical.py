"""The words of an index: what BM25 gives each term in each passage, for every field of terms.

A search adds up stored numbers: it needs neither bm25s nor more of the files than the question's
terms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import Writer, array_writer
from cica_qa.index.postings import K1, B, Counts, Postings, Terms, term_key
from cica_qa.index.ragged import Places
from cica_qa.protocols import Vectors

TITLE = "title"
"""The field of the terms of a passage's document's title."""
_ABOUT = "lexical.json"
_ARRAYS = ("keys", "fields", "starts", "passages", "times", "scores")


class LexicalIndex:
    """The BM25 scores of a collection, by field. Immutable; safe to share between threads.

    A term is found by the 64-bit hash of its field and its text, so that opening an index reads
    no vocabulary. Two terms of one hash would count as one of them: among a million terms the
    odds of a single such pair are one in forty million.
    """

    def __init__(self, size: int, fields: Sequence[str], postings: Postings) -> None:
        self._size = size
        self._fields = tuple(fields)
        self._postings = postings

    @classmethod
    def from_terms(cls, passages: Iterable[Terms], fields: Sequence[str]) -> LexicalIndex:
        """Index the terms of passages, given in order, repeated terms repeatedly.

        Each of ``fields`` is a BM25 of its own.
        """
        counts, size = Counts.of(passages, fields)
        return cls(size, fields, Postings.scored(counts, size))

    def after(self, before: LexicalIndex, order: Places) -> LexicalIndex:
        """Return the index of some passages: those ``before`` count on to these, none twice.

        It is the one that their terms would give.
        """
        places = np.full(len(before) + len(self), -1, np.int64)
        places[order] = np.arange(len(order))
        old, new = before._postings.counts(), self._postings.counts()
        both = old.moved(places[: len(before)]).beside(new.moved(places[len(before) :]))
        return LexicalIndex(len(order), self._fields, Postings.scored(both, len(order)))

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Open what ``files`` wrote, memory-mapped.

        Raises ``OSError``, ``ValueError``, ``KeyError`` or ``TypeError`` for anything else.
        """
        about = json.loads((folder / _ABOUT).read_bytes())
        postings = Postings(*(mapped(folder / _file(name)) for name in _ARRAYS))
        counts = len(postings.keys), len(postings.passages)
        if counts != (about["terms"], about["postings"]):
            raise ValueError("the lexical files do not agree")
        return cls(int(about["passages"]), about["fields"], postings)

    def files(self) -> dict[str, Writer]:
        """Return what writes each file of the index, by name."""
        postings = self._postings
        about = {
            "passages": self._size,
            "fields": self._fields,
            "terms": len(postings.keys),
            "postings": len(postings.passages),
            "k1": K1,
            "b": B,
        }
        arrays = {_file(name): array_writer(getattr(postings, name)) for name in _ARRAYS}
        return {_ABOUT: partial(_write_json, about), **arrays}

    def __len__(self) -> int:
        return self._size

    def scores(self, terms: Terms) -> Vectors:
        """Return the sum of the BM25 scores of all ``terms``, shape ``(len(self),)``.

        ``terms`` maps fields to terms. A term given twice counts twice; one that no passage
        has, or whose field is not indexed, adds nothing.
        """
        total = np.zeros(self._size, np.float32)
        postings, (rows, counts) = self._postings, self._found(terms)
        starts, ends = postings.starts[rows].tolist(), postings.starts[rows + 1].tolist()
        for start, end, count in zip(starts, ends, counts, strict=True):
            scores = postings.scores[start:end]
            np.add.at(total, postings.passages[start:end], scores if count == 1 else count * scores)
        return total

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return for each of ``terms`` the number of passages that have it in ``field``."""
        keys = np.array([term_key(field, term) for term in terms], np.uint64)
        rows, known = self._rows_of(keys)
        counts = np.zeros(len(keys), np.int64)
        starts = self._postings.starts
        counts[known] = starts[rows[known] + 1] - starts[rows[known]]
        return counts.tolist()

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages have which terms, shape ``(len(positions), len(terms))``."""
        held = np.zeros((len(positions), len(terms)), np.bool_)
        rows, known = self._rows_of(np.array([term_key(field, t) for t in terms], np.uint64))
        wanted = positions.astype(self._postings.passages.dtype)  # else all those are converted
        for column in np.flatnonzero(known).tolist():
            row = rows[column]
            start, end = self._postings.starts[row : row + 2].tolist()
            passages = self._postings.passages[start:end]
            places = np.minimum(passages.searchsorted(wanted), end - start - 1)
            held[:, column] = passages[places] == wanted
        return held

    def _found(self, terms: Terms) -> tuple[NDArray[np.int64], Vectors]:
        """Return the rows of the terms that are indexed, and how often each was given."""
        given = [term_key(field, term) for field, of_field in terms.items() for term in of_field]
        keys, counts = np.unique(np.array(given, np.uint64), return_counts=True)
        rows, known = self._rows_of(keys)
        return rows[known], counts[known].astype(np.float32)

    def _rows_of(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return where keys stand among those of the index, and which of them are there."""
        stored = self._postings.keys
        rows = np.searchsorted(stored, keys)
        known = rows < len(stored)
        known[known] = stored[rows[known]] == keys[known]
        return rows, known


def _file(name: str) -> str:
    return f"lexical_{name}.npy"


def mapped(path: Path) -> NDArray[Any]:
    """Map an array that was saved. Raises ``OSError`` or ``ValueError``.

    It is a plain array: each slice of a ``numpy.memmap`` costs twenty times as much.
    """
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _write_json(value: object, stream: BinaryIO) -> None:
    stream.write(json.dumps(value, ensure_ascii=False).encode())
