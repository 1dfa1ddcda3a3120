"""A passage's row in PostgreSQL, which searches read for candidates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.axes import WordAxes
from cica_qa.index.children import ChildTerms
from cica_qa.index.entries import line_of, passage_entry
from cica_qa.index.segment import Segment
from cica_qa.index.words import PassageWords
from cica_qa.protocols import Vectors

COLUMNS = (
    "position",
    "entry",
    "lengths",
    "keys",
    "times",
    "child_counts",
    "child_keys",
    "words",
    "word_places",
)
TYPES = ("int8", "text", *["bytea"] * 7)


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage with its terms, its children and its words.

    ``keys`` are the keys of its terms in all fields, ascending, and ``times`` their counts;
    ``lengths`` are its numbers of terms by field. ``vectors`` has a row for each child;
    ``child_keys`` are the keys of the terms of all children, ``child_counts`` their numbers.
    """

    entry: Mapping[str, Any]
    lengths: NDArray[np.int32]
    keys: NDArray[np.uint64]
    times: NDArray[np.int32]
    child_counts: NDArray[np.int32]
    child_keys: NDArray[np.uint32]
    words: NDArray[np.int8] | None
    word_places: NDArray[np.int32] | None
    vectors: Vectors

    @classmethod
    def read(cls, row: Sequence[Any], vectors: Sequence[bytes]) -> PassageRow:
        """Return the row that ``written`` turned into columns; ``vectors`` are pgvector's."""
        _, entry, lengths, keys, times, counts, child_keys, words, places = row
        return cls(
            json.loads(entry),
            np.frombuffer(lengths, "<i4"),
            np.frombuffer(keys, "<u8"),
            np.frombuffer(times, "<i4"),
            np.frombuffer(counts, "<i4"),
            np.frombuffer(child_keys, "<u4"),
            None if words is None else np.frombuffer(words, np.int8),
            None if places is None else np.frombuffer(places, "<i4").reshape(-1, 2),
            np.stack([np.frombuffer(one, ">f4", offset=4) for one in vectors]).astype(np.float32),
        )

    def score(
        self, keys: NDArray[np.uint64], weights: NDArray[np.float64], norms: NDArray[np.float64]
    ) -> float:
        """Return the BM25 score for some terms, given their weights and length norms."""
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        held = np.flatnonzero(self.keys[at] == keys) if len(self.keys) else at[:0]
        times = self.times[at[held]].astype(np.float64)
        return float((weights[held] * (times / (times + norms[held]))).sum())


def written(segment: Segment, at: int, position: int) -> tuple[Any, ...]:
    """Return the columns of the passage ``at`` of a segment."""
    keys, times, _ = segment.lexical.terms_of(at)
    first, last = segment.first_rows[at : at + 2].tolist()
    children = [segment.child_terms.of(row) for row in range(first, last)]
    words = segment.words
    entry = line_of(passage_entry(segment.texts.passage(at))).decode()
    return (
        position,
        entry,
        segment.lexical.lengths[:, at].astype("<i4").tobytes(),
        keys.astype("<u8").tobytes(),
        times.astype("<i4").tobytes(),
        np.array([len(own) for own in children], "<i4").tobytes(),
        np.concatenate(children).astype("<u4").tobytes(),
        None if words is None else words.of(at).tobytes(),
        None if words is None else words.places_of(at).astype("<i4").tobytes(),
    )


def sent_vectors(vectors: Vectors) -> Iterator[bytes]:
    """Yield vectors in pgvector's binary format: the dimension, padding, and the components."""
    head = np.array([vectors.shape[1], 0], ">u2").tobytes()
    for vector in vectors.astype(">f4"):
        yield head + vector.tobytes()


def child_terms(rows: Sequence[PassageRow]) -> ChildTerms:
    """Return the terms of the children of some passages, concatenated."""
    counts = np.concatenate([row.child_counts for row in rows])
    keys = np.concatenate([row.child_keys for row in rows])
    return ChildTerms(np.append(0, np.cumsum(counts, dtype=np.int64)), keys)


def passage_words(rows: Sequence[PassageRow], axes: WordAxes) -> PassageWords:
    """Return the words of some passages, which must have words."""
    width = len(axes.stored) - 1
    vectors = [(np.empty(0, np.int8) if r.words is None else r.words) for r in rows]
    shaped = [own.reshape(-1, width) for own in vectors]
    none = np.empty((0, 2), np.int32)
    places = [none if row.word_places is None else row.word_places for row in rows]
    starts = np.append(0, np.cumsum([len(own) for own in shaped], dtype=np.int64))
    unknown = np.zeros(len(rows), "V16")
    return PassageWords(starts, np.concatenate(shaped), np.concatenate(places), unknown, axes)
