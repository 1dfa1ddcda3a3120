"""The vectors of texts: those an earlier index holds, and new ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cica_qa.encoders.common import unit_rows
from cica_qa.index.dense import Kind
from cica_qa.index.store import DiskStore
from cica_qa.index.words import PassageWords, WordAxes, as_bytes
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder

_BATCH = 64
_PIECE = 1200
_CUT = re.compile(rf"\S.{{0,{_PIECE - 1}}}(?=\s|$)|\S+", re.DOTALL)


class VectorSource:
    """Gives texts their vectors: from the index before or from ``read``, else encoded."""

    def __init__(
        self, encoder: Encoder, reusable: DiskStore | None, read: Mapping[bytes, Vectors]
    ) -> None:
        """``read`` has vectors that were encoded already, by the digests of their texts."""
        self._encoder = encoder
        self._reusable = reusable
        self._read = read
        self.encoded = 0

    def of(
        self, texts: Sequence[str], kind: Kind, progress: Progress | None
    ) -> tuple[Vectors, NDArray[np.void]]:
        """Return the vectors of normalised texts, shape ``(len(texts), dimension)``, and digests.

        ``kind`` is the index that they are for.
        """
        digests = [_digest(text) for text in texts]
        known, stored = self._known(kind)
        fresh = dict(zip(digests, texts, strict=True))
        fresh = {digest: text for digest, text in fresh.items() if digest not in known}
        self.encoded = len(fresh)
        left = {digest: text for digest, text in fresh.items() if digest not in self._read}
        advance = (lambda done: progress("encode", done, len(left))) if progress else None
        encoded = self._encoder.encode_passages(list(left.values()), advance)
        new = {**self._read, **dict(zip(left, encoded, strict=True))}
        matrix = np.empty((len(texts), self._encoder.dimension), np.float32)
        for row, digest in enumerate(digests):
            matrix[row] = stored[known[digest]] if digest in known else new[digest]
        return matrix, np.frombuffer(b"".join(digests), "V16")

    def _known(self, kind: Kind) -> tuple[dict[bytes, int], Vectors]:
        """The row of each digest in the index before, and the vectors of its rows.

        A graph keeps its vectors rounded; an exact index must not inherit them.
        """
        before = self._reusable
        if before is None or (before.dense.kind, kind) == ("graph", "exact"):
            return {}, np.empty((0, self._encoder.dimension), np.float32)
        digests = before.rows["digest"]
        rows = {digest.tobytes(): row for row, digest in enumerate(digests)}
        return rows, before.dense.vectors(0, len(digests))


def read_windows(
    passages: Sequence[Sequence[str]],
    encoder: WordEncoder,
    before: PassageWords | None,
    progress: Progress | None = None,
) -> tuple[PassageWords, dict[bytes, Vectors]]:
    """Read passages, each given as its normalised windows, encoding only what is new.

    Returns the vectors of their words, each as it is in its window, and by the digest of its
    text the vector of each window that was encoded. ``before`` are the words of an index made
    with the same model.
    """
    axes = before.axes if before else WordAxes.of(encoder)
    digests = [_digest("\n".join(windows)) for windows in passages]
    known = {digest.tobytes(): at for at, digest in enumerate(before.digests)} if before else {}
    new = [
        (digest, windows)
        for digest, windows in dict(zip(digests, passages, strict=True)).items()
        if digest not in known
    ]
    words: dict[bytes, NDArray[np.int8]] = {}
    vectors: dict[bytes, Vectors] = {}
    for start in range(0, len(new), _BATCH):
        batch = new[start : start + _BATCH]
        read = iter(_read([text for _, windows in batch for text in windows], encoder, axes))
        for digest, windows in batch:
            parts = [next(read) for _ in windows]
            vectors.update((_digest(t), v) for t, (v, _) in zip(windows, parts, strict=True))
            words[digest] = as_bytes(np.concatenate([part for _, part in parts]))
        if progress:
            progress("words", min(start + _BATCH, len(new)), len(new))
    stored = [
        before.of(known[digest]) if before and digest in known else words[digest]
        for digest in digests
    ]
    digests_array = np.frombuffer(b"".join(digests), "V16")
    return PassageWords.from_vectors(stored, digests_array, axes), vectors


def _read(
    texts: Sequence[str], encoder: WordEncoder, axes: WordAxes
) -> list[tuple[Vectors, Vectors]]:
    """The vector of each text and, on the axes, those of its words.

    A model reads only so much at once: a long text is read in pieces, and its vector is their mean.
    """
    cut = [_CUT.findall(text) or [""] for text in texts]
    vectors, words = encoder.encode_passage_words([piece for pieces in cut for piece in pieces])
    ends = np.cumsum([len(pieces) for pieces in cut])
    found = []
    for start, end in zip(ends - [len(pieces) for pieces in cut], ends, strict=True):
        mean = unit_rows(vectors[start:end].mean(axis=0, keepdims=True))[0]
        own = [axes.project(one.vectors) for one in words[start:end]]
        found.append((vectors[start] if end - start == 1 else mean, np.concatenate(own)))
    return found


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
