"""The weights of the reader: its own upper layers and head, and the encoder's lower layers.

The file that comes with the package holds what was trained, each row of a matrix in 8 bits with a
scale of its own. All below is the bundled model's, read from its folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cica_qa.encoders.bundled import SOURCE_SHA256

FORMAT_VERSION = 1
HEADS, EPSILON = 12, 1e-12
FILE = "reader.safetensors"
MODEL, ABOUT = "model.safetensors", "about"
_ROWS, _SCALES = ".rows", ".scales"
Array = NDArray[np.float32]
Layer = Mapping[str, Array]


class WeightsError(Exception):
    """The weights cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Weights:
    """All weights of the reader. ``lower`` and ``upper`` hold a layer's by their BERT names.

    ``words``, ``positions`` and ``kind`` are the embeddings, ``norm`` what is done to their sum;
    ``segments``, shape ``(2, width)``, is added to the states of questions and of texts, ``head``
    turns states to the scores of a start and an end. ``fingerprint`` names the trained part.
    """

    words: NDArray[np.float16]
    positions: Array
    kind: Array
    norm: tuple[Array, Array]
    lower: Sequence[Layer]
    upper: tuple[Layer, ...]
    segments: Array
    head: tuple[Array, Array]
    fingerprint: str

    def embed(self, ids: tuple[int, ...]) -> Array:
        """Return the embeddings of tokens before they are normalised, ``(tokens, width)``."""
        rows: Array = np.asarray(self.words[list(ids)], np.float32)
        return rows + self.positions[: len(ids)] + self.kind


def pair(layer: Layer, name: str) -> tuple[Array, Array]:
    """Return the weight and the bias of a part of a layer."""
    return layer[f"{name}.weight"], layer[f"{name}.bias"]


def packaged() -> Path:
    """Return where the weights lie that come with the package."""
    return Path(str(files("cica_qa.reader"))) / FILE


def read_weights(file: Path, model: Path) -> Weights:
    """Read the trained ``file`` and the folder of the bundled ``model``.

    Raises ``WeightsError`` where one is missing, damaged or of another version.
    """
    try:
        about, trained, fingerprint = _trained(file)
        with safe_open(model / MODEL, "np") as tensors:
            positions, kind, norm = _embeddings(tensors)
        return Weights(
            _mapped(model / MODEL, "embeddings.word_embeddings.weight"),
            positions,
            kind,
            norm,
            lower=_LowerLayers(model / MODEL, int(about["lower_layers"])),
            upper=_layers(trained, "layers.{}."),
            segments=trained["segments"],
            head=(trained["head.weight"], trained["head.bias"]),
            fingerprint=fingerprint,
        )
    except FileNotFoundError as error:
        raise WeightsError(f"{error.filename or file} is missing") from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{file} or {model / MODEL} is damaged: {error}") from error


def pack(trained: Mapping[str, Array], about: Mapping[str, Any]) -> bytes:
    """Return the content of a file of trained weights; ``about`` says how they came to be."""
    stored: dict[str, NDArray[Any]] = {}
    for name, values in trained.items():
        if values.ndim == 2 and min(values.shape) > 2:
            scales = np.abs(values).max(axis=1, keepdims=True) / 127 + 1e-12
            stored[name + _ROWS] = np.rint(values / scales).astype(np.int8)
            stored[name + _SCALES] = scales.astype(np.float32)
        else:
            stored[name] = values.astype(np.float32)
    whole = {**about, "format_version": FORMAT_VERSION, "source_sha256": SOURCE_SHA256}
    whole["weights_sha256"] = _digest(stored)
    return save(stored, {ABOUT: json.dumps(whole, sort_keys=True)})


def _trained(file: Path) -> tuple[Mapping[str, Any], dict[str, Array], str]:
    with safe_open(file, "np") as tensors:
        about = json.loads((tensors.metadata() or {}).get(ABOUT, "{}"))
        stored = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
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
    return about, found, fingerprint


class _LowerLayers(Sequence[Layer]):
    """The first layers of a model, read when they are first asked for.

    The compiled network has its own: it is ready sooner without these, and smaller.
    """

    def __init__(self, file: Path, count: int) -> None:
        self._file, self._count = file, count

    @cached_property
    def _read(self) -> tuple[Layer, ...]:
        first = tuple(f"encoder.layer.{at}." for at in range(self._count))
        with safe_open(self._file, "np") as tensors:
            names = [name for name in tensors.keys() if name.startswith(first)]  # noqa: SIM118
            return _layers({name: _single(tensors, name) for name in names}, "encoder.layer.{}.")

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Layer: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Layer]: ...
    def __getitem__(self, at: int | slice) -> Layer | Sequence[Layer]:
        return self._read[at]


def _embeddings(tensors: Any) -> tuple[Array, Array, tuple[Array, Array]]:
    norm = "embeddings.LayerNorm."
    positions = _single(tensors, "embeddings.position_embeddings.weight")
    kind = _single(tensors, "embeddings.token_type_embeddings.weight")[0]
    return positions, kind, (_single(tensors, f"{norm}weight"), _single(tensors, f"{norm}bias"))


def _single(tensors: Any, name: str) -> Array:
    values: Array = tensors.get_tensor(name).astype(np.float32)
    return values


def _mapped(file: Path, name: str) -> NDArray[np.float16]:
    """A tensor as it lies in the file: few of its rows are ever read."""
    with file.open("rb") as content:
        size = int.from_bytes(content.read(8), "little")
        told = json.loads(content.read(size))[name]
    if told["dtype"] != "F16":
        raise ValueError(f"{name} is {told['dtype']}, not F16")
    start = 8 + size + told["data_offsets"][0]
    return np.memmap(file, np.float16, "r", start, tuple(told["shape"]))


def _layers(tensors: Mapping[str, Array], prefix: str) -> tuple[Layer, ...]:
    found: list[Layer] = []
    while own := {
        name.removeprefix(start): values
        for name, values in tensors.items()
        if name.startswith(start := prefix.format(len(found)))
    }:
        found.append(own)
    return tuple(found)


def _digest(stored: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(stored):
        digest.update(f"{name} {stored[name].shape} {stored[name].dtype}".encode())
        digest.update(np.ascontiguousarray(stored[name]).tobytes())
    return digest.hexdigest()
