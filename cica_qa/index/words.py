"""The contextual vectors of the words of passages, one short vector per word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.axes import WordAxes, block_rows, padded_blocks
from cica_qa.index.durable import FileWriter, array_writer
from cica_qa.index.hash_index import HashIndex, leading_hashes
from cica_qa.index.pack import Pack
from cica_qa.index.ragged import Indices, concatenated, picked
from cica_qa.protocols import Vectors

_PARTS = _STARTS, _VECTORS, _PLACES, _DIGESTS = (
    "word_starts.npy",
    "word_vectors.npy",
    "word_places.npy",
    "word_digests.npy",
)
_AXES = "word_axes.npy"
_FULL = 127.0


class PassageWords:
    """The word vectors of passages, one byte per dimension. Immutable; safe to share.

    The words of passage ``i`` begin at ``starts[i]`` in ``vectors``, which has shape
    ``(words, dimension)``; ``starts`` has one more entry than there are passages. ``places``, of
    shape ``(words, 2)``, are the spans of the words in the text of their passage: -1 twice for
    words of the heading, and if the span is unknown.
    """

    def __init__(
        self,
        starts: NDArray[np.int64],
        vectors: NDArray[np.int8],
        places: NDArray[np.int32],
        digests: NDArray[np.void],
        axes: WordAxes,
    ) -> None:
        """Take the arrays and the axes. Raises ``ValueError`` if they do not match."""
        shape = (int(starts[-1]) if len(starts) else -1, len(axes.stored) - 1)
        known = places.shape == (len(vectors), 2) and len(digests) == len(starts) - 1
        if vectors.shape != shape or not known:
            raise ValueError("the words do not agree with the number of passages")
        self._starts = starts
        self._vectors = vectors
        self._places = places
        self.digests = digests
        self.axes = axes

    @classmethod
    def from_vectors(
        cls,
        passages: Sequence[NDArray[np.int8]],
        places: Iterable[NDArray[np.int32]],
        digests: NDArray[np.void],
        axes: WordAxes,
    ) -> Self:
        """Store an array of ``as_bytes`` for each passage, with its words' places and its digest.

        If the number of places differs from that of the words, because the model skipped what it
        cannot read, the places count as unknown.
        """
        starts = np.cumsum([0, *map(len, passages)], dtype=np.int64)
        vectors = np.concatenate([np.empty((0, len(axes.stored) - 1), np.int8), *passages])
        kept = np.full((len(vectors), 2), -1, np.int32)
        for start, end, own in zip(starts[:-1], starts[1:], places, strict=True):
            if len(own) == end - start:
                kept[start:end] = own
        return cls(starts, vectors, kept, digests, axes)

    @classmethod
    def merged(cls, parts: Sequence[Self], order: Indices) -> Self:
        """Return the words of the passages at ``order``, numbered through all ``parts``.

        All parts have the same axes.
        """
        bounds = reduce(concatenated, (part._starts for part in parts))
        starts, places = picked(bounds, order)
        return cls(
            starts,
            np.concatenate([part._vectors for part in parts])[places],
            np.concatenate([part._places for part in parts])[places],
            np.concatenate([part.digests for part in parts])[order],
            parts[0].axes,
        )

    @classmethod
    def load(cls, pack: Pack) -> Self | None:
        """Open saved words, memory-mapped; None if the encoder provided no word vectors.

        Raises ``KeyError`` or ``ValueError``.
        """
        if _VECTORS not in pack:
            return None
        axes = WordAxes(pack.array(_AXES))
        starts, vectors, places, digests = (pack.array(name) for name in _PARTS)
        return cls(starts, vectors, places, digests, axes)

    def files(self) -> dict[str, FileWriter]:
        """Return a writer for each file, by name."""
        return {
            _STARTS: array_writer(self._starts),
            _VECTORS: array_writer(self._vectors),
            _PLACES: array_writer(self._places),
            _DIGESTS: array_writer(self.digests),
            _AXES: array_writer(self.axes.stored),
        }

    def find(self, digests: Iterable[bytes]) -> dict[bytes, NDArray[np.int8]]:
        """Return the words of passages by the passages' digests; unknown ones are left out."""
        wanted = list(digests)
        hashes = leading_hashes(np.frombuffer(b"".join(wanted), self.digests.dtype))
        at = self._keys.find(hashes).tolist()
        pairs = [(digest, row) for digest, row in zip(wanted, at, strict=True) if row >= 0]
        return {d: self.of(row) for d, row in pairs if self.digests[row].tobytes() == d}

    @cached_property
    def _keys(self) -> HashIndex:
        return HashIndex.of(leading_hashes(self.digests))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def of(self, position: int) -> NDArray[np.int8]:
        """Return the stored words of a passage, shape ``(words, dimension)``."""
        return self._vectors[self._starts[position] : self._starts[position + 1]]

    def places_of(self, position: int) -> NDArray[np.int32]:
        """Return where in the text of a passage its words stand, shape ``(words, 2)``."""
        return self._places[self._starts[position] : self._starts[position + 1]]

    def counts(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of words of each passage."""
        return self._starts[positions + 1] - self._starts[positions]

    def similarities(self, words: Vectors, positions: NDArray[np.int64]) -> Vectors:
        """Return the cosine of each word with the most similar word of each passage.

        ``words`` are projected, of shape ``(n, dimension)``; the result has shape
        ``(len(positions), n)``. A passage without words has 0. This is the MaxSim of Khattab and
        Zaharia, "ColBERT", 2020.
        """
        best = np.zeros((len(positions), len(words)), np.float32)
        counts = self.counts(positions)
        having = counts > 0
        if having.any():
            stored = np.concatenate([self.of(at) for at in positions.tolist()])
            starts = (np.cumsum(counts) - counts)[having]
            best[having] = np.maximum.reduceat(_cosines(stored, words), starts, axis=0)
        return best

    def matches(self, words: Vectors, position: int) -> tuple[Vectors, NDArray[np.int32]]:
        """Return the cosine of each word of a passage with each of ``words``, and its place.

        Words with an unknown place are left out. The shapes are ``(known, n)`` and ``(known, 2)``.
        """
        places = self._places[self._starts[position] : self._starts[position + 1]]
        known = places[:, 0] >= 0
        return _cosines(self.of(position)[known], words), places[known]


def _cosines(stored: NDArray[np.int8], words: Vectors) -> Vectors:
    blocks = padded_blocks(stored, words)
    norms = np.maximum(np.sqrt(np.vecdot(blocks, blocks)), 1)
    columns = np.ascontiguousarray(words.T)  # halves the time of the product
    cosines: Vectors = blocks @ columns / norms[:, :, np.newaxis]
    return block_rows(cosines)[: len(stored)]


def as_bytes(vectors: Vectors) -> NDArray[np.int8]:
    """Scale each vector to integers up to 127; only its direction matters."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-9)
    scaled: NDArray[np.int8] = np.rint(vectors * (_FULL / largest)).astype(np.int8)
    return scaled
