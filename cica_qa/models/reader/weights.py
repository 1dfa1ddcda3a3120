"""The trained weights of the reader, stored in 8 bits with one scale per row of a matrix."""

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

WEIGHTS_FORMAT = 2
READER_FILE = "reader.safetensors"
ABOUT = "about"
_ROWS, _SCALES = ".rows", ".scales"
Array = NDArray[np.float32]


class WeightsError(Exception):
    """The weights cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The conversion of scores to probabilities, fitted on sets held out of the training.

    The logit of there being an answer is ``scale * score + shift``; the scores of verdicts are
    divided by ``temperature``.
    """

    scale: float = 1.0
    shift: float = 0.0
    temperature: float = 1.0


@dataclass(frozen=True, slots=True)
class ReaderWeights:
    """The trained tensors by name; see ``TorchNetwork``. ``fingerprint`` is their sha256."""

    tensors: Mapping[str, Array]
    calibration: Calibration
    fingerprint: str


def packaged_weights() -> Path:
    """Return the path of the weights included in the package."""
    return Path(str(files("cica_qa.models.reader"))) / READER_FILE


def read_weights(file: Path) -> ReaderWeights:
    """Read a file of weights.

    Raises ``WeightsError`` if it is missing, damaged, of another version or trained on a model
    other than the bundled one.
    """
    try:
        return _read(file)
    except FileNotFoundError as error:
        raise WeightsError(f"{error.filename or file} is missing") from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{file} is damaged: {error}") from error


def pack_weights(
    trained: Mapping[str, Array], calibration: Calibration, about: Mapping[str, Any]
) -> bytes:
    """Return the content of a file of weights; ``about`` records how they were made."""
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
        "format_version": WEIGHTS_FORMAT,
        "source_sha256": SOURCE_SHA256,
        "calibration": asdict(calibration),
        "weights_sha256": _digest(stored),
    }
    return save(stored, {ABOUT: json.dumps(whole, sort_keys=True)})


def _read(file: Path) -> ReaderWeights:
    with safe_open(file, "np") as tensors:
        about = json.loads((tensors.metadata() or {}).get(ABOUT, "{}"))
        names = tensors.keys()
        stored = {name: tensors.get_tensor(name) for name in names}
    if about.get("format_version") != WEIGHTS_FORMAT:
        raise WeightsError(
            f"{file} has the format {about.get('format_version')}, not {WEIGHTS_FORMAT}: it is of "
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
    return ReaderWeights(found, Calibration(**about["calibration"]), fingerprint)


def _digest(stored: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(stored):
        digest.update(f"{name} {stored[name].shape} {stored[name].dtype}".encode())
        digest.update(np.ascontiguousarray(stored[name]).tobytes())
    return digest.hexdigest()
