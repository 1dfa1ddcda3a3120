"""How an index is kept on disk: generations, of which a pointer file names the current one.

::

    index/
      CURRENT                  the pointer: which generation, and its manifest's checksum
      build.lock               held by the one build that may be at work
      generations/<name>/      manifest.json and the files it lists

A generation is written whole, flushed to the disk, and only then named by ``CURRENT``, which
is replaced in one step. Readers see the old or the new, and a killed build changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from cica_qa.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMissingError,
    IndexOutdatedError,
    IndexVersionError,
    IndexWriteError,
)
from cica_qa.index.checksums import Check, describe, fault
from cica_qa.index.dense import Wanted
from cica_qa.index.durable import Writer, flush_folder, replace_file, write_flushed

FORMAT_VERSION = 5
_POINTER, _LOCK, _GENERATIONS, _MANIFEST = "CURRENT", "build.lock", "generations", "manifest.json"
_OWN_NAMES = {_POINTER, _LOCK, _GENERATIONS, "README.md", ".gitkeep", ".gitignore"}
_NAME = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")  # of a generation; nothing else is ever removed
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds and how it was made.

    ``files`` maps a name to its size and checksums, ``documents`` an id to its hash.
    ``vector_index`` is what the settings asked for, ``dense`` what the vectors came to be
    searched with: its kind, parameters and recall.
    """

    format_version: int
    package_version: str
    created: str
    model_id: str
    model_fingerprint: str
    dimension: int
    metric: str
    normalizer_fingerprint: str
    chunker_fingerprint: str
    analyzer_fingerprint: str
    vector_index: Wanted
    dense: Mapping[str, str | int | float]
    documents: Mapping[str, str]
    counts: Mapping[str, int]
    files: Mapping[str, Mapping[str, str | int]]

    def same_recipe(self, other: Manifest) -> bool:
        """Whether both were made from the same documents, in the same order and way."""
        same_order = list(self.documents) == list(other.documents)
        same = same_order and self.documents == other.documents
        return same and self.vector_index == other.vector_index and self.same_way(other)

    def same_way(self, other: Manifest) -> bool:
        """Whether both make the same passages, terms and vectors of the same document."""
        ignored = {"package_version", "created", "vector_index", "dense", "counts", "files"}
        names = (f.name for f in fields(self) if f.name not in ignored | {"documents"})
        return all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation whose files are what its manifest says."""

    name: str
    folder: Path
    manifest: Manifest


def pointer_signature(index_dir: Path) -> tuple[int, int] | None:
    """Return something cheap to compare that changes when a generation is published."""
    try:
        status = (index_dir / _POINTER).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def open_generation(index_dir: Path, check: Check = "samples") -> Generation:
    """Open the published generation and check its files against its manifest.

    Raises ``IndexMissingError``, ``IndexDamagedError`` or ``IndexVersionError``.
    """
    return read_generation(index_dir, lambda generation: generation, check)


def read_generation(
    index_dir: Path, read: Callable[[Generation], T], check: Check = "samples"
) -> T:
    """Return what ``read`` makes of the published generation, once that is checked.

    Raises what ``open_generation`` raises; so may ``read``.
    """
    while True:
        name, checksum = _read_pointer(index_dir)
        try:
            return read(_checked(index_dir, name, checksum, check))
        except IndexDamagedError:
            # A build may have published, and removed this generation, in between.
            if _read_pointer(index_dir)[0] == name:
                raise


@contextlib.contextmanager
def build_lock(index_dir: Path) -> Iterator[None]:
    """Hold the folder for one build; the system lets go of it when the process dies.

    Raises ``IndexBusyError`` where another build holds it, ``IndexWriteError`` where the
    folder cannot be an index.
    """
    _require_index_folder(index_dir)
    lock = FileLock(index_dir / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise IndexBusyError(
            f"another build of {index_dir} is running. Wait until it is done, then run: "
            f"{rebuild_command(index_dir)}"
        ) from error
    except OSError as error:
        raise _write_error(index_dir, error) from error
    try:
        _drop_leftovers(index_dir)
        yield
    finally:
        lock.release()


def write_generation(index_dir: Path, manifest: Manifest, files: Mapping[str, Writer]) -> str:
    """Write a generation, publish it, drop all but it and the one before; return its name.

    ``manifest.files`` is filled in here. Raises ``IndexWriteError``; what was published
    before then still is, and nothing half written stays behind. The caller holds the lock.
    """
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    folder = index_dir / _GENERATIONS / name
    before = _published_name(index_dir)
    try:
        folder.mkdir(parents=True)
        listed = {file: _written(folder / file, write) for file, write in files.items()}
        table = {**asdict(manifest), "files": listed}
        described = json.dumps(table, ensure_ascii=False, indent=1).encode()
        write_flushed(folder / _MANIFEST, lambda stream: stream.write(described))
        flush_folder(folder)
        flush_folder(folder.parent)
        pointer = {"generation": name, "manifest_sha256": _sha256(described)}
        replace_file(index_dir / _POINTER, json.dumps(pointer).encode())
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _write_error(index_dir, error) from error
    _drop_generations(index_dir, keep={name, before})  # a reader may still be at the one before
    return name


def rebuild_command(index_dir: Path) -> str:
    """The command that makes or mends an index."""
    return f"cica-qa index PATH --index {shlex.quote(str(index_dir))}"


def _read_pointer(index_dir: Path) -> tuple[str, str]:
    try:
        pointer = json.loads((index_dir / _POINTER).read_bytes())
        name, checksum = pointer["generation"], pointer["manifest_sha256"]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissingError(
            f"there is no index in {index_dir}. Make one: {rebuild_command(index_dir)}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(index_dir, f"its pointer cannot be read ({error})") from error
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(checksum, str):
        raise _damaged(index_dir, "its pointer names no generation")
    return name, checksum


def _checked(index_dir: Path, name: str, checksum: str, check: Check) -> Generation:
    folder = index_dir / _GENERATIONS / name
    try:
        data = (folder / _MANIFEST).read_bytes()
        table = json.loads(data)
        version = int(table["format_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(index_dir, f"its manifest cannot be read ({error})") from error
    if version != FORMAT_VERSION:
        raise _other_format(index_dir, version, table.get("package_version"))
    if _sha256(data) != checksum:
        raise _damaged(index_dir, "its manifest has been changed")
    try:
        manifest = Manifest(**table)
        faults = (fault(folder / file, entry, check) for file, entry in manifest.files.items())
        wrong = next(filter(None, faults), None)
    except (TypeError, AttributeError, KeyError) as error:
        raise _damaged(index_dir, f"its manifest is not complete ({error})") from error
    if wrong:
        raise _damaged(index_dir, wrong)
    return Generation(name, folder, manifest)


def _other_format(index_dir: Path, version: int, package: object) -> IndexVersionError:
    what = f"the index in {index_dir} was written by cica-qa {package} in format {version}; this "
    what += f"version reads format {FORMAT_VERSION}. "
    if version < FORMAT_VERSION:
        return IndexOutdatedError(f"{what}Make it again: {rebuild_command(index_dir)}")
    return IndexVersionError(
        f"{what}Upgrade cica-qa, or make the index again elsewhere: "
        "cica-qa index PATH --index NEW_DIR"
    )


def _damaged(index_dir: Path, what: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"the index in {index_dir} is damaged: {what}. Make it again: {rebuild_command(index_dir)}"
    )


def _write_error(index_dir: Path, error: OSError) -> IndexWriteError:
    return IndexWriteError(
        f"cannot write the index in {index_dir}: {error.strerror or error}. Make room or choose "
        "another folder and run the command again; an index published before is unchanged."
    )


def _require_index_folder(index_dir: Path) -> None:
    """Make the folder; refuse one that holds somebody's other files."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        strangers = sorted({entry.name for entry in index_dir.iterdir()} - _OWN_NAMES)
    except OSError as error:
        raise _write_error(index_dir, error) from error
    has_index = (index_dir / _POINTER).exists() and (index_dir / _GENERATIONS).is_dir()
    if strangers and not has_index:
        raise IndexWriteError(
            f"{index_dir} is not an index: it holds {strangers[0]!r}. "
            "Give --index a new or empty folder."
        )


def _published_name(index_dir: Path) -> str | None:
    try:
        return _read_pointer(index_dir)[0]
    except (IndexMissingError, IndexDamagedError):
        return None


def _drop_leftovers(index_dir: Path) -> None:
    """Remove what killed builds left behind."""
    for file in index_dir.glob(f".{_POINTER}-*"):
        with contextlib.suppress(OSError):
            file.unlink()
    _drop_generations(index_dir, keep={_published_name(index_dir)})


def _drop_generations(index_dir: Path, keep: set[str | None]) -> None:
    for folder in (index_dir / _GENERATIONS).glob("*"):
        if _NAME.fullmatch(folder.name) and folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def _written(path: Path, write: Writer) -> dict[str, str | int]:
    write_flushed(path, write)
    return describe(path)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
