"""A network compiled for this processor by OpenVINO. Imports neither torch nor transformers."""

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
    """From arrays of integers to arrays. Safe to share between threads: they take turns."""

    def __init__(self, compiled: Any, memory: object = None) -> None:
        """``memory`` is what ``compiled`` reads its weights from: kept alive as long as this."""
        self._request = compiled.create_infer_request()
        # One request suffices: OpenVINO gives all threads to one inference at a time.
        self._lock = threading.Lock()
        self.inputs = len(compiled.inputs)
        self.width = int(compiled.output(0).get_partial_shape()[-1].get_length())
        self._memory = memory  # the last, so that it is the last to go

    @classmethod
    def open(cls, folder: Path, openvino: Any, precision: str, threads: int | None) -> Self:
        """Open the file ``BLOB`` of a folder. Raises ``RuntimeError`` or ``OSError``."""
        # Mapped, so that the weights need no memory of their own.
        mapped = np.memmap(folder / BLOB, np.uint8, "c")
        blob = openvino.Tensor(mapped, shared_memory=True)
        compiled = openvino.Core().import_model(blob, DEVICE, options(precision, threads))
        return cls(compiled, (mapped, blob))

    def run(self, inputs: Sequence[NDArray[np.int64]], outputs: int) -> list[NDArray[np.float32]]:
        """Return the first ``outputs`` outputs."""
        with self._lock:
            result = self._request.infer(list(inputs))
            return [result[at].copy() for at in range(outputs)]
