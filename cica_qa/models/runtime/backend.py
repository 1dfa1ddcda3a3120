"""OpenVINO, imported without its telemetry, and the properties of this machine."""

from __future__ import annotations

import platform
import sys
import threading
from collections.abc import Mapping
from typing import Any

DEVICE = "CPU"
INT8 = "int8"
"""Weights in eight bits, and activations quantised at run time."""
_GROUP = 128  # number of activations that share a scale
_TELEMETRY = "openvino_telemetry"
_importing = threading.Lock()


def import_openvino() -> Any:
    """Import and return OpenVINO. Raises ``ImportError`` if it is missing or broken.

    By default the import sends a telemetry event and writes to the home folder. OpenVINO does
    without telemetry if its telemetry package cannot be imported, so that import is blocked.
    """
    with _importing:  # another thread would see a half-imported module
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
    """Return OpenVINO's options for a precision, which is one of its own or ``INT8``.

    Threads are not pinned to cores: beside a busy process a pinned thread would wait for its
    core while another core is free.
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


def compile_environment(openvino: Any) -> dict[str, str]:
    """Return what a compiled network depends on: the processor and OpenVINO's version."""
    core = openvino.Core()
    can = sorted(core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES"))
    name = core.get_property(DEVICE, "FULL_DEVICE_NAME")
    return {
        "processor": f"{platform.machine()} {name} ({' '.join(can)})",
        "openvino": str(openvino.get_version()),
    }


def native_precision(openvino: Any) -> str:
    """Return the fastest floating-point precision of this processor, such as ``bf16``."""
    hint = openvino.Core().get_property(DEVICE, "INFERENCE_PRECISION_HINT")
    return str(hint.get_type_name())


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its type if it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
