"""What the parts expect of each other. Anything with these methods can take a part's place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cica_qa.types import Answer, Document, Hit, Passage, Turn

Vectors = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``; stages are ``read``, ``encode`` and ``write``."""


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


class PassageStore(Protocol):
    """One published generation of an index: immutable, safe to read from many threads."""

    def __len__(self) -> int:
        """The number of passages."""

    def passage(self, index: int) -> Passage:
        """The passage at a position between 0 and ``len(self) - 1``."""

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""

    def document(self, doc_id: str) -> Document:
        """The document of that id. Raises ``KeyError`` where there is none."""

    def search_dense(
        self, vector: Vectors, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` ``(passage position, cosine of its best child)``, best first.

        ``vector`` has shape ``(dimension,)``. ``documents`` limits the search to those ids.
        """

    def sentence_scores(self, vector: Vectors, index: int) -> tuple[float, ...]:
        """The cosine of ``vector`` with each of ``passage(index).sentences``."""


class Retriever(Protocol):
    """Finds the passages that are nearest to a question."""

    def search(
        self, query: str, k: int = 5, *, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Return up to ``k`` hits, best first. Raises ``QuestionError``."""


class Answerer(Protocol):
    """Turns hits into a cited answer or an abstention."""

    def answer(self, question: str, hits: Sequence[Hit], history: Sequence[Turn] = ()) -> Answer:
        """Return an answer whose every citation lies inside one of ``hits``."""
