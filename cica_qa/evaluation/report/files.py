"""Files that are whole or not there, and the folder of each set."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')


@contextmanager
def replacing(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    r"""Write a text file that takes its place in one step, once it is complete.

    Lone surrogates, which no encoding has, are written as «\ud800». Raises ``OSError``.
    """
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding=encoding, errors="backslashreplace", newline="") as out:
            yield out
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> Path:
    """Write a whole text file and return its path. Raises ``OSError``."""
    with replacing(path) as out:
        out.write(text)
    return path


def folder_names(names: Iterable[str]) -> list[str]:
    """Return a folder name for each set: its own where every system takes it, and each once."""
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
