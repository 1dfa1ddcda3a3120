"""A network compiled by OpenVINO, run without importing torch or transformers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.models.runtime.backend import DEVICE, options

BLOB = "network.blob"


class Network:
    """A compiled network from integer to float arrays. Thread-safe: threads take turns."""

    def __init__(self, compiled: Any, memory: object = None) -> None:
        """Create a network; ``memory`` holds the weights of ``compiled`` and is kept alive."""
        self._request = compiled.create_infer_request()
        # One request suffices: OpenVINO gives all threads to one inference at a time.
        self._lock = threading.Lock()
        self.inputs = len(compiled.inputs)
        self.width = int(compiled.output(0).get_partial_shape()[-1].get_length())
        self._memory = memory  # assigned last, so that it is released last

    @classmethod
    def open(cls, folder: Path, openvino: Any, precision: str, threads: int | None) -> Self:
        """Open the file ``BLOB`` of a folder. Raises ``RuntimeError`` or ``OSError``."""
        # Memory-mapped, so that the weights are not copied.
        mapped = np.memmap(folder / BLOB, np.uint8, "c")
        blob = openvino.Tensor(mapped, shared_memory=True)
        compiled = openvino.Core().import_model(blob, DEVICE, options(precision, threads))
        return cls(compiled, (mapped, blob))

    def run(self, inputs: Sequence[NDArray[np.int64]], outputs: int) -> list[NDArray[np.float32]]:
        """Run the network and return copies of its first ``outputs`` outputs."""
        with self._lock:
            result = self._request.infer(list(inputs))
            return [result[at].copy() for at in range(outputs)]
