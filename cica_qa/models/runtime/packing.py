"""Packing of texts of different lengths into one row of tokens, without padding.

After Zhai et al., "ByteTransformer", IPDPS 2023: only attention needs the boundaries of texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text or of a pair of texts.

    Attributes:
        ids: The ids of the tokens.
        offsets: The characters that each token stands for; (0, 0) for special tokens.
        second: The index of the first token of the second text, or None for a single text.

    """

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts in one row, one after the other: the input of a packing network.

    Attributes:
        ids: Token ids, shape (tokens,).
        positions: Positions within the text, shape (tokens,).
        kinds: 1 for tokens of a second text, else 0, shape (tokens,).
        places: Positions in the row of the tokens of each text, shape (texts, longest).
        back: Index of each token in the flattened ``places``, shape (tokens,).
        mask: 1 where ``places`` holds a token, else 0, shape (texts, longest).

    """

    ids: Integers
    positions: Integers
    kinds: Integers
    places: Integers
    back: Integers
    mask: Integers

    @classmethod
    def of(cls, texts: Sequence[Tokens], room: int | None = None) -> Self:
        """Pack texts, each of at least one token, into a row padded to ``room`` tokens."""
        lengths = np.array([len(text.ids) for text in texts])
        mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
        tokens = int(lengths.sum())
        ids, positions, kinds, back = np.zeros((4, max(tokens, room or 0)), np.int64)
        ids[:tokens] = [token for text in texts for token in text.ids]
        positions[:tokens] = mask.nonzero()[1]
        seconds = [len(text.ids) if text.second is None else text.second for text in texts]
        kinds[:tokens] = positions[:tokens] >= np.repeat(seconds, lengths)
        back[:tokens] = mask.ravel().nonzero()[0]
        places = np.zeros(mask.shape, np.int64)
        places[mask] = np.arange(tokens)
        return cls(ids, positions, kinds, places, back, mask.astype(np.int64))

    @property
    def inputs(self) -> list[Integers]:
        """The inputs of a network for single texts, in order."""
        return [self.ids, self.positions, self.places, self.back, self.mask]

    @property
    def paired_inputs(self) -> list[Integers]:
        """The inputs of a network for pairs of texts, in order."""
        return [self.ids, self.positions, self.kinds, self.places, self.back, self.mask]
