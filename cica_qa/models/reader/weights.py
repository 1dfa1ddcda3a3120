"""The trained weights of the reader: every row of a matrix in 8 bits with a scale of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cica_qa.models.bundled import SOURCE_SHA256

FORMAT_VERSION = 2
FILE = "reader.safetensors"
ABOUT = "about"
_ROWS, _SCALES = ".rows", ".scales"
Array = NDArray[np.float32]


class WeightsError(Exception):
    """The weights cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores become probabilities, fitted on sets that were left out of the training.

    The logit of there being an answer is ``scale * score + shift``; the scores of verdicts are
    divided by ``temperature``.
    """

    scale: float = 1.0
    shift: float = 0.0
    temperature: float = 1.0


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained tensors by name; see ``network.TorchNetwork``. ``fingerprint`` names them."""

    tensors: Mapping[str, Array]
    calibration: Calibration
    fingerprint: str


def packaged() -> Path:
    """Return the path of the weights that come with the package."""
    return Path(str(files("cica_qa.models.reader"))) / FILE


def read_weights(file: Path) -> Weights:
    """Read a file of weights.

    Raises ``WeightsError`` where it is missing, damaged, of another version or trained on another
    model than the bundled one.
    """
    try:
        return _read(file)
    except FileNotFoundError as error:
        raise WeightsError(f"{error.filename or file} is missing") from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{file} is damaged: {error}") from error


def pack(trained: Mapping[str, Array], calibration: Calibration, about: Mapping[str, Any]) -> bytes:
    """Return the content of a file of weights; ``about`` says how they were made."""
    stored: dict[str, NDArray[Any]] = {}
    for name, values in trained.items():
        if values.ndim == 2 and min(values.shape) > 3:
            scales = np.abs(values).max(axis=1, keepdims=True) / 127 + 1e-12
            stored[name + _ROWS] = np.rint(values / scales).astype(np.int8)
            stored[name + _SCALES] = scales.astype(np.float32)
        else:
            stored[name] = values.astype(np.float32)
    whole = {
        **about,
        "format_version": FORMAT_VERSION,
        "source_sha256": SOURCE_SHA256,
        "calibration": asdict(calibration),
        "weights_sha256": _digest(stored),
    }
    return save(stored, {ABOUT: json.dumps(whole, sort_keys=True)})


def _read(file: Path) -> Weights:
    with safe_open(file, "np") as tensors:
        about = json.loads((tensors.metadata() or {}).get(ABOUT, "{}"))
        stored = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118 - not iterable
    if about.get("format_version") != FORMAT_VERSION:
        raise WeightsError(
            f"{file} has the format {about.get('format_version')}, not {FORMAT_VERSION}: it is of "
            "another version of cica-qa"
        )
    if about.get("source_sha256") != SOURCE_SHA256:
        raise WeightsError(f"{file} was trained on another model than the bundled one")
    fingerprint = _digest(stored)
    if about.get("weights_sha256") != fingerprint:
        raise WeightsError(f"{file} is damaged: its checksum is not the one it tells")
    found: dict[str, Array] = {}
    for name, values in stored.items():
        if name.endswith(_ROWS):
            whole = name.removesuffix(_ROWS)
            found[whole] = values.astype(np.float32) * stored[whole + _SCALES]
        elif not name.endswith(_SCALES):
            found[name] = values
    return Weights(found, Calibration(**about["calibration"]), fingerprint)


def _digest(stored: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(stored):
        digest.update(f"{name} {stored[name].shape} {stored[name].dtype}".encode())
        digest.update(np.ascontiguousarray(stored[name]).tobytes())
    return digest.hexdigest()
