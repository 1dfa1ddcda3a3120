"""How an index is kept on disk: generations, of which a pointer file names the current one.

::

    index/
      CURRENT                  the pointer: which generation, and its manifest's checksum
      build.lock               held by the one build that may be at work
      merge.lock               held by the one merge that may be at work beside it
      generations/<name>/      manifest.json, and the segment that it brought, if it did

A generation is a list of segments, its own and those of earlier generations, with the order of
the documents in them (``index/layout.py``). It is written whole, flushed to the disk, and only
then named by ``CURRENT``, which is replaced in one step. Readers see the old or the new, and a
killed build changes nothing. A segment stays until no generation in use lists it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from cica_qa.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMissingError,
    IndexWriteError,
)
from cica_qa.index.checksums import Check, describe, fault
from cica_qa.index.durable import Writer, flush_folder, replace_file, write_flushed
from cica_qa.index.manifest import FORMAT_VERSION, Manifest
from cica_qa.index.problems import damaged, other_format, rebuild_command, write_error

_SEGMENT, _MERGING, _MERGE_LOCK = "segment", ".merge-", "merge.lock"
_POINTER, _LOCK, _GENERATIONS, _MANIFEST = "CURRENT", "build.lock", "generations", "manifest.json"
_OWN_NAMES = {_POINTER, _LOCK, _MERGE_LOCK, _GENERATIONS, "README.md", ".gitkeep", ".gitignore"}
_NAME = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")  # of a generation; nothing else is ever removed
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation whose segments are what its manifest says."""

    name: str
    folder: Path
    manifest: Manifest

    @property
    def segments(self) -> list[tuple[Path, str]]:
        """The file of each segment, with its checksum."""
        beside = self.folder.parent
        listed = self.manifest.segments
        return [(_file_of(beside, one), str(one["file"]["sha256"])) for one in listed]


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


def network_documents(index_dir: Path) -> Sequence[str]:
    """Return the ids of what came over the network, also of an index that is damaged."""
    try:
        folder = index_dir / _GENERATIONS / _read_pointer(index_dir)[0]
        found = json.loads((folder / _MANIFEST).read_bytes()).get("network", ())
    except (IndexMissingError, IndexDamagedError, OSError, ValueError, AttributeError):
        return ()
    return found if isinstance(found, list) else ()


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
        raise write_error(index_dir, error) from error
    try:
        _drop_leftovers(index_dir)
        yield
    finally:
        lock.release()


def write_generation(
    index_dir: Path,
    manifest: Manifest,
    made: tuple[Mapping[str, Any], Writer | Path] | None = None,
) -> str:
    """Write a generation, publish it, drop what it and the one before do not need.

    ``made`` is a new segment, what is said of it and what writes it, or the folder in which it
    was ``prepared``; in the manifest it comes after the others. Returns the name of the
    generation. Raises ``IndexWriteError``; what was published before then still is, and nothing
    half written stays behind. The caller holds the lock.
    """
    name = new_name()
    folder = index_dir / _GENERATIONS / name
    before = _published_name(index_dir)
    try:
        listed = list(manifest.segments)
        about, write = made or ({}, None)
        if isinstance(write, Path):
            write.rename(folder)
        else:
            folder.mkdir(parents=True)
            file = {} if write is None else {"file": _written(folder / _SEGMENT, write)}
            about = {**about, **file}
        listed += [] if made is None else [{**about, "folder": name}]
        table = {**asdict(manifest), "segments": listed}
        described = json.dumps(table, ensure_ascii=False).encode()
        write_flushed(folder / _MANIFEST, lambda stream: stream.write(described))
        flush_folder(folder)
        flush_folder(folder.parent)
        pointer = {"generation": name, "manifest_sha256": _sha256(described)}
        replace_file(index_dir / _POINTER, json.dumps(pointer).encode())
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise write_error(index_dir, error) from error
    _drop_generations(index_dir, keep={name, before})  # a reader may still be at the one before
    return name


