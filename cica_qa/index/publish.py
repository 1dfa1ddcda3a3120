"""Writing and publishing of generations, under the locks of the index folder."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cica_qa.errors import IndexBusyError, IndexWriteError
from cica_qa.index.checksums import file_entry
from cica_qa.index.durable import FileWriter, flush_folder, replace_file, write_flushed
from cica_qa.index.generation import (
    GENERATION_NAME,
    GENERATIONS,
    MANIFEST,
    POINTER,
    SEGMENT,
    folders_of,
    manifest_checksum,
    published_name,
)
from cica_qa.index.manifest import Manifest
from cica_qa.index.problems import rebuild_command, write_error

_LOCK, _MERGE_LOCK = "build.lock", "merge.lock"
_STAGED_PREFIX = ".merge-"  # of the folder of a merged segment before it is published
_OWN_NAMES = {POINTER, _LOCK, _MERGE_LOCK, GENERATIONS, "README.md", ".gitkeep", ".gitignore"}


@contextlib.contextmanager
def build_lock(index_dir: Path) -> Iterator[None]:
    """Lock the folder for one build; the system releases the lock if the process dies.

    Raises ``IndexBusyError`` if another build holds the lock, ``IndexWriteError`` if the folder
    cannot be an index.
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


@contextlib.contextmanager
def merge_lock(index_dir: Path) -> Iterator[bool]:
    """Lock the folder for one merge, independently of ``build_lock``; yield whether it is held."""
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


def write_generation(
    index_dir: Path,
    manifest: Manifest,
    new_segment: tuple[Mapping[str, Any], FileWriter | Path] | None = None,
) -> str:
    """Write and publish a generation, remove generations no longer needed, return its name.

    ``new_segment`` is the description of a new segment with its writer, or with the folder where
    a ``staged_segment`` was written; it becomes the last segment of the manifest. Raises
    ``IndexWriteError``; the generation published before then stays published, and nothing
    half-written is left behind. The caller holds the lock.
    """
    name = _new_name()
    folder = index_dir / GENERATIONS / name
    before = published_name(index_dir)
    try:
        listed = list(manifest.segments)
        about, write = new_segment or ({}, None)
        if isinstance(write, Path):
            write.rename(folder)
        else:
            folder.mkdir(parents=True)
            file = {} if write is None else {"file": _written(folder / SEGMENT, write)}
            about = {**about, **file}
        listed += [] if new_segment is None else [{**about, "folder": name}]
        table = {**asdict(manifest), "segments": listed}
        described = json.dumps(table, ensure_ascii=False).encode()
        write_flushed(folder / MANIFEST, lambda stream: stream.write(described))
        flush_folder(folder)
        flush_folder(folder.parent)
        pointer = {"generation": name, "manifest_sha256": manifest_checksum(described)}
        replace_file(index_dir / POINTER, json.dumps(pointer).encode())
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise write_error(index_dir, error) from error
    _drop_generations(
        index_dir, keep={name, before}
    )  # readers may still be opening the previous one
    return name


@contextlib.contextmanager
def staged_segment(
    index_dir: Path, about: Mapping[str, Any], write: FileWriter
) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Write a segment without publishing it; it is removed if it is still unpublished at exit.

    Yields the segment's description and its folder. Raises ``IndexWriteError``. The caller holds
    the ``merge_lock``.
    """
    folder = index_dir / GENERATIONS / f"{_STAGED_PREFIX}{secrets.token_hex(4)}"
    try:
        folder.mkdir()
        described = {**about, "file": _written(folder / SEGMENT, write)}
        yield described, folder
    except OSError as error:
        raise write_error(index_dir, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpublish(index_dir: Path) -> None:
    """Remove all generations from a folder. Raises ``IndexWriteError``.

    The caller holds the lock.
    """
    try:
        (index_dir / POINTER).unlink()
    except OSError as error:
        raise write_error(index_dir, error) from error
    _drop_generations(index_dir, keep=set())


def _require_index_folder(index_dir: Path) -> None:
    """Create the folder, or raise ``IndexWriteError`` if it holds files of something else."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        foreign = sorted({entry.name for entry in index_dir.iterdir()} - _OWN_NAMES)
    except OSError as error:
        raise write_error(index_dir, error) from error
    has_index = (index_dir / POINTER).exists() and (index_dir / GENERATIONS).is_dir()
    if foreign and not has_index:
        raise IndexWriteError(
            f"{index_dir} is not an index: it holds {foreign[0]!r}. "
            "Give --index a new or empty folder."
        )


def _drop_leftovers(index_dir: Path) -> None:
    """Remove the leftovers of killed builds."""
    for file in index_dir.glob(f".{POINTER}-*"):
        with contextlib.suppress(OSError):
            file.unlink()
    if half := list((index_dir / GENERATIONS).glob(f"{_STAGED_PREFIX}*")):
        with merge_lock(index_dir) as free:
            for folder in half if free else ():
                shutil.rmtree(folder, ignore_errors=True)
    _drop_generations(index_dir, keep={published_name(index_dir)})


def _drop_generations(index_dir: Path, keep: set[str | None]) -> None:
    """Remove all generations except ``keep`` and those whose segments they list."""
    beside = index_dir / GENERATIONS
    needed = keep | {folder for name in keep if name for folder in folders_of(beside / name)}
    for folder in beside.glob("*"):
        if GENERATION_NAME.fullmatch(folder.name) and folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def _new_name() -> str:
    """Return a unique name for a generation."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _written(path: Path, write: FileWriter) -> dict[str, str | int]:
    write_flushed(path, write)
    return file_entry(path)
