"""Files that are on the disk, not on their way to it, when a call returns."""

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

Writer = Callable[[BinaryIO], object]
"""Writes the content of one file."""


def array_writer(stored: NDArray[Any]) -> Writer:
    """Return what writes an array as ``numpy.load`` reads it."""
    return partial(np.save, arr=stored, allow_pickle=False)


def json_writer(value: object) -> Writer:
    """Return what writes a value in JSON."""
    return bytes_writer(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def bytes_writer(data: bytes | NDArray[np.uint8]) -> Writer:
    """Return what writes just these bytes."""
    return lambda stream: stream.write(data.data if isinstance(data, np.ndarray) else data)


def write_flushed(path: Path, write: Writer) -> None:
    """Write a file and flush it to the disk. Raises ``OSError``."""
    with path.open("wb") as stream:
        write(stream)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, data: bytes | Writer) -> None:
    """Replace a file in one step: a reader sees the old content or the new.

    Raises ``OSError``, and what writing raises; the old content then stands.
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
    """Flush the names in a folder, where the system can."""
    with contextlib.suppress(OSError):  # Windows and some network drives cannot flush folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
