"""Quantisation to eight bits: results stay close, and small matrices are unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cica_qa.models.cache import read_folder_manifest
from cica_qa.models.runtime.backend import DEVICE, INT8, import_openvino, options
from cica_qa.models.runtime.compiled_copy import copy_path, load_compiled
from cica_qa.models.runtime.eight_bits import in_eight_bits
from cica_qa.models.runtime.network import Network
from cica_qa.settings import Settings

ov = import_openvino()
ROWS = np.random.default_rng(3).standard_normal((32, 256)).astype(np.float32)


def weights(outputs: int, inputs: int = 256) -> np.ndarray[Any, Any]:
    return np.random.default_rng(outputs).standard_normal((outputs, inputs)).astype(np.float32)


def network(matrix: np.ndarray[Any, Any], transposed: bool) -> Any:
    op = ov.opset13
    rows = op.parameter([-1, matrix.shape[1]], np.float32)
    constant = op.constant(matrix if transposed else np.ascontiguousarray(matrix.T))
    return ov.Model([op.matmul(rows, constant, False, transposed)], [rows])


@pytest.mark.parametrize("transposed", [True, False])
def test_results_are_close_to_those_of_floats(transposed: bool) -> None:
    matrix = weights(128)
    made = network(matrix, transposed)
    assert in_eight_bits(ov, made) == 1
    compiled = ov.Core().compile_model(made, DEVICE, options(INT8, 1))
    found, expected = compiled(ROWS)[0], ROWS @ matrix.T
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 0.02 * np.abs(expected).mean()


def test_small_matrices_and_matrices_of_the_input_stay() -> None:
    assert in_eight_bits(ov, network(weights(8), True)) == 0
    op = ov.opset13
    one, other = op.parameter([4, 256], np.float32), op.parameter([256, 300], np.float32)
    assert in_eight_bits(ov, ov.Model([op.matmul(one, other, False, False)], [one, other])) == 0


class Source:
    """A model that is a single large matrix."""

    name, version, fingerprint = "matrix", "1", "f" * 64

    def __init__(self, eight_bits: bool, tolerance: float) -> None:
        self.eight_bits, self.tolerance = eight_bits, tolerance
        self._matrix = weights(512)

    def traced(self) -> Iterator[Any]:
        yield network(self._matrix, True)

    def files(self) -> list[tuple[str, bytes]]:
        return []

    def assemble(self, folder: Path, opened: Any) -> Network:
        found = opened()
        assert isinstance(found, Network)
        return found

    def probe(self, model: Network) -> np.ndarray[Any, Any]:
        return model.run([ROWS], 1)[0]

    def error(self, model: Network) -> float:
        return float(np.abs(self.probe(model) - ROWS @ self._matrix.T).mean())

    def sample(self, model: Network) -> list[float]:
        return [float(one) for one in self.probe(model)[0]]

    def sample_error(self, found: Sequence[float], expected: Sequence[float]) -> float:
        return float(np.abs(np.subtract(found, expected)).mean())


@pytest.mark.parametrize(("eight_bits", "tolerance"), [(True, 1.0), (False, 1.0), (True, 1e-3)])
def test_a_copy_has_a_precision_within_the_tolerance(
    eight_bits: bool, tolerance: float, tmp_path: Path
) -> None:
    source, settings = Source(eight_bits, tolerance), Settings(cache_dir=tmp_path)
    model = load_compiled(source, settings)
    assert source.error(model) <= tolerance
    told = read_folder_manifest(copy_path(source.name, source.fingerprint, settings))
    assert told["error"] <= tolerance
    assert (told["precision"] == INT8) <= (eight_bits and tolerance == 1.0)
