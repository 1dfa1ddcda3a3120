"""The words of an index: what BM25 gives each term in each passage, for every field of terms.

The scores are worked out once, while indexing, by bm25s (Lù, "BM25S: Orders of magnitude faster
lexical search via eager sparse scoring", 2024). A search adds up stored numbers: it needs
neither bm25s nor more of the files than the question's terms.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import Writer, array_writer
from cica_qa.protocols import Vectors

K1, B = 0.9, 0.75
TITLE = "title"
"""The field of the terms of a passage's document's title."""
Terms = Mapping[str, Sequence[str]]

_CACHED_KEYS = 1 << 16  # a question asks for the same few hundred again and again

_ABOUT, _KEYS, _SPANS, _PASSAGES, _SCORES = (
    "lexical.json",
    "lexical_keys.npy",
    "lexical_spans.npy",
    "lexical_passages.npy",
    "lexical_scores.npy",
)


@dataclass(frozen=True, slots=True)
class _Postings:
    """All terms of all fields, each with its passages.

    ``keys`` are the terms' hashes, ascending; ``spans``, of shape ``(terms, 2)``, says where
    each term begins and ends in ``passages``, there ascending, and ``scores``.
    """

    keys: NDArray[np.uint64]
    spans: NDArray[np.int64]
    passages: NDArray[np.int32]
    scores: Vectors


class LexicalIndex:
    """The BM25 scores of a collection, by field. Immutable; safe to share between threads.

    A term is found by the 64-bit hash of its field and its text, so that opening an index reads
    no vocabulary. Two terms of one hash would count as one of them: among a million terms the
    odds of a single such pair are one in forty million.
    """

    def __init__(self, size: int, postings: _Postings) -> None:
        self._size = size
        self._postings = postings

    @classmethod
    def from_terms(cls, passages: Iterable[Terms], fields: Sequence[str]) -> LexicalIndex:
        """Index the terms of passages, given in order, repeated terms repeatedly.

        Each of ``fields`` is a BM25 of its own (k1 = 0.9, b = 0.75, Lucene's idf).
        """
        ids: dict[str, dict[str, int]] = {field: {} for field in fields}
        texts: dict[str, list[array[int]]] = {field: [] for field in fields}
        size = 0
        for terms in passages:
            size += 1
            for field in fields:
                known = ids[field]
                numbers = [known.setdefault(term, len(known)) for term in terms.get(field, ())]
                texts[field].append(array("i", numbers))
        scored = [_scored(field, ids[field], texts[field]) for field in fields if ids[field]]
        return cls(size, _joined(scored))

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Open what ``files`` wrote, memory-mapped.

        Raises ``OSError``, ``ValueError``, ``KeyError`` or ``TypeError`` for anything else.
        """
        about = json.loads((folder / _ABOUT).read_bytes())
        arrays = [mapped(folder / name) for name in (_KEYS, _SPANS, _PASSAGES, _SCORES)]
        postings = _Postings(*arrays)
        counts = len(postings.keys), len(postings.passages)
        if counts != (about["terms"], about["postings"]):
            raise ValueError("the lexical files do not agree")
        if len(postings.spans) != counts[0] or len(postings.scores) != counts[1]:
            raise ValueError("the lexical files do not agree")
        return cls(int(about["passages"]), postings)

    def files(self) -> dict[str, Writer]:
        """Return what writes each file of the index, by name."""
        postings = self._postings
        about = {
            "passages": self._size,
            "terms": len(postings.keys),
            "postings": len(postings.passages),
            "k1": K1,
            "b": B,
        }
        arrays: dict[str, NDArray[Any]] = {
            _KEYS: postings.keys,
            _SPANS: postings.spans,
            _PASSAGES: postings.passages,
            _SCORES: postings.scores,
        }
        return {
            _ABOUT: partial(_write_json, about),
            **{name: array_writer(stored) for name, stored in arrays.items()},
        }

    def __len__(self) -> int:
        return self._size

    def scores(self, terms: Terms) -> Vectors:
        """Return the sum of the BM25 scores of all ``terms``, shape ``(len(self),)``.

        ``terms`` maps fields to terms. A term given twice counts twice; one that no passage
        has, or whose field is not indexed, adds nothing.
        """
        total = np.zeros(self._size, np.float32)
        postings = self._postings
        for row, count in zip(*self._found(terms), strict=True):
            start, end = postings.spans[row].tolist()
            np.add.at(total, postings.passages[start:end], count * postings.scores[start:end])
        return total

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return for each of ``terms`` the number of passages that have it in ``field``."""
        keys = np.array([term_key(field, term) for term in terms], np.uint64)
        rows, known = self._rows_of(keys)
        counts = np.zeros(len(keys), np.int64)
        counts[known] = np.diff(self._postings.spans[rows[known]], axis=1)[:, 0]
        return counts.tolist()

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages have which terms, shape ``(len(positions), len(terms))``."""
        held = np.zeros((len(positions), len(terms)), np.bool_)
        rows, known = self._rows_of(np.array([term_key(field, t) for t in terms], np.uint64))
        wanted = positions.astype(self._postings.passages.dtype)  # else all those are converted
        for column in np.flatnonzero(known).tolist():
            start, end = self._postings.spans[rows[column]].tolist()
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


def _scored(field: str, ids: Mapping[str, int], texts: list[array[int]]) -> _Postings:
    """Return the terms of one field, in the order of their ids, scored by bm25s."""
    import bm25s  # takes a third of a second, and only indexing needs it

    model = bm25s.BM25(k1=K1, b=B, method="lucene")
    matrix = model.build_index_from_ids(list(ids.values()), texts, show_progress=False)
    keys = np.array([term_key(field, term) for term in ids], np.uint64)
    spans = np.stack([matrix["indptr"][:-1], matrix["indptr"][1:]], axis=1).astype(np.int64)
    return _Postings(keys, spans, matrix["indices"].astype(np.int32), matrix["data"])


def _joined(fields: Sequence[_Postings]) -> _Postings:
    offsets = np.cumsum([0, *(len(field.passages) for field in fields)])
    empty = _Postings(
        np.empty(0, np.uint64), np.empty((0, 2), np.int64), np.empty(0, np.int32), np.empty(0, "f4")
    )
    parts = [empty, *fields]
    keys = np.concatenate([part.keys for part in parts])
    spans = [field.spans + offset for field, offset in zip(fields, offsets, strict=False)]
    order = np.argsort(keys, kind="stable")
    return _Postings(
        keys[order],
        np.concatenate([empty.spans, *spans])[order],
        np.concatenate([part.passages for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


@lru_cache(_CACHED_KEYS)
def term_key(field: str, term: str) -> int:
    """Return the 64-bit hash by which a term of a field is known."""
    text = f"{field}\0{term}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "little")


def mapped(path: Path) -> NDArray[Any]:
    """Map an array that was saved. Raises ``OSError`` or ``ValueError``.

    It is a plain array: each slice of a ``numpy.memmap`` costs twenty times as much.
    """
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _write_json(value: object, stream: BinaryIO) -> None:
    stream.write(json.dumps(value, ensure_ascii=False).encode())
