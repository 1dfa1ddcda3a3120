"""Which files a path names, and why some of a folder are not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cica_qa.documents.registry import BY_SUFFIX, HEAD, by_content
from cica_qa.errors import DocumentError, UnreadableError

_SAVED_PAGE = ("_files", "_ملفات")
_LOCK = "~$"  # of a file that Office has open


@dataclass(frozen=True, slots=True)
class Found:
    """A file under a path that was named; ``refusal`` says why it is not read, "" if it is."""

    root: Path
    path: Path
    refusal: str = ""

    @property
    def inside(self) -> bool:
        """Whether the path that was named is a folder around the file."""
        return self.root != self.path

    @property
    def doc_id(self) -> str:
        """The path inside the folder that was named; the name of a file that was named itself."""
        path = self.path.relative_to(self.root).as_posix() if self.inside else self.path.name
        return printable(path)


def find_files(root: Path) -> Iterator[Found]:
    """Yield the files under a path, sorted. Raises ``DocumentError``.

    Names that begin with a dot, and the lock files of Office, are not looked at.
    """
    if not os.path.exists(root):  # noqa: PTH110 - unlike Path.exists it never raises
        raise DocumentError(f"{printable(root)} does not exist. Check the path.")
    if root.is_file():
        yield Found(root, root)
        return
    if not root.is_dir():
        raise DocumentError(f"{printable(root)} is neither a file nor a folder. Name one.")
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
        yield Found(root, path, refusal or _refusal(path, os.path.realpath(root)))


def printable(path: Path | str) -> str:
    """Return a path in which bytes that are no UTF-8 are escaped: surrogates cannot be stored."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _refusal(path: Path, root: str) -> str:
    name = printable(path)
    if os.path.exists(path) and not path.is_file():  # noqa: PTH110 - a pipe would hang
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
        return ""  # whoever reads it tells why it cannot
    if by_content(head) is not None or head.startswith(b"PK"):
        return ""
    return (
        f"{name} is of no kind that is read ({path.suffix or 'no suffix'}). "
        "Name the file itself to have it read as text."
    )


def _linked(path: Path) -> str:
    return f"{printable(path)} is a link to a folder. Name that folder itself to index it."


def _is_saved(folder: str, names: list[str]) -> bool:
    """Whether a folder holds the parts of a web page that a browser saved beside it."""
    return any(
        folder.endswith(ending) and folder.removesuffix(ending) + suffix in names
        for ending in _SAVED_PAGE
        for suffix in (".html", ".htm")
    )


def _saved_parts(folder: Path) -> str:
    return f"{printable(folder)} holds the parts of a saved web page; the page itself is read."


def _unlistable(error: OSError) -> None:
    raise UnreadableError(
        f"cannot read the folder {printable(error.filename)}: {error.strerror}. "
        "Check that you may read it."
    ) from error
