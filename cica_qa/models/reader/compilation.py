"""Compilation of the reader, with its network on torch as the reference and the fallback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cica_qa.models.reader.network import TorchNetwork
from cica_qa.models.reader.scores import CompiledReader, ReaderNetwork, ReaderScores
from cica_qa.models.reader.weights import ReaderWeights
from cica_qa.models.runtime.compiled_copy import CannotCompileError, NoRuntimeError, load_compiled
from cica_qa.models.runtime.network import Network
from cica_qa.models.runtime.packing import Tokens
from cica_qa.settings import Settings

log = logging.getLogger(__name__)


def _pair(question: int, passage: int) -> Tokens:
    """Return the tokens of an artificial question and passage of the given lengths."""
    ids = (0, *range(5, 5 + question), 2, *range(40, 40 + 2 * passage, 2), 2)
    return Tokens(ids, [(0, 0)] * len(ids), question + 2)


PROBE_PAIRS = (_pair(4, 16), _pair(12, 1), _pair(7, 230), _pair(40, 90))


class ReaderSource:
    """The weights of a reader and the bundled model, as a ``Compilable`` of the runtime."""

    name = "reader"
    version = "4"
    tolerance = 0.15
    """Scores are about ±10; bfloat16 changes them by up to 0.1 on average."""
    eight_bits = True

    def __init__(self, weights: ReaderWeights, model: Path) -> None:
        self._weights, self._model = weights, model
        self.fingerprint = weights.fingerprint

    @cached_property
    def reference(self) -> TorchNetwork:
        """The same network on torch, built on first use."""
        return TorchNetwork(self._weights, self._model)

    def traced(self) -> Iterator[Any]:
        """Yield the model as an OpenVINO network."""
        yield self.reference.to_openvino()

    def files(self) -> list[tuple[str, bytes]]:
        """Return no files, as the tokenizer is that of the bundled model."""
        return []

    def assemble(self, folder: Path, network: Callable[[], Network]) -> CompiledReader:
        """Return the compiled network."""
        return CompiledReader(network())

    def probe(self, model: CompiledReader) -> list[ReaderScores]:
        """Return the scores of the probe pairs."""
        return model.scores(PROBE_PAIRS)

    def error(self, model: CompiledReader) -> float:
        """Return the greatest mean absolute error of the scores of a probe pair."""
        pairs = zip(self.probe(model), self._expected, strict=True)
        return max(float(np.abs(ours.flat - theirs.flat).mean()) for ours, theirs in pairs)

    def sample(self, model: CompiledReader) -> list[float]:
        """Return the scores of the first probe pair."""
        scores: list[float] = model.scores(PROBE_PAIRS[:1])[0].flat.tolist()
        return scores

    def sample_error(self, actual: Sequence[float], expected: Sequence[float]) -> float:
        """Return the mean absolute difference of two samples."""
        return float(np.abs(np.subtract(actual, expected)).mean())

    @cached_property
    def _expected(self) -> list[ReaderScores]:
        return self.reference.scores(PROBE_PAIRS)


def load_network(weights: ReaderWeights, model: Path, settings: Settings) -> ReaderNetwork:
    """Return the compiled network or, if it cannot be compiled, the one on torch, and log why."""
    source = ReaderSource(weights, model)
    try:
        return load_compiled(source, settings)
    except CannotCompileError as error:
        level = logging.INFO if isinstance(error, NoRuntimeError) else logging.WARNING
        log.log(level, "the reader runs on torch, which is slower: %s", str(error))
        return source.reference
