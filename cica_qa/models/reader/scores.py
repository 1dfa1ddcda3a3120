"""The scores of the reader's network for a question and a passage."""

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
"""Rows are padded to a multiple of this, because each new length costs a few milliseconds."""


@dataclass(frozen=True, slots=True)
class ReaderScores:
    """The scores of a question and a passage.

    Attributes:
        spans: Scores of the answer's start and end at each token, shape (tokens, 2). Those of
            the first token stand for no answer.
        answerable: The score of there being an answer.
        verdict: The scores of neither, yes and no, shape (3,).

    """

    spans: Array
    answerable: float
    verdict: Array

    @property
    def flat(self) -> Array:
        """All scores in one array."""
        return np.concatenate([self.spans.ravel(), [self.answerable], self.verdict])


class ReaderNetwork(Protocol):
    """A network that scores the tokens of questions joined with passages."""

    def scores(self, batch: Sequence[Tokens]) -> list[ReaderScores]:
        """Return the scores of pairs of a question and a passage."""


class CompiledReader:
    """The network compiled for this processor. Thread-safe."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def scores(self, batch: Sequence[Tokens]) -> list[ReaderScores]:
        """Return the scores of pairs of a question and a passage."""
        tokens = sum(len(pair.ids) for pair in batch)
        packed = Packed.of(batch, -(-tokens // _STEP) * _STEP)
        return unpacked(batch, self._network.run(packed.paired_inputs, len(OUTPUTS)))


def unpacked(batch: Sequence[Tokens], outputs: Sequence[Array]) -> list[ReaderScores]:
    """Return the scores of each pair, cut to its length."""
    spans, answerable, verdict = outputs
    return [
        ReaderScores(spans[at, : len(pair.ids)], float(answerable[at, 0]), verdict[at])
        for at, pair in enumerate(batch)
    ]
