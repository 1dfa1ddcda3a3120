"""One generation, read from where it lies on the disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cica_qa.errors import IndexDamagedError
from cica_qa.index.axes import WordAxes
from cica_qa.index.checksums import Check
from cica_qa.index.children import ChildTerms
from cica_qa.index.dense import DenseIndex, Rows
from cica_qa.index.files import (
    DOCUMENT_STARTS,
    DOCUMENTS,
    PASSAGE_TABLE,
    PASSAGES,
    ROWS,
    VECTORS,
    JsonLines,
    read_document,
    read_passage,
)
from cica_qa.index.generation import Generation, Manifest, read_generation, rebuild_command
from cica_qa.index.lexical import LexicalIndex, mapped
from cica_qa.index.postings import Terms
from cica_qa.index.ragged import picked
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.protocols import Vectors
from cica_qa.types import Document, Passage

_KEPT_DOCUMENTS, _KEPT_PASSAGES = 256, 4096


class DiskStore:
    """The ``PassageStore`` of an index folder. Immutable; safe to read from many threads.

    Vectors, terms and tables are memory-mapped; documents and passages are read when they are
    asked for, and the last ones kept.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Open the files in ``folder``.

        Raises ``ValueError`` where they do not agree with each other or with ``manifest``, and
        whatever reading what is no file of an index raises.
        """
        self._numbers = {doc_id: number for number, doc_id in enumerate(manifest.documents)}
        starts = np.load(folder / DOCUMENT_STARTS, allow_pickle=False)
        self._table = np.load(folder / PASSAGE_TABLE, allow_pickle=False)
        document_lines = JsonLines(folder / DOCUMENTS, starts)
        passage_lines = JsonLines(folder / PASSAGES, self._table["start"])
        self._document = lru_cache(_KEPT_DOCUMENTS)(partial(_document, document_lines))
        self._passage = lru_cache(_KEPT_PASSAGES)(
            partial(_passage, passage_lines, self._table["document"], self._document)
        )
        self.rows: NDArray[np.void] = mapped(folder / ROWS)
        self.dense = DenseIndex.from_file(folder / VECTORS)
        self.lexical = LexicalIndex.load(folder)
        self.words_counted = Vocabulary.load(folder)
        self.child_terms = ChildTerms.load(folder)
        self.words = PassageWords.load(folder) if PassageWords.are_in(folder) else None
        self._last_words: tuple[Vectors | None, Vectors] = None, np.empty((0, 0), np.float32)
        self._owners = np.ascontiguousarray(self.rows["passage"])
        self.first_rows = np.searchsorted(self._owners, np.arange(len(self) + 1))
        self._require_agreement(len(starts), manifest)

    @classmethod
    def load(cls, index_dir: Path, check: Check = "samples") -> tuple[DiskStore, Generation]:
        """Load the published generation. Raises ``IndexStoreError``."""
        return read_generation(index_dir, partial(cls._read, index_dir), check)

    @classmethod
    def _read(cls, index_dir: Path, generation: Generation) -> tuple[DiskStore, Generation]:
        try:
            return cls(generation.folder, generation.manifest), generation
        except (OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
            raise IndexDamagedError(
                f"the index in {index_dir} cannot be read ({error}). "
                f"Make it again: {rebuild_command(index_dir)}"
            ) from error

    def _require_agreement(self, documents: int, manifest: Manifest) -> None:
        sizes = {
            "documents": (documents, len(self._numbers), manifest.counts["documents"]),
            "passages": (len(self), len(self.lexical), manifest.counts["passages"]),
            "words": (len(self), len(self if self.words is None else self.words)),
            "vectors": (
                len(self.rows),
                len(self.dense),
                len(self.child_terms),
                manifest.counts["vectors"],
            ),
            "dimensions": (self.dense.dimension, manifest.dimension),
        }
        for name, counts in sizes.items():
            if len(set(counts)) > 1:
                raise ValueError(f"its parts disagree on the number of {name}: {counts}")
        rows = np.diff(self.first_rows)
        if not (rows > 0).all() or int(rows.sum()) != len(self.rows):
            raise ValueError("its vectors do not belong to its passages")

    def __len__(self) -> int:
        return len(self._table)

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""
        return tuple(self._numbers)

    def passage(self, index: int) -> Passage:
        """Return the passage at a position between 0 and ``len(self) - 1``."""
        return self._passage(index)

    def document(self, doc_id: str) -> Document:
        """Return the document of that id. Raises ``KeyError`` where there is none."""
        return self._document(self._numbers[doc_id])

    def passages_of_each(self) -> dict[str, range]:
        """Return the positions of the passages of each document."""
        bounds = np.searchsorted(self._table["document"], np.arange(len(self._numbers) + 1))
        runs = map(range, bounds[:-1].tolist(), bounds[1:].tolist())
        return dict(zip(self._numbers, runs, strict=True))

    def passages_of(self, documents: Collection[str]) -> NDArray[np.int64]:
        """Return the positions of the passages of those documents, ascending."""
        numbers = [self._numbers[doc_id] for doc_id in documents if doc_id in self._numbers]
        return np.flatnonzero(np.isin(self._table["document"], numbers))

    def search_dense(
        self, vector: Vectors, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with the cosine of their best row, best first."""
        return self.search_dense_many(vector[np.newaxis], k, documents)[0]

    def search_dense_many(
        self, vectors: Vectors, k: int, documents: Collection[str] | None = None
    ) -> list[list[tuple[int, float]]]:
        """Return what ``search_dense`` does for each of ``vectors``, shape (n, dimension)."""
        rows = None if documents is None else self._rows_of(self.passages_of(documents))
        available = len(self.dense) if rows is None else len(rows)
        fetched = min(available, 4 * k + 16)  # a good passage has two or three good rows
        nearest = self.dense.search_many(vectors, fetched, rows)
        return [
            self._passages_with(vector, ids, k, rows)
            for vector, (ids, _) in zip(vectors, nearest, strict=True)
        ]

    def _passages_with(
        self, vector: Vectors, ids: Rows, k: int, rows: Rows | None
    ) -> list[tuple[int, float]]:
        """The best passages, from the nearest rows on: more are fetched where these are few."""
        fetched, available = len(ids), len(self.dense) if rows is None else len(rows)
        while True:
            found = np.fromiter(dict.fromkeys(self._owners[ids].tolist()), np.int64)
            if len(found) >= k or fetched >= available:
                break
            fetched = min(available, 4 * fetched)
            ids, _ = self.dense.search(vector, fetched, rows)
        positions = found[: max(k, 0)]
        cosines = self.cosines(vector, positions)
        order = np.lexsort((positions, -cosines))
        return list(zip(positions[order].tolist(), cosines[order].tolist(), strict=True))

    def cosines(self, vector: Vectors, positions: NDArray[np.int64]) -> Vectors:
        """Return the cosine of the best row of each passage at ``positions``, in their order."""
        if not len(positions):
            return np.empty(0, np.float32)
        cosines = self.dense.cosines(vector, self._rows_of(positions))
        counts = self.first_rows[positions + 1] - self.first_rows[positions]
        best: Vectors = np.maximum.reduceat(cosines, np.cumsum(counts) - counts)
        return best

    def lexical_scores(self, terms: Terms) -> Vectors:
        """Return the sum of the BM25 scores of ``terms`` by passage, shape ``(len(self),)``."""
        return self.lexical.scores(terms)

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return for each of ``terms`` the number of passages that have it in ``field``."""
        return self.lexical.passage_frequencies(field, terms)

    def children(
        self,
        vector: Vectors,
        positions: NDArray[np.int64],
        weights: Mapping[str, float],
    ) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
        """Return the cosine of all rows of the given passages, and the weight of their terms.

        The last array says where the rows of each passage begin, those of its sentences first.
        """
        rows = self._rows_of(positions)
        counts = self.first_rows[positions + 1] - self.first_rows[positions]
        coverage = self.child_terms.coverage(rows, weights)
        return self.dense.cosines(vector, rows), coverage, np.cumsum(counts) - counts

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages have which terms, shape ``(len(positions), len(terms))``."""
        return self.lexical.holds(field, terms, positions)

    def word_similarities(
        self, words: Vectors, positions: NDArray[np.int64]
    ) -> tuple[Vectors, NDArray[np.int64]] | None:
        """Return the cosine of each word with the nearest word of each passage, and their words.

        None where the index was made with an encoder that gives no vectors of words.
        """
        if self.words is None:
            return None
        similarities = self.words.similarities(self._projected(self.words.axes, words), positions)
        return similarities, self.words.counts(positions)

    def word_matches(
        self, words: Vectors, position: int
    ) -> tuple[Vectors, NDArray[np.int32]] | None:
        """Return the cosine of each word of a passage with each of ``words``, and their places.

        None where the index was made with an encoder that gives no vectors of words.
        """
        if self.words is None:
            return None
        return self.words.matches(self._projected(self.words.axes, words), position)

    def _projected(self, axes: WordAxes, words: Vectors) -> Vectors:
        """The words on the index's axes; those asked about last are kept for each next passage."""
        asked, projected = self._last_words
        if asked is not words:
            projected = axes.project(words)
            self._last_words = words, projected
        return projected

    def vocabulary(self) -> Mapping[str, int]:
        """Return the folded words of all passages, and how many passages have each."""
        return self.words_counted.counts

    def spellings(self) -> Mapping[str, Sequence[str]]:
        """Return how the passages spell a folded word, where not only as it is folded."""
        return self.words_counted.spellings

    def _rows_of(self, positions: NDArray[np.int64]) -> Rows:
        """The rows of passages, one passage's after the other's."""
        return picked(self.first_rows, positions)[1]


def _document(lines: JsonLines, number: int) -> Document:
    return read_document(lines[number])


def _passage(
    lines: JsonLines, owners: NDArray[np.int32], document: Callable[[int], Document], index: int
) -> Passage:
    return read_passage(lines[index], document(int(owners[index])))
