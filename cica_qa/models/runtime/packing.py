"""Texts of unlike lengths in one row of tokens, without padding.

After Zhai et al., "ByteTransformer", IPDPS 2023: only attention needs to know where each ends.
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
    """The tokens of a text, and the characters each stands for: none, (0, 0), for special ones.

    From the token at ``second`` on they are those of a second text; None where there is but one.
    """

    ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts in one row, one behind the other, as a network that packs reads them.

    Shapes are (tokens,) of ``ids``, ``positions`` within the text, ``kinds`` (1 in a second text,
    else 0) and ``back``, and (texts, tokens of the longest) of ``places`` and ``mask``. ``places``
    tells where in the row the tokens of each text stand, ``mask`` which places are taken, and
    ``back`` which place, all of them in a row, each token has.
    """

    ids: Integers
    positions: Integers
    kinds: Integers
    places: Integers
    back: Integers
    mask: Integers

    @classmethod
    def of(cls, texts: Sequence[Tokens], room: int | None = None) -> Self:
        """Pack texts, each of one token or more, in a row for at least ``room`` tokens."""
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
        """The inputs of a network that packs single texts, in their order."""
        return [self.ids, self.positions, self.places, self.back, self.mask]

    @property
    def paired_inputs(self) -> list[Integers]:
        """The inputs of a network that packs pairs of texts, in their order."""
        return [self.ids, self.positions, self.kinds, self.places, self.back, self.mask]
