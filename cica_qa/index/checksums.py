"""What the manifest says of each file, and whether that still holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Literal

Check = Literal["sizes", "samples", "all"]
"""How closely files are looked at.

``sizes``    they are there, and as long as they were
``samples``  every byte of files up to 64 MiB, a sixteenth of larger ones (4 KiB every 64 KiB):
             finds files that were cut, mixed up or written by halves, in well under a second
``all``      every byte
"""
WHOLE = 64 * 2**20
SAMPLE, STRIDE = 4 * 2**10, 64 * 2**10


def describe(path: Path) -> dict[str, str | int]:
    """Return the size and the checksums of a file. Raises ``OSError``."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        entry: dict[str, str | int] = {"size": size, "sha256": _whole(stream)}
        if size > WHOLE:
            entry["sample"] = _sample(stream, size)
    return entry


def fault(path: Path, expected: Mapping[str, str | int], check: Check) -> str | None:
    """Return what is wrong with a file, ``None`` where it is as ``expected``.

    Raises ``KeyError`` where ``expected`` is not complete.
    """
    changed = f"{path.name} is not what was written"
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            if size != expected["size"]:
                return changed
            if check == "sizes":
                return None
            if check == "samples" and size > WHOLE:
                return changed if _sample(stream, size) != expected["sample"] else None
            return changed if _whole(stream) != expected["sha256"] else None
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror})"


def _whole(stream: BufferedReader) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _sample(stream: BufferedReader, size: int) -> str:
    """The checksum of 4 KiB every 64 KiB and of the last 4 KiB."""
    digest = hashlib.sha256()
    for position in (*range(0, size, STRIDE), size - SAMPLE):
        stream.seek(position)
        digest.update(stream.read(SAMPLE))
    return digest.hexdigest()
