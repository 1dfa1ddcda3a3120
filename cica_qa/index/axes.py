"""The directions in which words differ, as an encoder sees them: what their vectors are cut to."""

from __future__ import annotations

import hashlib
import logging
from io import BytesIO
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.models.cache import checksum_problems, folder_lock, publish_folder
from cica_qa.models.encoder.common import unit_rows
from cica_qa.protocols import Vectors, WordEncoder

_log = logging.getLogger(__name__)

DIMENSION = 128
_TEXTS, _TEXT_WORDS, _FOREIGN = 430, 12, 80
_SMALL_PRODUCT = 1 << 18  # multiplications up to which OpenBLAS works in the calling thread
_FILE = "axes.npy"


class WordAxes:
    """The directions in which the words of a language differ most, as an encoder sees them.

    All token vectors of a text point much the same way; without their mean, and on the first
    principal axes, they tell words apart in a third of the numbers.
    """

    def __init__(self, stored: Vectors) -> None:
        """``stored`` has the mean in its first row and an axis in each other."""
        self.stored = stored

    @classmethod
    def of(cls, encoder: WordEncoder) -> Self:
        """Work out the axes from words that the encoder's own vocabulary has, in random order.

        They depend on the model alone, so that a small collection gets them as well as a
        large one.
        """
        chance = np.random.default_rng(0)
        arabic = [word for word in encoder.vocabulary if not word.isascii()]
        others = [word for word in encoder.vocabulary if word.isascii()]
        foreign = _FOREIGN if len(arabic) >= _TEXT_WORDS else _TEXTS
        sources = [others if at < foreign and others else arabic for at in range(_TEXTS)]
        texts = [" ".join(chance.choice(source, _TEXT_WORDS)) for source in sources]
        read = encoder.encode_in_context(texts, [()] * len(texts))
        vectors = np.concatenate([one.words.vectors for one in read])
        mean = vectors.mean(axis=0)
        centred = unit_rows(vectors - mean)
        _, axes = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
        kept = axes[:, ::-1][:, :DIMENSION].T
        return cls(np.vstack([mean, kept]).astype(np.float32))

    @classmethod
    def kept(cls, encoder: WordEncoder, cache: Path) -> Self:
        """Return those of ``of``, read from the cache folder where it has them.

        They take as long to work out as some hundred passages. A cache that cannot be written
        is no matter.
        """
        recipe = f"{encoder.fingerprint}:{DIMENSION}:{_TEXTS}:{_TEXT_WORDS}:{_FOREIGN}"
        folder = cache / "axes" / hashlib.sha256(recipe.encode()).hexdigest()[:32]
        try:
            with folder_lock(folder):
                if not checksum_problems(folder):
                    return cls(np.load(folder / _FILE, allow_pickle=False))
                made = cls.of(encoder)
                stream = BytesIO()
                np.save(stream, made.stored, allow_pickle=False)
                publish_folder(folder, [(_FILE, stream.getvalue())], {"recipe": recipe})
                return made
        except OSError as error:
            _log.debug("the axes of words cannot be kept: %s", error)
            return cls.of(encoder)

    def project(self, vectors: Vectors) -> Vectors:
        """Return unit vectors of ``DIMENSION`` numbers or as many as the encoder has, if fewer."""
        return unit_rows(_products(vectors - self.stored[0], self.stored[1:]))


def _products(rows: Vectors, columns: Vectors) -> Vectors:
    """Return ``rows @ columns.T``, worked out in pieces."""
    return rows_of(in_pieces(rows, columns) @ columns.T)[: len(rows)]


def in_pieces(rows: NDArray[np.number], columns: Vectors) -> Vectors:
    """Return ``rows`` in equal pieces so small that BLAS starts no threads for one of them.

    The last one is filled up with zeros. OpenBLAS' threads keep their cores busy for a while
    after: the next question would wait.
    """
    count, dimension = rows.shape
    piece = max(2, _SMALL_PRODUCT // max(1, columns.size))
    pieces = np.empty((-(-count // piece), piece, dimension), np.float32)
    flat = pieces.reshape(-1, dimension)
    flat[:count], flat[count:] = rows, 0
    return pieces


def rows_of(pieces: Vectors) -> Vectors:
    """Return the rows of all pieces, what filled up the last one among them."""
    count, size, width = pieces.shape
    return pieces.reshape(count * size, width)
