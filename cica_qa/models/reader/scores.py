"""What the reader's network says of a question and a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cica_qa.models.reader.weights import Array
from cica_qa.models.runtime.network import Network
from cica_qa.models.runtime.packing import Packed, Tokens

OUTPUTS = ("head", "answerable", "verdict")
"""The heads in the order of the network's outputs."""
_STEP = 32
"""Rows are filled up to a multiple of this: each length that is new costs some milliseconds."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a pair: ``spans`` has the shape (tokens, 2), ``verdict`` that of (3,).

    ``spans`` tells how well the answer starts and ends at each token; the first token stands for
    there being none. ``verdict`` scores neither, yes and no.
    """

    spans: Array
    answerable: float
    verdict: Array

    @property
    def flat(self) -> Array:
        """All numbers in one row."""
        return np.concatenate([self.spans.ravel(), [self.answerable], self.verdict])


class ReaderNetwork(Protocol):
    """From the tokens of questions joined with passages to scores."""

    def scores(self, batch: Sequence[Tokens]) -> list[Scores]:
        """Return the scores of pairs of a question and a passage."""


class CompiledReader:
    """The network compiled for this processor. Safe to share between threads."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def scores(self, batch: Sequence[Tokens]) -> list[Scores]:
        """Return the scores of pairs of a question and a passage."""
        tokens = sum(len(pair.ids) for pair in batch)
        packed = Packed.of(batch, -(-tokens // _STEP) * _STEP)
        return unpacked(batch, self._network.run(packed.paired_inputs, len(OUTPUTS)))


def unpacked(batch: Sequence[Tokens], outputs: Sequence[Array]) -> list[Scores]:
    """Return the scores of each pair, without what lies behind its end."""
    spans, answerable, verdict = outputs
    return [
        Scores(spans[at, : len(pair.ids)], float(answerable[at, 0]), verdict[at])
        for at, pair in enumerate(batch)
    ]
