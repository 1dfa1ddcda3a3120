"""What the parts expect of each other. Anything with these methods can take a part's place."""

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
"""Called as ``progress(stage, done, total)``; the stages are ``read``, ``encode``, ``words`` and
``write``."""


class Encoder(Protocol):
    """Turns text into vectors of length ``dimension`` and Euclidean norm 1."""

    @property
    def model_id(self) -> str:
        """The name a person would give to load this model again."""

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors of the same text would change."""

    @property
    def dimension(self) -> int:
        """The length of each vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``."""

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``.

        ``progress`` is called with the number of texts done so far.
        """


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, function words left out, with a vector for each.

    ``vectors`` has shape ``(len(texts), dimension)``.
    """

    texts: tuple[str, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class InContext:
    """What an encoder makes of a text in one pass.

    ``vector``, of shape ``(dimension,)``, is that of ``Encoder.encode_passages``. ``spans``, of
    shape ``(spans, dimension)``, has a unit vector for each stretch that was asked for: the mean
    of its tokens as they are in the text ("late chunking", Günther et al., 2024), or ``vector``,
    where the model does not make its vectors from such means.
    """

    vector: Vectors
    spans: Vectors
    words: Words


@runtime_checkable
class WordEncoder(Encoder, Protocol):
    """An encoder that also tells what each word means where it stands.

    Its vectors of words are as the model gives them: not centred, of any length.
    """

    @property
    def vocabulary(self) -> Sequence[str]:
        """Whole words that the model knows, sorted; none where it cannot tell of words."""

    def encode_question(self, text: str) -> tuple[Vectors, Words]:
        """Return the vector of a question, shape ``(dimension,)``, and its words: one pass."""

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        """Read passages once, for all that is in them.

        ``spans`` has for each of ``texts`` ranges of its characters.
        """


@runtime_checkable
class QuestionsEncoder(WordEncoder, Protocol):
    """An encoder that reads several questions together, which is faster than one by one."""

    def encode_questions(self, texts: Sequence[str]) -> list[tuple[Vectors, Words]]:
        """Return what ``encode_question`` does for each of ``texts``, but for rounding."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which passages a search is limited to: those that meet all that is given.

    ``documents`` are ids, ``where`` a filter of their metadata, ``holding`` a field and a term of
    it that the passages themselves have.
    """

    documents: Collection[str] | None = None
    where: Filter | None = None
    holding: tuple[str, str] | None = None


class PassageStore(Protocol):
    """One published generation of an index: immutable, safe to read from many threads.

    A passage is known by its position, an integer; positions ascend in the order of the
    documents, and of the passages in them. Every search may be limited to a ``Scope``, and
    raises ``FilterError`` where its filter asks for numbers or for dates under a key whose
    values are none.
    """

    def __len__(self) -> int:
        """The number of passages."""

    def passage(self, index: int) -> Passage:
        """Return the passage at a position."""

    def passages_of(self, doc_id: str) -> Sequence[int]:
        """Return the positions of the passages of a document, ascending; none of an unknown one."""

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""

    def document(self, doc_id: str) -> Document:
        """The document of that id. Raises ``KeyError`` where there is none."""

    @property
    def network(self) -> frozenset[str]:
        """The ids of the documents that came over the network."""

    def search_dense(
        self, vectors: Vectors, k: int, scope: Scope | None = None
    ) -> list[list[tuple[int, float]]]:
        """Return for each of ``vectors`` up to ``k`` passages, best first.

        ``vectors`` has shape ``(n, dimension)``. A passage is its position and the cosine of its
        best child; of equals the first comes first. Of passages that are equally near but for
        rounding, another may be the last when several vectors are searched for together.
        """

    def documents_of(
        self, documents: Collection[str] | None = None, where: Filter | None = None
    ) -> tuple[str, ...]:
        """Return the ids of those ``documents`` that match ``where``, in the order of all.

        None is all documents, and any. Raises ``FilterError`` where a filter asks for numbers or
        for dates under a key whose values are none.
        """

    def search_terms(
        self, terms: Mapping[str, Sequence[str]], k: int, scope: Scope | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with their BM25 scores, best first.

        Of equals the first comes first. ``terms`` maps fields to terms, as
        ``Analyzer.question_terms`` gives them; the scores of the fields are added up. A term
        given twice counts twice; passages that hold none are left out. The field ``title`` holds
        the terms of the document's title, made as those of the analyzer's first field.
        """

    def term_scores(
        self, terms: Mapping[str, Sequence[str]], positions: NDArray[np.int64]
    ) -> Vectors:
        """Return the BM25 scores of the passages at ``positions``, those of ``search_terms``."""

    def passages_with(
        self, field: str, term: str, k: int, scope: Scope | None = None
    ) -> NDArray[np.int64]:
        """Return the positions of the first ``k`` passages that have ``term``, ascending."""

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return for each of ``terms`` the number of passages that have it in ``field``."""

    def children(
        self,
        vector: Vectors,
        positions: NDArray[np.int64],
        weights: Mapping[str, float],
    ) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
        """Return what each child of the passages at ``positions`` has to do with a question.

        That is its cosine with ``vector``; the sum of the ``weights`` of those terms of the
        field ``stems`` that it holds; and where in these arrays the children of each passage
        begin: first one for each of its ``sentences``, then its windows.
        """

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages have which terms, shape ``(len(positions), len(terms))``.

        The field ``title`` is that of ``search_terms``.
        """

    def word_similarities(
        self, words: Vectors, positions: NDArray[np.int64]
    ) -> tuple[Vectors, NDArray[np.int64]] | None:
        """Return how well each word is matched in each passage, and the passages' word counts.

        ``words`` are those of ``WordEncoder.encode_question``. The first array holds the cosine
        with the nearest word of the passage and has shape ``(len(positions), len(words))``.
        None where the index has no vectors of words.
        """

    def word_matches(
        self, words: Vectors, position: int
    ) -> tuple[Vectors, NDArray[np.int32]] | None:
        """Return how like each word of a passage is to each of ``words``, and where it stands.

        ``words`` are those of ``word_similarities``. The first array holds cosines and has shape
        ``(n, len(words))``, the second offsets in the passage's text, shape ``(n, 2)``. Words of
        the heading are left out. None where the index has no vectors of words.
        """

    def vocabulary(self) -> Mapping[str, int]:
        """Return the folded words of all passages, and how many passages have each."""

    def spellings(self) -> Mapping[str, Sequence[str]]:
        """Return how the passages spell a folded word, the most frequent spelling first.

        A word that they only spell as it is folded is left out.
        """
