"""The interfaces between the parts. Anything with these methods can replace a part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cica_qa.filters import Filter
from cica_qa.types import Document, Passage

Vectors = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``, where ``stage`` is ``read``, ``encode``, ``words`` or
``write``."""


class Encoder(Protocol):
    """Encodes texts as vectors of length ``dimension`` and Euclidean norm 1."""

    @property
    def model_id(self) -> str:
        """The name by which this model can be loaded again."""

    @property
    def fingerprint(self) -> str:
        """A fingerprint that changes whenever the vectors of a text would change."""

    @property
    def dimension(self) -> int:
        """The length of each vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``."""

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``.

        ``progress`` is called with the number of texts encoded so far.
        """


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The content words of a text, each with its vector.

    ``vectors`` has shape ``(len(texts), dimension)``.
    """

    texts: tuple[str, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class InContext:
    """The vectors of a text, its spans and its words, from one pass of the encoder.

    ``vector``, of shape ``(dimension,)``, equals that of ``Encoder.encode_passages``. ``spans``,
    of shape ``(spans, dimension)``, has a unit vector for each requested span: the mean of its
    contextual token vectors ("late chunking", Günther et al., 2024), or ``vector`` if the model
    does not use mean pooling.
    """

    vector: Vectors
    spans: Vectors
    words: WordVectors


@runtime_checkable
class WordEncoder(Encoder, Protocol):
    """An encoder that also returns contextual word vectors.

    These are the model's own: neither centred nor normalised.
    """

    @property
    def vocabulary(self) -> Sequence[str]:
        """The whole words of the model's vocabulary, sorted; empty without word vectors."""

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        """Return the vector of a question, shape ``(dimension,)``, and its words, in one pass."""

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        """Encode passages with their spans and words, in one pass each.

        ``spans`` has character ranges for each of ``texts``.
        """


@runtime_checkable
class QuestionsEncoder(WordEncoder, Protocol):
    """An encoder that encodes several questions together, which is faster than one by one."""

    def encode_questions(self, texts: Sequence[str]) -> list[tuple[Vectors, WordVectors]]:
        """Return the result of ``encode_question`` for each of ``texts``, up to rounding."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Limits a search to passages that meet all of these conditions.

    ``documents`` are document ids, ``where`` is a filter on the documents' metadata, and
    ``holding`` is a field and a term that the passages themselves contain.
    """

    documents: Collection[str] | None = None
    where: Filter | None = None
    holding: tuple[str, str] | None = None


class PassageStore(Protocol):
    """One published generation of an index: immutable, safe to read from many threads.

    A passage is identified by its position, an integer. Positions ascend in the order of the
    documents, and of the passages in them. Every search can be limited to a ``Scope``, and raises
    ``FilterError`` if its filter asks for numbers or dates under a key that has none.
    """

    def __len__(self) -> int:
        """The number of passages."""

    def passage(self, index: int) -> Passage:
        """Return the passage at a position."""

    def passages_of(self, doc_id: str) -> Sequence[int]:
        """Return the positions of a document's passages, ascending; empty if it is unknown."""

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""

    def document(self, doc_id: str) -> Document:
        """Return the document with this id. Raises ``KeyError`` if there is none."""

    @property
    def network(self) -> frozenset[str]:
        """The ids of the documents that were added over the network."""

    def search_dense(
        self, vectors: Vectors, k: int, scope: Scope | None = None
    ) -> list[list[tuple[int, float]]]:
        """Return up to ``k`` passages for each of ``vectors``, best first.

        ``vectors`` has shape ``(n, dimension)``. A passage is its position and the cosine of its
        best child; ties are in order of position. Searching for several vectors together may
        return another last passage if two differ only by rounding.
        """

    def documents_of(
        self, documents: Collection[str] | None = None, where: Filter | None = None
    ) -> tuple[str, ...]:
        """Return the ids of the ``documents`` that match ``where``, in index order.

        By default, these are all documents. Raises ``FilterError`` if a filter asks for numbers
        or dates under a key that has none.
        """

    def search_terms(
        self, terms: Mapping[str, Sequence[str]], k: int, scope: Scope | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with their BM25 scores, best first.

        Ties are in order of position. ``terms`` maps fields to terms, as returned by
        ``Analyzer.question_terms``; the scores of the fields are added up. Repeated terms count
        repeatedly; passages with none of the terms are left out. The field ``title`` has the
        terms of the document's title, analysed like the analyzer's first field.
        """

    def term_scores(
        self, terms: Mapping[str, Sequence[str]], positions: NDArray[np.int64]
    ) -> Vectors:
        """Return the BM25 scores of the passages at ``positions``, as in ``search_terms``."""

    def passages_with(
        self, field: str, term: str, k: int, scope: Scope | None = None
    ) -> NDArray[np.int64]:
        """Return the positions of the first ``k`` passages with ``term``, ascending."""

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return the number of passages with each of ``terms`` in ``field``."""

    def children(
        self,
        vector: Vectors,
        positions: NDArray[np.int64],
        weights: Mapping[str, float],
    ) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
        """Return the scores of the children of the passages at ``positions``.

        These are the cosine of each child with ``vector``, the total of the ``weights`` of the
        terms (field ``stems``) it contains, and the index in both arrays at which each passage's
        children begin: first one child for each of its ``units``, then its windows.
        """

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages contain which terms, shape ``(len(positions), len(terms))``.

        ``field`` may be ``title``, as in ``search_terms``.
        """

    def word_similarities(
        self, words: Vectors, positions: NDArray[np.int64]
    ) -> tuple[Vectors, NDArray[np.int64]] | None:
        """Return how well each word is matched in each passage, and the passages' word counts.

        ``words`` are the vectors of ``WordEncoder.encode_question``. The first array has the
        cosine with the most similar word of the passage, shape ``(len(positions), len(words))``.
        Returns None if the index has no word vectors.
        """

    def word_matches(
        self, words: Vectors, position: int
    ) -> tuple[Vectors, NDArray[np.int32]] | None:
        """Return the cosine of each word of a passage with each of ``words``, and its span.

        ``words`` are as for ``word_similarities``. The cosines have shape ``(n, len(words))``,
        the spans, offsets into the passage's text, shape ``(n, 2)``. Words of the heading are
        left out. Returns None if the index has no word vectors.
        """

    def vocabulary(self) -> Mapping[str, int]:
        """Return the folded words of all passages, with the number of passages for each."""

    def spellings(self) -> Mapping[str, Sequence[str]]:
        """Return the spellings of each folded word, the most frequent first.

        Words whose only spelling is the folded one are left out.
        """
