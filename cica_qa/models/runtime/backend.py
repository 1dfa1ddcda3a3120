"""OpenVINO, imported without its telemetry, and what it tells of this machine."""

from __future__ import annotations

import platform
import sys
import threading
from collections.abc import Mapping
from typing import Any

DEVICE = "CPU"
INT8 = "int8"
"""Weights in eight bits, and activations that are quantised as they come."""
_GROUP = 128  # how many activations share a scale
_TELEMETRY = "openvino_telemetry"
_importing = threading.Lock()


def import_openvino() -> Any:
    """Import and return OpenVINO. Raises ``ImportError`` where it is missing or broken.

    Left alone, importing it sends an event to its makers and writes into the home folder;
    it does without where the package that does so cannot be imported.
    """
    with _importing:  # another thread would see it half imported
        return _import_openvino()


def _import_openvino() -> Any:
    if "openvino" in sys.modules:
        return sys.modules["openvino"] or _missing()
    before = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # makes its import fail
    try:
        import openvino
    except OSError as error:  # its libraries do not fit this system
        raise ImportError(str(error)) from error
    finally:
        if before is None:
            del sys.modules[_TELEMETRY]
        else:
            sys.modules[_TELEMETRY] = before
    return openvino


def _missing() -> Any:
    raise ImportError("openvino cannot be imported")


def options(precision: str, threads: int | None) -> Mapping[str, object]:
    """Return how OpenVINO is to run a network in a precision: one of its own, or ``INT8``.

    Threads are not pinned to cores: beside a busy process a pinned one would wait for its
    core while another is free.
    """
    chosen: dict[str, object] = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32" if precision == INT8 else precision,
    }
    if precision == INT8:
        chosen["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = _GROUP
    return chosen if threads is None else chosen | {"INFERENCE_NUM_THREADS": threads}


def machine(openvino: Any) -> dict[str, str]:
    """Return what a compiled network depends on: the processor and the version of OpenVINO."""
    core = openvino.Core()
    can = sorted(core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES"))
    name = core.get_property(DEVICE, "FULL_DEVICE_NAME")
    return {
        "processor": f"{platform.machine()} {name} ({' '.join(can)})",
        "openvino": str(openvino.get_version()),
    }


def native_precision(openvino: Any) -> str:
    """Return the precision in which this processor computes fastest: ``f32``, ``bf16``, ``f16``."""
    hint = openvino.Core().get_property(DEVICE, "INFERENCE_PRECISION_HINT")
    return str(hint.get_type_name())


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
