"""Collections of any size for timing: sentences combined from halves of real ones.

The vectors are real ones with added noise, since encoding so many texts would take hours.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from cica_qa import Document
from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import fold
from cica_qa.documents.chunk import chunk
from cica_qa.protocols import Encoder, InContext, Vectors, WordEncoder, WordVectors

NOISE = 0.35
TOKENS = 120
_WORD_TEXTS = 100
CountTokens = Callable[[list[str]], list[int]]


def halves(contexts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the first and the second halves of all sentences of ten to forty words."""
    sentences = [
        passage.slice(span.start, span.end).split()
        for context in contexts
        for passage in chunk(Document("x", "", context))
        for span in passage.units
    ]
    kept = [words for words in sentences if 10 <= len(words) <= 40]
    return (
        [" ".join(words[: len(words) // 2]) for words in kept],
        [" ".join(words[len(words) // 2 :]) for words in kept],
    )


def passages(contexts: Sequence[str], count: int, tokens: CountTokens) -> list[str]:
    """Return ``count`` different texts of about ``TOKENS`` tokens, the same at every call."""
    rng = random.Random(11)
    parts = halves(contexts)
    lengths = [tokens(part) for part in parts]
    texts = []
    for _ in range(count):
        words: list[str] = []
        total = 0
        while total < TOKENS - 15:
            first, second = (rng.randrange(len(part)) for part in parts)
            words.append(f"{parts[0][first]} {parts[1][second].rstrip('.؟!')}.")
            total += lengths[0][first] + lengths[1][second]
        texts.append(" ".join(words))
    return texts


def like(real: Vectors, texts: Sequence[str]) -> Vectors:
    """Return a unit vector for each text: a real one, chosen by the text's hash, with noise."""
    vectors = np.empty((len(texts), real.shape[1]), np.float32)
    for row, text in enumerate(texts):
        seed = zlib.crc32(text.encode())
        noise = np.random.default_rng(seed).standard_normal(real.shape[1], np.float32)
        vectors[row] = real[seed % len(real)] + NOISE * noise / np.linalg.norm(noise)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class NoisyEncoder:
    """An ``Encoder`` with noisy vectors for passages and real ones for questions.

    If ``encoder`` provides word vectors, so does this one, drawn from the words of ``texts``.
    """

    def __init__(self, encoder: Encoder, real: Vectors, texts: Sequence[str]) -> None:
        self._real = real
        self.encode_queries = encoder.encode_queries
        self.model_id = encoder.model_id
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        if isinstance(encoder, WordEncoder):
            read = encoder.encode_in_context(texts[:_WORD_TEXTS], [()] * _WORD_TEXTS)
            self._words = np.concatenate([one.words.vectors for one in read])
            self.vocabulary = encoder.vocabulary
            self.encode_question = encoder.encode_question
            self.encode_in_context = self._encode_in_context

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        return like(self._real, texts)

    def _encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        found = []
        for text, own in zip(texts, spans, strict=True):
            words = tuple(word for word in text.split() if not is_stop_word(fold(word))) or ("",)
            rows = [zlib.crc32(word.encode()) % len(self._words) for word in words]
            vectors = like(self._real, [text, *(text[start:end] for start, end in own)])
            found.append(InContext(vectors[0], vectors[1:], WordVectors(words, self._words[rows])))
        return found
