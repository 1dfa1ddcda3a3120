"""How the reader is compiled, and what it is on torch where it is not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cica_qa.models.reader.network import TorchNetwork
from cica_qa.models.reader.scores import CompiledReader, ReaderNetwork, Scores
from cica_qa.models.reader.weights import Weights
from cica_qa.models.runtime.copy import CannotCompileError, NoRuntimeError, load_compiled
from cica_qa.models.runtime.network import Network
from cica_qa.models.runtime.packing import Tokens
from cica_qa.settings import Settings

log = logging.getLogger(__name__)


def _pair(question: int, passage: int) -> Tokens:
    """Tokens of a made-up question and passage of so many words."""
    ids = (0, *range(5, 5 + question), 2, *range(40, 40 + 2 * passage, 2), 2)
    return Tokens(ids, [(0, 0)] * len(ids), question + 2)


PROBES = (_pair(4, 16), _pair(12, 1), _pair(7, 230), _pair(40, 90))


class ReaderSource:
    """The weights of a reader and the bundled model; see ``runtime.copy.Compilable``."""

    name = "reader"
    version = "4"
    tolerance = 0.15
    """In bfloat16 scores, which are about ±10, are up to 0.1 off on average."""
    eight_bits = True

    def __init__(self, weights: Weights, model: Path) -> None:
        self._weights, self._model = weights, model
        self.fingerprint = weights.fingerprint

    @cached_property
    def reference(self) -> TorchNetwork:
        """The same network on torch, built when it is first asked for."""
        return TorchNetwork(self._weights, self._model)

    def traced(self) -> Iterator[Any]:
        """Yield the network."""
        yield self.reference.to_openvino()

    def files(self) -> list[tuple[str, bytes]]:
        """Return no files: the tokenizer is the bundled model's."""
        return []

    def assemble(self, folder: Path, network: Callable[[], Network]) -> CompiledReader:
        """Return the compiled network."""
        return CompiledReader(network())

    def probe(self, model: CompiledReader) -> list[Scores]:
        """Return the scores of the probes."""
        return model.scores(PROBES)

    def error(self, model: CompiledReader) -> float:
        """Return how far the scores of the probes are off on average, at worst."""
        pairs = zip(self.probe(model), self._expected, strict=True)
        return max(float(np.abs(ours.flat - theirs.flat).mean()) for ours, theirs in pairs)

    def sample(self, model: CompiledReader) -> list[float]:
        """Return the scores of the first probe."""
        scores: list[float] = model.scores(PROBES[:1])[0].flat.tolist()
        return scores

    def sample_error(self, found: Sequence[float], expected: Sequence[float]) -> float:
        """Return how far two samples are apart on average."""
        return float(np.abs(np.subtract(found, expected)).mean())

    @cached_property
    def _expected(self) -> list[Scores]:
        return self.reference.scores(PROBES)


def load_network(weights: Weights, model: Path, settings: Settings) -> ReaderNetwork:
    """Return the network compiled where it can be, with a warning on torch where it cannot."""
    source = ReaderSource(weights, model)
    try:
        return load_compiled(source, settings)
    except CannotCompileError as error:
        level = logging.INFO if isinstance(error, NoRuntimeError) else logging.WARNING
        log.log(level, "the reader runs on torch, which is slower: %s", str(error))
        return source.reference
