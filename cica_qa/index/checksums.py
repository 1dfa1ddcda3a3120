"""Sizes and checksums of index files, and the check of a file against them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import Literal

Check = Literal["sizes", "samples", "all"]
"""How thoroughly files are checked.

``sizes``    they exist and have the expected size
``samples``  every byte of files up to 64 MiB, a sixteenth of larger ones (4 KiB every 64 KiB):
             finds truncated, swapped or half-written files in well under a second
``all``      every byte
"""
FULL_READ_BYTES = 64 * 2**20
SAMPLE, STRIDE = 4 * 2**10, 64 * 2**10
_SETTLED = 2 * 10**9
"""Age of a file, in nanoseconds, from which another write is sure to change its timestamp."""
_CACHED_FILES = 1024
_State = tuple[Path, int, int, int]
"""A file's path, size in bytes, modification time in nanoseconds and inode number."""


def file_entry(path: Path) -> dict[str, str | int]:
    """Return the manifest's entry for a file: its size and checksums. Raises ``OSError``."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        entry: dict[str, str | int] = {"size": size, "sha256": _whole(stream)}
        if size > FULL_READ_BYTES:
            entry["sample"] = _sample(stream, size)
    return entry


def file_fault(path: Path, expected: Mapping[str, str | int], check: Check) -> str | None:
    """Return what is wrong with a file, or None if it is as ``expected`` (a ``file_entry``).

    A file that this process has checked and that has not been written since is not read again.
    Raises ``KeyError`` if ``expected`` is incomplete.
    """
    name = f"{path.parent.name}/{path.name}"
    changed = f"{name} is not what was written"
    try:
        status = path.stat()
        if status.st_size != expected["size"]:
            return changed
        if check == "sizes":
            return None
        sampled = check == "samples" and status.st_size > FULL_READ_BYTES
        wanted = expected["sample" if sampled else "sha256"]
        settled = time.time_ns() - status.st_mtime_ns > _SETTLED
        state = path, status.st_size, status.st_mtime_ns, status.st_ino
        found = (_checksum if settled else _checksum.__wrapped__)(state, sampled)
        return changed if found != wanted else None
    except OSError as error:
        return f"{name} cannot be read ({error.strerror})"


@lru_cache(_CACHED_FILES)
def _checksum(state: _State, sampled: bool) -> str:
    path, size, *_ = state
    with path.open("rb") as stream:
        return _sample(stream, size) if sampled else _whole(stream)


def _whole(stream: BufferedReader) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _sample(stream: BufferedReader, size: int) -> str:
    """Return the checksum of 4 KiB every 64 KiB and of the last 4 KiB."""
    digest = hashlib.sha256()
    for position in (*range(0, size, STRIDE), size - SAMPLE):
        stream.seek(position)
        digest.update(stream.read(SAMPLE))
    return digest.hexdigest()
