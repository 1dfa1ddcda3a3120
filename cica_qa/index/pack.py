"""Several named parts in one memory-mapped file.

A segment is one file because every file flushed costs a few milliseconds. The parts follow one
another, each at a multiple of 64 bytes so that arrays are aligned; then come a directory in JSON
and, in the last 8 bytes, the directory's length.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from cica_qa.index.durable import FileWriter

_ALIGNMENT, _LENGTH_BYTES, _MAX_NPY_HEADER = 64, 8, 4096


def pack_writer(parts: Mapping[str, FileWriter]) -> FileWriter:
    """Return a writer that puts the named ``parts`` into one file."""
    return partial(_write, parts)


def _write(parts: Mapping[str, FileWriter], stream: BinaryIO) -> None:
    directory = {}
    for name, write in parts.items():
        stream.write(bytes(-stream.tell() % _ALIGNMENT))
        start = stream.tell()
        write(stream)
        directory[name] = start, stream.tell()
    described = json.dumps(directory).encode()
    stream.write(described + len(described).to_bytes(_LENGTH_BYTES, "little"))


class Pack:
    """A file written by ``pack_writer``, mapped. Immutable; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        """Map the file at ``path``. Raises ``OSError`` or ``ValueError``."""
        self._data: NDArray[np.uint8] = np.asarray(np.memmap(path, np.uint8, "r"))
        end = len(self._data) - _LENGTH_BYTES
        start = end - int.from_bytes(self._data[max(end, 0) :].tobytes(), "little")
        if not 0 <= start <= end:
            raise ValueError(f"{path.name} has no directory")
        self._directory: dict[str, tuple[int, int]] = json.loads(self._data[start:end].tobytes())

    def __contains__(self, name: object) -> bool:
        return name in self._directory

    def data(self, name: str) -> NDArray[np.uint8]:
        """Return the bytes of a part. Raises ``KeyError``."""
        start, end = self._directory[name]
        return self._data[start:end]

    def json(self, name: str) -> Any:
        """Return the value of a JSON part. Raises ``KeyError`` or ``ValueError``."""
        return json.loads(self.data(name).tobytes())

    def array(self, name: str) -> NDArray[Any]:
        """Return the array of an ``.npy`` part, mapped. Raises ``KeyError`` or ``ValueError``."""
        data = self.data(name)
        stream = BytesIO(data[:_MAX_NPY_HEADER].tobytes())
        if npy.read_magic(stream) != (1, 0):
            raise ValueError(f"{name} is no array of numbers")
        shape, by_columns, kind = npy.read_array_header_1_0(stream)
        if kind.hasobject:
            raise ValueError(f"{name} is no array of numbers")
        return data[stream.tell() :].view(kind).reshape(shape, order="F" if by_columns else "C")
