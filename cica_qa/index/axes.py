"""Principal axes onto which word vectors are projected before they are stored."""

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
_TEXTS, _TEXT_WORDS, _FOREIGN_TEXTS = 430, 12, 80
_SMALL_PRODUCT = 1 << 18  # multiplications up to which OpenBLAS stays in the calling thread
_FILE = "axes.npy"


class WordAxes:
    """The mean and the principal axes of an encoder's word vectors.

    The token vectors of a text all point in much the same direction. Centred, and projected onto
    the first principal axes, they tell words apart with a third of the dimensions.
    """

    def __init__(self, stored: Vectors) -> None:
        """Take the mean (first row of ``stored``) and the axes (the other rows)."""
        self.stored = stored

    @classmethod
    def fit(cls, encoder: WordEncoder) -> Self:
        """Compute the axes from random texts made of the encoder's own vocabulary.

        They depend only on the model, so that small collections get as good axes as large ones.
        """
        random = np.random.default_rng(0)
        arabic = [word for word in encoder.vocabulary if not word.isascii()]
        others = [word for word in encoder.vocabulary if word.isascii()]
        foreign = _FOREIGN_TEXTS if len(arabic) >= _TEXT_WORDS else _TEXTS
        sources = [others if at < foreign and others else arabic for at in range(_TEXTS)]
        texts = [" ".join(random.choice(source, _TEXT_WORDS)) for source in sources]
        read = encoder.encode_in_context(texts, [()] * len(texts))
        vectors = np.concatenate([one.words.vectors for one in read])
        mean = vectors.mean(axis=0)
        centred = unit_rows(vectors - mean)
        _, axes = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
        kept = axes[:, ::-1][:, :DIMENSION].T
        return cls(np.vstack([mean, kept]).astype(np.float32))

    @classmethod
    def cached(cls, encoder: WordEncoder, cache: Path) -> Self:
        """Return the axes of ``fit``, read from the folder ``cache`` if they are there.

        Computing them takes as long as encoding about a hundred passages. Cache write failures
        are ignored.
        """
        recipe = f"{encoder.fingerprint}:{DIMENSION}:{_TEXTS}:{_TEXT_WORDS}:{_FOREIGN_TEXTS}"
        folder = cache / "axes" / hashlib.sha256(recipe.encode()).hexdigest()[:32]
        try:
            with folder_lock(folder):
                if not checksum_problems(folder):
                    return cls(np.load(folder / _FILE, allow_pickle=False))
                axes = cls.fit(encoder)
                stream = BytesIO()
                np.save(stream, axes.stored, allow_pickle=False)
                publish_folder(folder, [(_FILE, stream.getvalue())], {"recipe": recipe})
                return axes
        except OSError as error:
            _log.debug("the word axes cannot be cached: %s", error)
            return cls.fit(encoder)

    def project(self, vectors: Vectors) -> Vectors:
        """Return unit vectors of ``DIMENSION`` components, or of the encoder's own if fewer."""
        return unit_rows(_products(vectors - self.stored[0], self.stored[1:]))


def _products(rows: Vectors, columns: Vectors) -> Vectors:
    """Return ``rows @ columns.T``, computed block by block."""
    return block_rows(padded_blocks(rows, columns) @ columns.T)[: len(rows)]


def padded_blocks(rows: NDArray[np.number], columns: Vectors) -> Vectors:
    """Return ``rows`` in equal blocks, each so small that BLAS starts no threads for it.

    The last block is padded with zeros. OpenBLAS's threads keep their cores busy for a while
    after a product, which would delay the next question.
    """
    count, dimension = rows.shape
    size = max(2, _SMALL_PRODUCT // max(1, columns.size))
    blocks = np.empty((-(-count // size), size, dimension), np.float32)
    flat = blocks.reshape(-1, dimension)
    flat[:count], flat[count:] = rows, 0
    return blocks


def block_rows(blocks: Vectors) -> Vectors:
    """Return the rows of all blocks, including the padding of the last one."""
    count, size, width = blocks.shape
    return blocks.reshape(count * size, width)
