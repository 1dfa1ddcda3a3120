"""A network in training as a ``SpanReader``, like the package's own."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from benchmarks.training.base import Base
from benchmarks.training.network import Network
from benchmarks.training.pairs import NEITHER, UNKNOWN, Pair
from cica_qa.models.reader.reader import SpanReader
from cica_qa.models.reader.scores import ReaderScores
from cica_qa.models.reader.weights import Calibration
from cica_qa.models.runtime.packing import Tokens


class TrainedNetwork:
    """A ``ReaderNetwork`` from a network in training, neither rounded nor compiled."""

    def __init__(self, base: Base, network: Network) -> None:
        self._base, self._network = base, network.eval()

    @torch.inference_mode()
    def scores(self, batch: Sequence[Tokens]) -> list[ReaderScores]:
        """Return the scores of pairs of a question and a passage."""
        pairs = [_pair(tokens) for tokens in batch]
        spans, answerable, verdict = (
            part.cpu().numpy() for part in self._network(self._base, pairs)
        )
        return [
            ReaderScores(spans[at, : len(pair.ids)], float(answerable[at]), verdict[at])
            for at, pair in enumerate(pairs)
        ]


def as_reader(base: Base, network: Network) -> SpanReader:
    """Return a reader whose scores are not calibrated."""
    return SpanReader(TrainedNetwork(base, network), base.tokenizer, Calibration())


def _pair(tokens: Tokens) -> Pair:
    assert tokens.second is not None
    return Pair(tuple(tokens.ids), tokens.second, UNKNOWN, UNKNOWN, UNKNOWN, NEITHER)
