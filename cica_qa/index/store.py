"""The passage store of an index folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cica_qa.errors import IndexDamagedError
from cica_qa.filters import Filter, wrong_kind
from cica_qa.index.axes import WordAxes
from cica_qa.index.bm25 import Bm25
from cica_qa.index.checksums import Check
from cica_qa.index.dense_search import DenseSearch
from cica_qa.index.generation import Generation, read_generation
from cica_qa.index.layout import Layout
from cica_qa.index.manifest import Manifest
from cica_qa.index.migrate import read_index
from cica_qa.index.postings import Terms
from cica_qa.index.problems import rebuild_command
from cica_qa.index.ragged import picked
from cica_qa.index.segment import Segment
from cica_qa.index.vocabulary import words_of
from cica_qa.protocols import Scope, Vectors
from cica_qa.types import Document, Passage


class DiskStore:
    """One generation of an index folder. Immutable; safe to share between threads.

    Vectors, terms and tables are memory-mapped; documents and passages are read on demand and
    cached. Segments that are already open, such as those of the previous generation, are shared.
    """

    def __init__(self, segments: Sequence[Segment], manifest: Manifest) -> None:
        """Take a generation's segments. Raises ``ValueError`` if they do not match ``manifest``."""
        self.network = frozenset(manifest.network)
        self.segments = segments
        self.layout = Layout(manifest.runs, [one.texts.first_passages for one in segments])
        self._dense = DenseSearch(segments, self.layout)
        self._bm25 = Bm25([one.lexical for one in segments], self.layout)
        self._last_scope: tuple[Scope | None, NDArray[np.int64]] = None, np.empty(0, np.int64)
        self._last_words: tuple[Vectors | None, Vectors] = None, np.empty((0, 0), np.float32)
        self._require_agreement(manifest)

    @classmethod
    def load(
        cls, index_dir: Path, check: Check = "samples", *, locked: bool = False
    ) -> tuple[DiskStore, Generation]:
        """Load the published generation. Raises ``IndexStoreError``.

        An index of format 5 is migrated first, unless the caller has ``locked`` the folder.
        """
        read = read_generation if locked else read_index
        return read(index_dir, partial(cls._read, index_dir), check)

    @classmethod
    def _read(cls, index_dir: Path, generation: Generation) -> tuple[DiskStore, Generation]:
        try:
            segments = [Segment.open(path, checksum) for path, checksum in generation.segments]
            return cls(segments, generation.manifest), generation
        except (OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
            raise IndexDamagedError(
                f"the index in {index_dir} cannot be read ({error}). "
                f"Make it again: {rebuild_command(index_dir)}"
            ) from error

    def _require_agreement(self, manifest: Manifest) -> None:
        for name, count in counts_of(self.segments, self.layout).items():
            if count != manifest.counts[name]:
                found = (count, manifest.counts[name])
                raise ValueError(f"its parts disagree on the number of {name}: {found}")
        dimensions = {one.dense.dimension for one in self.segments} | {manifest.dimension}
        if len(dimensions) > 1:
            raise ValueError(f"its parts disagree on the dimensions: {sorted(dimensions)}")
        if len({one.words is None for one in self.segments}) > 1:
            raise ValueError("some of its segments have words and some have none")

    @property
    def with_words(self) -> bool:
        """Whether there are word vectors."""
        return self.segments[0].words is not None

    def __len__(self) -> int:
        return self.layout.size

    @cached_property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""
        layout = self.layout
        ids = [one.texts.ids for one in self.segments]
        places = zip(layout.segment.tolist(), layout.number.tolist(), strict=True)
        return tuple(ids[segment][number] for segment, number in places)

    def passage(self, index: int) -> Passage:
        """Return the passage at a position between 0 and ``len(self) - 1``."""
        segment, at = self.layout.place(index)
        return self.segments[segment].texts.passage(at)

    def document(self, doc_id: str) -> Document:
        """Return the document with this id. Raises ``KeyError`` if there is none."""
        position = self.find(doc_id)
        if position is None:
            raise KeyError(doc_id)
        return self.document_at(position)

    def document_at(self, position: int) -> Document:
        """Return the document at a position."""
        segment = self.segments[int(self.layout.segment[position])]
        return segment.texts.document(int(self.layout.number[position]))

    def find(self, doc_id: str) -> int | None:
        """Return the position of the document with this id, or None."""
        for at, one in enumerate(self.segments):
            number = one.texts.find(doc_id)
            if number is not None and (position := self.layout.position_of(at, number)) >= 0:
                return position
        return None

    def digest(self, position: int) -> str:
        """Return the ``document_hash`` of the document at a position."""
        segment = self.segments[int(self.layout.segment[position])]
        return segment.texts.digest(int(self.layout.number[position]))

    def documents_of(
        self, documents: Collection[str] | None = None, where: Filter | None = None
    ) -> tuple[str, ...]:
        """Return the ids of the ``documents`` (by default all) that match ``where``, in order."""
        ids = self.document_ids
        return tuple(ids[at] for at in self._documents_of(documents, where).tolist())

    def passages_of(self, doc_id: str) -> range:
        """Return the positions of a document's passages; empty if it is unknown."""
        position = self.find(doc_id)
        if position is None:
            return range(0)
        first, end = self.layout.first_passages[position : position + 2].tolist()
        return range(first, end)

    def _inside(self, scope: Scope | None) -> NDArray[np.int64] | None:
        """Return the positions in a scope, ascending; those of the last scope are cached."""
        if scope is None:
            return None
        kept, positions = self._last_scope
        if kept is not scope:
            positions = self._positions_in(scope)
            self._last_scope = scope, positions
        return positions

    def _positions_in(self, scope: Scope) -> NDArray[np.int64]:
        documents = scope.documents is not None or scope.where is not None
        chosen = self._documents_of(scope.documents, scope.where) if documents else None
        having = self._bm25.having(*scope.holding) if scope.holding else None
        if chosen is None:
            return np.arange(len(self)) if having is None else having
        positions = picked(self.layout.first_passages, chosen)[1]
        return positions if having is None else np.intersect1d(positions, having, True)

    def _documents_of(
        self, documents: Collection[str] | None, where: Filter | None
    ) -> NDArray[np.int64]:
        chosen = np.arange(self.layout.documents) if where is None else self._matching(where)
        if documents is None:
            return chosen
        found = {at for doc_id in documents if (at := self.find(doc_id)) is not None}
        named = np.array(sorted(found), np.int64)
        return named if where is None else np.intersect1d(named, chosen, assume_unique=True)

    def _matching(self, where: Filter) -> NDArray[np.int64]:
        """Return the positions of matching documents, ascending. Raises ``FilterError``."""
        fields = [one.texts.fields for one in self.segments]
        for condition in where.conditions:
            columns = [own for one in fields if (own := one[condition.key]) is not None]
            for kind in {span.kind for span in condition.spans}:
                if columns and not any(column.has(kind) for column in columns):
                    raise wrong_kind(condition.key, kind)
        parts = [
            self.layout.positions_of(at, one.matching(where.conditions))
            for at, one in enumerate(fields)
        ]
        return np.sort(np.concatenate(parts))

    def search_dense(
        self, vectors: Vectors, k: int, scope: Scope | None = None
    ) -> list[list[tuple[int, float]]]:
        """Return up to ``k`` passages for each of ``vectors``, with their best cosines."""
        return self._dense.search_many(vectors, k, self._inside(scope))

    def search_terms(
        self, terms: Terms, k: int, scope: Scope | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with their BM25 scores, best first."""
        return self._bm25.search(terms, k, self._inside(scope))

    def term_scores(self, terms: Terms, positions: NDArray[np.int64]) -> Vectors:
        """Return the BM25 scores of the passages at ``positions``."""
        return self._bm25.scores_at(terms, positions)

    def passages_with(
        self, field: str, term: str, k: int, scope: Scope | None = None
    ) -> NDArray[np.int64]:
        """Return the positions of the first ``k`` passages with ``term``, ascending."""
        inside, having = self._inside(scope), self._bm25.having(field, term)
        return (having if inside is None else np.intersect1d(having, inside, True))[: max(k, 0)]

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return the number of passages with each of ``terms`` in ``field``."""
        return self._bm25.passage_frequencies(field, terms)

    def children(
        self,
        vector: Vectors,
        positions: NDArray[np.int64],
        weights: Mapping[str, float],
    ) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
        """Return the cosines and term weights of all rows of passages, and each one's first row."""
        found, counts = [], np.empty(len(positions), np.int64)
        for at, which, places in self.layout.apart(positions):
            one = self.segments[at]
            starts, rows = picked(one.first_rows, places)
            counts[which] = np.diff(starts)
            coverage = one.child_terms.coverage(rows, weights)
            found.append((which, one.dense.cosines(vector, rows), coverage))
        starts = np.append(0, np.cumsum(counts))
        cosines, covered = np.empty((2, starts[-1]), np.float32)
        everything = np.arange(len(positions))
        for which, near, coverage in found:
            places = picked(starts, everything[which])[1]
            cosines[places], covered[places] = near, coverage
        return cosines, covered, starts[:-1]

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages contain which terms, shape ``(len(positions), len(terms))``."""
        return self._bm25.holds(field, terms, positions)

    def word_similarities(
        self, words: Vectors, positions: NDArray[np.int64]
    ) -> tuple[Vectors, NDArray[np.int64]] | None:
        """Return each word's best cosine in each passage, and the numbers of words in passages."""
        if not self.with_words:
            return None
        similarities = np.empty((len(positions), len(words)), np.float32)
        counts = np.empty(len(positions), np.int64)
        for at, which, places in self.layout.apart(positions):
            own = self.segments[at].words
            if own is None:
                return None
            similarities[which] = own.similarities(self._projected(own.axes, words), places)
            counts[which] = own.counts(places)
        return similarities, counts

    def word_matches(
        self, words: Vectors, position: int
    ) -> tuple[Vectors, NDArray[np.int32]] | None:
        """Return the cosine of each word of a passage with each of ``words``, and its span."""
        segment, at = self.layout.place(position)
        own = self.segments[segment].words
        return None if own is None else own.matches(self._projected(own.axes, words), at)

    def _projected(self, axes: WordAxes, words: Vectors) -> Vectors:
        """Return words projected onto the axes; the last ones are cached for the next passage.

        All segments have the same axes, since each takes over those of earlier ones.
        """
        last, projected = self._last_words
        if last is not words:
            projected = axes.project(words)
            self._last_words = words, projected
        return projected

    def vocabulary(self) -> Mapping[str, int]:
        """Return the folded words of all passages, with the number of passages for each."""
        return self._words[0]

    def spellings(self) -> Mapping[str, Sequence[str]]:
        """Return the spellings of each folded word, unless its only one is the folded word."""
        return self._words[1]

    @cached_property
    def _words(self) -> tuple[Mapping[str, int], Mapping[str, Sequence[str]]]:
        parts = [one.vocabulary for one in self.segments]
        return words_of(parts, [self.layout.gone(at) for at in range(len(parts))])


def counts_of(segments: Sequence[Segment], layout: Layout) -> dict[str, int]:
    """Return the numbers of documents, passages and vectors that are not deleted."""
    vectors = 0
    for at, one in enumerate(segments):
        gone = layout.gone(at)
        vectors += len(one.rows)
        if gone is not None:
            vectors -= int(np.diff(one.first_rows)[gone].sum())
    return {"documents": layout.documents, "passages": layout.size, "vectors": vectors}
