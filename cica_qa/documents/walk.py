"""Discovery of the files under a path, and the reasons why some are not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cica_qa.documents.registry import BY_SUFFIX, HEAD, by_content
from cica_qa.errors import DocumentError, UnreadableError

_SAVED_PAGE = ("_files", "_ملفات")
_LOCK = "~$"  # prefix of Office's lock files


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file under a given path; ``refusal`` says why it is not read, "" if it is."""

    root: Path
    path: Path
    refusal: str = ""

    @property
    def inside(self) -> bool:
        """Whether the given path is a folder that contains the file, not the file itself."""
        return self.root != self.path

    @property
    def doc_id(self) -> str:
        """The path relative to the given folder, or the file name of a file given itself."""
        path = self.path.relative_to(self.root).as_posix() if self.inside else self.path.name
        return printable_path(path)


def find_files(root: Path) -> Iterator[SourceFile]:
    """Yield the files under a path in sorted order.

    Names that begin with a dot and the lock files of Office are ignored. Raises
    ``DocumentError`` if the path is neither a file nor a folder that can be listed.
    """
    if not os.path.exists(root):  # noqa: PTH110 - never raises
        raise DocumentError(f"{printable_path(root)} does not exist. Check the path.")
    if root.is_file():
        yield SourceFile(root, root)
        return
    if not root.is_dir():
        raise DocumentError(f"{printable_path(root)} is neither a file nor a folder. Name one.")
    found: list[tuple[Path, str]] = []
    for folder, inner, names in os.walk(root, onerror=_unlistable):
        found += [
            (Path(folder, name), _saved_parts(Path(folder, name)))
            for name in inner
            if _is_saved(name, names)
        ]
        inner[:] = [name for name in inner if not (name.startswith(".") or _is_saved(name, names))]
        found += [(Path(folder, name), "") for name in names if not name.startswith((".", _LOCK))]
        found += [
            (path, _linked(path))
            for path in (Path(folder, name) for name in inner)
            if path.is_symlink()
        ]
    for path, refusal in sorted(found):
        yield SourceFile(root, path, refusal or _refusal(path, os.path.realpath(root)))


def printable_path(path: Path | str) -> str:
    """Return a path with bytes that are not UTF-8 escaped, as surrogates cannot be stored."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _refusal(path: Path, root: str) -> str:
    name = printable_path(path)
    if os.path.exists(path) and not path.is_file():  # noqa: PTH110 - never raises
        return f"{name} is neither a file nor a folder."
    if not Path(os.path.realpath(path)).is_relative_to(root):
        return (
            f"{name} is a link to a file outside its folder. Name that file itself to index it."
            if path.exists()
            else ""
        )
    if path.suffix.lower() in BY_SUFFIX or not path.exists():
        return ""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError:
        return ""  # reading the file will report the reason
    if by_content(head) is not None or head.startswith(b"PK"):
        return ""
    return (
        f"{name} is of no kind that is read ({path.suffix or 'no suffix'}). "
        "Name the file itself to have it read as text."
    )


def _linked(path: Path) -> str:
    return f"{printable_path(path)} is a link to a folder. Name that folder itself to index it."


def _is_saved(folder: str, names: list[str]) -> bool:
    """Return whether a folder holds the parts of a web page saved by a browser."""
    return any(
        folder.endswith(ending) and folder.removesuffix(ending) + suffix in names
        for ending in _SAVED_PAGE
        for suffix in (".html", ".htm")
    )


def _saved_parts(folder: Path) -> str:
    return f"{printable_path(folder)} holds the parts of a saved web page; the page itself is read."


def _unlistable(error: OSError) -> None:
    raise UnreadableError(
        f"cannot read the folder {printable_path(error.filename)}: {error.strerror}. "
        "Check that you may read it."
    ) from error
