"""An encoder for servers, which batches the questions of concurrent threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cica_qa.models.runtime.batching import CallBatcher
from cica_qa.protocols import InContext, QuestionsEncoder, Vectors, WordVectors

QUESTIONS = 8
"""The largest batch of questions."""


class BatchingEncoder:
    """An encoder that encodes the questions of concurrent threads in batches.

    The vector of a question depends, within rounding, on the others in its batch. All other calls
    are passed on to ``encoder``.
    """

    def __init__(self, encoder: QuestionsEncoder) -> None:
        self._encoder = encoder
        self._questions = CallBatcher(encoder.encode_questions, QUESTIONS)

    @property
    def model_id(self) -> str:
        """The name by which the settings refer to this model."""
        return self._encoder.model_id

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the wrapped encoder."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return self._encoder.dimension

    @property
    def vocabulary(self) -> Sequence[str]:
        """The whole words in the model's vocabulary, sorted; empty if it has no word vectors."""
        return self._encoder.vocabulary

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``."""
        return self._encoder.encode_queries(texts)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``."""
        return self._encoder.encode_passages(texts, progress)

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        """Return the vector of a question, shape ``(dimension,)``, and its words."""
        return self.encode_questions([text])[0]

    def encode_questions(self, texts: Sequence[str]) -> list[tuple[Vectors, WordVectors]]:
        """Return the result of ``encode_question`` for each of ``texts``."""
        return self._questions.results(texts)

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        """Return the vectors of passages, of their words and of ``spans`` of their characters."""
        return self._encoder.encode_in_context(texts, spans)
