"""The vectors of texts: those an earlier index holds, and new ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.axes import WordAxes
from cica_qa.index.segment import Segment
from cica_qa.index.texts import Reading, pieces
from cica_qa.index.words import PassageWords, as_bytes
from cica_qa.models.encoder.common import unit_rows
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder

_BATCH = 64


class VectorSource:
    """Gives texts their vectors: from the index before or from ``read``, else encoded."""

    def __init__(
        self, encoder: Encoder, reusable: Sequence[Segment], read: Mapping[bytes, Vectors]
    ) -> None:
        """``reusable`` are segments that may have vectors of the same texts.

        ``read`` has vectors that were encoded already, by the digests of their texts.
        """
        self._encoder = encoder
        self._reusable = reusable
        self._read = read
        self.encoded = 0

    def of(
        self, texts: Sequence[str], keys: Sequence[str], progress: Progress | None
    ) -> tuple[Vectors, NDArray[np.void]]:
        """Return the vectors of normalised texts, shape ``(len(texts), dimension)``, and digests.

        ``keys`` say what each vector depends on: mostly the text itself.
        """
        digests = [digest_of(key) for key in keys]
        known: dict[bytes, Vectors] = {}
        for segment in self._reusable:
            known |= segment.find(digests)
        fresh = dict(zip(digests, texts, strict=True))
        fresh = {digest: text for digest, text in fresh.items() if digest not in known}
        self.encoded = len(fresh)
        left = {digest: text for digest, text in fresh.items() if digest not in self._read}
        advance = (lambda done: progress("encode", done, len(left))) if progress else None
        encoded = self._encoder.encode_passages(list(left.values()), advance)
        new = {**self._read, **dict(zip(left, encoded, strict=True))}
        matrix = np.empty((len(texts), self._encoder.dimension), np.float32)
        for row, digest in enumerate(digests):
            matrix[row] = known[digest] if digest in known else new[digest]
        return matrix, np.frombuffer(b"".join(digests), "V16")


def read_passages(
    passages: Sequence[Sequence[Reading]],
    encoder: WordEncoder,
    before: Sequence[PassageWords],
    places: Iterable[NDArray[np.int32]],
    cache: Path,
    progress: Progress | None = None,
) -> tuple[PassageWords, dict[bytes, Vectors]]:
    """Read passages, encoding only what is new.

    Returns the vectors of their words, and for what was encoded those of its windows, by the
    digests of their keys, and of its whole texts. ``before`` are the words of segments made
    with the same model; ``places`` says for each passage where its words stand (``word_places``);
    ``cache`` is the folder of what is worked out once for each model.
    """
    axes = before[0].axes if before else WordAxes.kept(encoder, cache)
    digests = [digest_of(repr(readings)) for readings in passages]
    words: dict[bytes, NDArray[np.int8]] = {}
    for one in before:
        words |= one.find(digests)
    by_digest = dict(zip(digests, passages, strict=True))
    new = [(digest, found) for digest, found in by_digest.items() if digest not in words]
    vectors: dict[bytes, Vectors] = {}
    for start in range(0, len(new), _BATCH):
        batch = new[start : start + _BATCH]
        read = iter(_read([one for _, readings in batch for one in readings], encoder))
        for digest, readings in batch:
            parts = [next(read) for _ in readings]
            words[digest] = as_bytes(np.concatenate([axes.project(own) for own, _ in parts]))
            for _, found in parts:
                vectors.update(found)
        if progress:
            progress("words", min(start + _BATCH, len(new)), len(new))
    digests_array = np.frombuffer(b"".join(digests), "V16")
    stored = [words[digest] for digest in digests]
    return PassageWords.from_vectors(stored, places, digests_array, axes), vectors


def _read(
    readings: Sequence[Reading], encoder: WordEncoder
) -> list[tuple[Vectors, dict[bytes, Vectors]]]:
    """The vectors of the words of each text, and those of its windows and of itself by digest."""
    cut = [[piece for _, piece in pieces(one.text)] for one in readings]
    texts = [piece for own in cut for piece in own]
    spans = [
        one.windows if len(own) == 1 else ()
        for one, own in zip(readings, cut, strict=True)
        for _ in own
    ]
    encoded = iter(encoder.encode_in_context(texts, spans))
    found = []
    for one, own in zip(readings, cut, strict=True):
        parts = [next(encoded) for _ in own]
        mean = unit_rows(np.mean([part.vector for part in parts], axis=0, keepdims=True))[0]
        whole = parts[0].vector if len(parts) == 1 else mean
        windows = parts[0].spans if len(parts) == 1 else [whole] * len(one.windows)
        by_digest = {digest_of(one.text): whole}
        by_digest |= zip(map(digest_of, one.window_keys()), windows, strict=True)
        found.append((np.concatenate([part.words.vectors for part in parts]), by_digest))
    return found


def digest_of(text: str) -> bytes:
    """Return the 16 bytes by which a text is known."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
