"""Vectors of texts and words, taken from earlier segments or newly encoded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.axes import WordAxes
from cica_qa.index.segment import Segment
from cica_qa.index.texts import EncoderText, split_to_fit
from cica_qa.index.words import PassageWords, as_bytes
from cica_qa.models.encoder.common import unit_rows
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder

_BATCH_PASSAGES = 64


class VectorSource:
    """Looks up the vectors of texts and encodes those that are missing.

    ``encoded`` is the number of texts that were not found in a segment.
    """

    def __init__(
        self, encoder: Encoder, reusable: Sequence[Segment], vectors: Mapping[bytes, Vectors]
    ) -> None:
        """Take segments that may have vectors of the same texts, and vectors by text digest."""
        self._encoder = encoder
        self._reusable = reusable
        self._vectors = vectors
        self.encoded = 0

    def of(
        self, texts: Sequence[str], keys: Sequence[str], progress: Progress | None
    ) -> tuple[Vectors, NDArray[np.void]]:
        """Return the vectors of normalised texts, shape ``(len(texts), dimension)``, and digests.

        Texts with the same key have the same vector; mostly the key is the text itself.
        """
        digests = [text_digest(key) for key in keys]
        known: dict[bytes, Vectors] = {}
        for segment in self._reusable:
            known |= segment.find(digests)
        fresh = dict(zip(digests, texts, strict=True))
        fresh = {digest: text for digest, text in fresh.items() if digest not in known}
        self.encoded = len(fresh)
        left = {digest: text for digest, text in fresh.items() if digest not in self._vectors}
        advance = (lambda done: progress("encode", done, len(left))) if progress else None
        encoded = self._encoder.encode_passages(list(left.values()), advance)
        new = {**self._vectors, **dict(zip(left, encoded, strict=True))}
        matrix = np.empty((len(texts), self._encoder.dimension), np.float32)
        for row, digest in enumerate(digests):
            matrix[row] = known[digest] if digest in known else new[digest]
        return matrix, np.frombuffer(b"".join(digests), "V16")


def encode_passages(
    passages: Sequence[Sequence[EncoderText]],
    encoder: WordEncoder,
    reusable: Sequence[PassageWords],
    places: Iterable[NDArray[np.int32]],
    cache: Path,
    progress: Progress | None = None,
) -> tuple[PassageWords, dict[bytes, Vectors]]:
    """Return the word vectors of passages, encoding only passages that ``reusable`` lacks.

    Also returns, for the passages that were encoded, the vectors of their windows and whole texts
    by the digests of their keys. ``reusable`` are the words of segments built with the same
    model; ``places`` are the spans of each passage's words (``word_places``); ``cache`` is the
    folder for what is computed once per model.
    """
    axes = reusable[0].axes if reusable else WordAxes.cached(encoder, cache)
    digests = [text_digest(_passage_key(contexts)) for contexts in passages]
    words: dict[bytes, NDArray[np.int8]] = {}
    for one in reusable:
        words |= one.find(digests)
    by_digest = dict(zip(digests, passages, strict=True))
    new = [(digest, texts) for digest, texts in by_digest.items() if digest not in words]
    vectors: dict[bytes, Vectors] = {}
    for start in range(0, len(new), _BATCH_PASSAGES):
        batch = new[start : start + _BATCH_PASSAGES]
        encoded = iter(_encode([one for _, contexts in batch for one in contexts], encoder))
        for digest, contexts in batch:
            parts = [next(encoded) for _ in contexts]
            words[digest] = as_bytes(np.concatenate([axes.project(own) for own, _ in parts]))
            for _, by_key in parts:
                vectors.update(by_key)
        if progress:
            progress("words", min(start + _BATCH_PASSAGES, len(new)), len(new))
    digests_array = np.frombuffer(b"".join(digests), "V16")
    stored = [words[digest] for digest in digests]
    return PassageWords.from_vectors(stored, places, digests_array, axes), vectors


def _passage_key(contexts: Sequence[EncoderText]) -> str:
    """Return the key of a passage's words.

    Indexes store its digest: another format would encode the words of every passage again.
    """
    parts = (
        f"Reading(text={one.text!r}, heading={one.heading!r}, windows={one.windows!r})"
        for one in contexts
    )
    return f"[{', '.join(parts)}]"


def _encode(
    contexts: Sequence[EncoderText], encoder: WordEncoder
) -> list[tuple[Vectors, dict[bytes, Vectors]]]:
    """Return for each text its word vectors, and by digest the vectors of its windows and itself.

    A text that was split has the mean vector of its pieces, and so have its windows.
    """
    cut = [[piece for _, piece in split_to_fit(one.text)] for one in contexts]
    texts = [piece for own in cut for piece in own]
    spans = [
        one.windows if len(own) == 1 else ()
        for one, own in zip(contexts, cut, strict=True)
        for _ in own
    ]
    encoded = iter(encoder.encode_in_context(texts, spans))
    found = []
    for one, own in zip(contexts, cut, strict=True):
        parts = [next(encoded) for _ in own]
        mean = unit_rows(np.mean([part.vector for part in parts], axis=0, keepdims=True))[0]
        whole = parts[0].vector if len(parts) == 1 else mean
        windows = parts[0].spans if len(parts) == 1 else [whole] * len(one.windows)
        by_digest = {text_digest(one.text): whole}
        by_digest |= zip(map(text_digest, one.window_keys()), windows, strict=True)
        found.append((np.concatenate([part.words.vectors for part in parts]), by_digest))
    return found


def text_digest(text: str) -> bytes:
    """Return the 16-byte digest of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
