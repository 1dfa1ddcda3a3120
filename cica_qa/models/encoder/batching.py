"""An encoder for servers: questions of several threads are read together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cica_qa.models.runtime.batching import Batching
from cica_qa.protocols import InContext, QuestionsEncoder, Vectors, Words

QUESTIONS = 8
"""How many questions are read together at most."""


class BatchingEncoder:
    """An encoder that reads the questions of concurrent threads together.

    A question's vector then depends, by rounding, on what is asked beside it. All else is done
    by ``encoder``.
    """

    def __init__(self, encoder: QuestionsEncoder) -> None:
        self._encoder = encoder
        self._questions = Batching(encoder.encode_questions, QUESTIONS)

    @property
    def model_id(self) -> str:
        """The name a person would give to load this model again."""
        return self._encoder.model_id

    @property
    def fingerprint(self) -> str:
        """That of the encoder within."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return self._encoder.dimension

    @property
    def vocabulary(self) -> Sequence[str]:
        """Whole words that the model knows, sorted; none where it cannot tell of words."""
        return self._encoder.vocabulary

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``."""
        return self._encoder.encode_queries(texts)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of shape ``(len(texts), dimension)``, in the order of ``texts``."""
        return self._encoder.encode_passages(texts, progress)

    def encode_question(self, text: str) -> tuple[Vectors, Words]:
        """Return the vector of a question, shape ``(dimension,)``, and its words."""
        return self.encode_questions([text])[0]

    def encode_questions(self, texts: Sequence[str]) -> list[tuple[Vectors, Words]]:
        """Return what ``encode_question`` does for each of ``texts``."""
        return self._questions.results(texts)

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        """Read passages once, for all that is in them; ``spans`` are ranges of characters."""
        return self._encoder.encode_in_context(texts, spans)
