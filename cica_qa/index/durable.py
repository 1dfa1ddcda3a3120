"""Durable file writes: the data is on disk, not in a cache, when a call returns."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

FileWriter = Callable[[BinaryIO], object]
"""Writes the content of one file."""


def array_writer(stored: NDArray[Any]) -> FileWriter:
    """Return a writer of an array in NumPy's ``.npy`` format."""
    return partial(np.save, arr=stored, allow_pickle=False)


def json_writer(value: object) -> FileWriter:
    """Return a writer of a value as JSON."""
    return bytes_writer(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def bytes_writer(data: bytes | NDArray[np.uint8]) -> FileWriter:
    """Return a writer of these bytes."""
    return lambda stream: stream.write(data.data if isinstance(data, np.ndarray) else data)


def write_flushed(path: Path, write: FileWriter) -> None:
    """Write a file and flush it to disk. Raises ``OSError``."""
    with path.open("wb") as stream:
        write(stream)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, data: bytes | FileWriter) -> None:
    """Replace a file atomically: readers see either the old content or the new.

    Raises ``OSError`` and whatever the writer raises; the old content is then untouched.
    """
    temporary = path.with_name(f".{path.name[:200]}-{secrets.token_hex(4)}")
    try:
        write_flushed(temporary, bytes_writer(data) if isinstance(data, bytes) else data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Flush a folder's directory entries, if the system supports it."""
    with contextlib.suppress(OSError):  # Windows and some network drives cannot flush folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
