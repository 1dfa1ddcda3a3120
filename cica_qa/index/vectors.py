"""The vectors of texts: those an earlier index holds, and new ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.normalize import Normalizer
from cica_qa.index.dense import Kind
from cica_qa.index.store import DiskStore
from cica_qa.index.words import PassageWords, WordAxes, as_bytes
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder

_BATCH = 64
_PIECE = 1200
_CUT = re.compile(rf"\S.{{0,{_PIECE - 1}}}(?=\s|$)|\S+", re.DOTALL)


class VectorSource:
    """Gives texts their vectors: from the index before where it has them, else encoded."""

    def __init__(
        self, encoder: Encoder, normalizer: Normalizer, reusable: DiskStore | None
    ) -> None:
        self._encoder = encoder
        self._normalizer = normalizer
        self._reusable = reusable
        self.encoded = 0

    def of(
        self, texts: Sequence[str], kind: Kind, progress: Progress | None
    ) -> tuple[Vectors, NDArray[np.void]]:
        """Return the vectors, shape ``(len(texts), dimension)``, and the texts' digests.

        ``kind`` is the index that they are for.
        """
        folded = [self._normalizer(text) for text in texts]
        digests = [_digest(text) for text in folded]
        known, stored = self._known(kind)
        matrix = np.empty((len(texts), self._encoder.dimension), np.float32)
        new: dict[bytes, str] = {}
        for row, digest in enumerate(digests):
            if digest in known:
                matrix[row] = stored[known[digest]]
            else:
                new[digest] = folded[row]
        self.encoded = len(new)
        advance = (lambda done: progress("encode", done, len(new))) if progress else None
        fresh = self._encoder.encode_passages(list(new.values()), advance)
        position = {digest: at for at, digest in enumerate(new)}
        for row, digest in enumerate(digests):
            if digest in position:
                matrix[row] = fresh[position[digest]]
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


def passage_words(
    texts: Sequence[str],
    encoder: WordEncoder,
    before: PassageWords | None,
    progress: Progress | None = None,
) -> PassageWords:
    """Return the vectors of the words of normalised ``texts``, encoding only what is new.

    ``before`` are those of an index made with the same model.
    """
    axes = before.axes if before else WordAxes.of(encoder)
    digests = [_digest(text) for text in texts]
    known = {digest.tobytes(): at for at, digest in enumerate(before.digests)} if before else {}
    found: dict[bytes, NDArray[np.int8]] = {}
    new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
    items = list(new.items())
    for start in range(0, len(items), _BATCH):
        batch = items[start : start + _BATCH]
        # A model reads only so much at once: a long passage is read in pieces.
        pieces = [_CUT.findall(text) or [""] for _, text in batch]
        encoded = iter(encoder.passage_words([piece for cut in pieces for piece in cut]))
        for (digest, _), cut in zip(batch, pieces, strict=True):
            parts = [axes.project(next(encoded).vectors) for _ in cut]
            found[digest] = as_bytes(np.concatenate(parts))
        if progress:
            progress("words", min(start + _BATCH, len(items)), len(items))
    stored = [
        before.of(known[digest]) if before and digest in known else found[digest]
        for digest in digests
    ]
    return PassageWords.from_vectors(stored, np.frombuffer(b"".join(digests), "V16"), axes)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
