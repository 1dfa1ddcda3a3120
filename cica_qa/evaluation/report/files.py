"""Atomic text files, and the folder names of sets."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')


@contextmanager
def atomic_writer(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    r"""Open a text file for writing; it replaces ``path`` in one step when the block ends.

    Lone surrogates, which cannot be encoded, are written as «\ud800». Raises ``OSError``.
    """
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding=encoding, errors="backslashreplace", newline="") as out:
            yield out
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text_file(path: Path, text: str) -> Path:
    """Write a whole text file and return its path. Raises ``OSError``."""
    with atomic_writer(path) as out:
        out.write(text)
    return path


def folder_names(names: Iterable[str]) -> list[str]:
    """Return a distinct folder name for each set, made safe for every operating system."""
    taken: set[str] = set()
    folders = []
    for name in names:
        base = _UNSAFE.sub("_", name).strip(". ")[:80].strip(". ") or "set"
        folder, number = base, 1
        while folder.casefold() in taken:
            number += 1
            folder = f"{base}-{number}"
        taken.add(folder.casefold())
        folders.append(folder)
    return folders