@contextlib.contextmanager
def prepared(
    index_dir: Path, about: Mapping[str, Any], write: Writer
) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Write a segment that is not published yet; what is not published by then is removed.

    Raises ``IndexWriteError``. The caller holds the lock of ``merging``.
    """
    folder = index_dir / _GENERATIONS / f"{_MERGING}{secrets.token_hex(4)}"
    try:
        folder.mkdir()
        described = {**about, "file": _written(folder / _SEGMENT, write)}
        yield described, folder
    except OSError as error:
        raise write_error(index_dir, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def merging(index_dir: Path) -> Iterator[bool]:
    """Hold the folder for one merge; yield whether no other has it. It is no ``build_lock``."""
    lock = FileLock(index_dir / _MERGE_LOCK)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _read_pointer(index_dir: Path) -> tuple[str, str]:
    try:
        pointer = json.loads((index_dir / _POINTER).read_bytes())
        name, checksum = pointer["generation"], pointer["manifest_sha256"]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissingError(
            f"there is no index in {index_dir}. Make one: {rebuild_command(index_dir)}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(index_dir, f"its pointer cannot be read ({error})") from error
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(checksum, str):
        raise damaged(index_dir, "its pointer names no generation")
    return name, checksum


def read_manifest(index_dir: Path, name: str = "", checksum: str = "") -> tuple[Path, Any]:
    """Return the folder of the published generation and its manifest, of whatever format.

    ``name`` and ``checksum`` are what the pointer says, if it is read already. Raises
    ``IndexMissingError`` or ``IndexDamagedError``.
    """
    if not name:
        name, checksum = _read_pointer(index_dir)
    folder = index_dir / _GENERATIONS / name
    try:
        data = (folder / _MANIFEST).read_bytes()
        table = json.loads(data)
        version = int(table["format_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(index_dir, f"its manifest cannot be read ({error})") from error
    if version <= FORMAT_VERSION and _sha256(data) != checksum:
        raise damaged(index_dir, "its manifest has been changed")
    return folder, table


def _checked(index_dir: Path, name: str, checksum: str, check: Check) -> Generation:
    folder, table = read_manifest(index_dir, name, checksum)
    if table["format_version"] != FORMAT_VERSION:
        raise other_format(index_dir, int(table["format_version"]), table.get("package_version"))
    try:
        manifest = Manifest(**table)
        listed = manifest.segments
        faults = (fault(_file_of(folder.parent, one), one["file"], check) for one in listed)
        wrong = next(filter(None, faults), None)
    except (TypeError, AttributeError, KeyError) as error:
        raise damaged(index_dir, f"its manifest is not complete ({error})") from error
    if wrong:
        raise damaged(index_dir, wrong)
    return Generation(name, folder, manifest)


def _require_index_folder(index_dir: Path) -> None:
    """Make the folder; refuse one that holds somebody's other files."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        strangers = sorted({entry.name for entry in index_dir.iterdir()} - _OWN_NAMES)
    except OSError as error:
        raise write_error(index_dir, error) from error
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


def unpublish(index_dir: Path) -> None:
    """Leave a folder without a generation. The caller holds the lock.

    Raises ``IndexWriteError``.
    """
    try:
        (index_dir / _POINTER).unlink()
    except OSError as error:
        raise write_error(index_dir, error) from error
    _drop_generations(index_dir, keep=set())


def _drop_leftovers(index_dir: Path) -> None:
    """Remove what killed builds left behind."""
    for file in index_dir.glob(f".{_POINTER}-*"):
        with contextlib.suppress(OSError):
            file.unlink()
    if half := list((index_dir / _GENERATIONS).glob(f"{_MERGING}*")):
        with merging(index_dir) as free:
            for folder in half if free else ():
                shutil.rmtree(folder, ignore_errors=True)
    _drop_generations(index_dir, keep={_published_name(index_dir)})


def _drop_generations(index_dir: Path, keep: set[str | None]) -> None:
    """Remove the folders of all generations but some, and but those whose segments they list."""
    beside = index_dir / _GENERATIONS
    needed = keep | {folder for name in keep if name for folder in _folders(beside / name)}
    for folder in beside.glob("*"):
        if _NAME.fullmatch(folder.name) and folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def _folders(generation: Path) -> list[str]:
    """The names of the folders in which the segments of a generation lie."""
    try:
        listed = json.loads((generation / _MANIFEST).read_bytes()).get("segments", ())
        return [one["folder"] for one in listed]
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return []  # it is damaged, or of an older format: it has what it needs in its own folder


def _file_of(beside: Path, segment: Mapping[str, Any]) -> Path:
    """Where the file of a segment lies. Raises ``TypeError`` for what is no name of a folder."""
    folder = str(segment["folder"])
    if not _NAME.fullmatch(folder):
        raise TypeError(f"{folder!r} is no generation")
    return beside / folder / _SEGMENT


def new_name() -> str:
    """Return a name for a generation that no other has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _written(path: Path, write: Writer) -> dict[str, str | int]:
    write_flushed(path, write)
    return describe(path)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
