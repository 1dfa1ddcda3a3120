"""How a generation of an index is written and published, under the locks of its folder."""

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
from cica_qa.index.checksums import describe
from cica_qa.index.durable import Writer, flush_folder, replace_file, write_flushed
from cica_qa.index.generation import (
    GENERATIONS,
    MANIFEST,
    NAME,
    POINTER,
    SEGMENT,
    folders_of,
    published_name,
    sha256_of,
)
from cica_qa.index.manifest import Manifest
from cica_qa.index.problems import rebuild_command, write_error

_LOCK, _MERGE_LOCK = "build.lock", "merge.lock"
_MERGING = ".merge-"  # how the folder of a merge that is not published begins
_OWN_NAMES = {POINTER, _LOCK, _MERGE_LOCK, GENERATIONS, "README.md", ".gitkeep", ".gitignore"}


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
    name = _new_name()
    folder = index_dir / GENERATIONS / name
    before = published_name(index_dir)
    try:
        listed = list(manifest.segments)
        about, write = made or ({}, None)
        if isinstance(write, Path):
            write.rename(folder)
        else:
            folder.mkdir(parents=True)
            file = {} if write is None else {"file": _written(folder / SEGMENT, write)}
            about = {**about, **file}
        listed += [] if made is None else [{**about, "folder": name}]
        table = {**asdict(manifest), "segments": listed}
        described = json.dumps(table, ensure_ascii=False).encode()
        write_flushed(folder / MANIFEST, lambda stream: stream.write(described))
        flush_folder(folder)
        flush_folder(folder.parent)
        pointer = {"generation": name, "manifest_sha256": sha256_of(described)}
        replace_file(index_dir / POINTER, json.dumps(pointer).encode())
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
    folder = index_dir / GENERATIONS / f"{_MERGING}{secrets.token_hex(4)}"
    try:
        folder.mkdir()
        described = {**about, "file": _written(folder / SEGMENT, write)}
        yield described, folder
    except OSError as error:
        raise write_error(index_dir, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpublish(index_dir: Path) -> None:
    """Leave a folder without a generation. The caller holds the lock.

    Raises ``IndexWriteError``.
    """
    try:
        (index_dir / POINTER).unlink()
    except OSError as error:
        raise write_error(index_dir, error) from error
    _drop_generations(index_dir, keep=set())


def _require_index_folder(index_dir: Path) -> None:
    """Make the folder; refuse one that holds somebody's other files."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        strangers = sorted({entry.name for entry in index_dir.iterdir()} - _OWN_NAMES)
    except OSError as error:
        raise write_error(index_dir, error) from error
    has_index = (index_dir / POINTER).exists() and (index_dir / GENERATIONS).is_dir()
    if strangers and not has_index:
        raise IndexWriteError(
            f"{index_dir} is not an index: it holds {strangers[0]!r}. "
            "Give --index a new or empty folder."
        )


def _drop_leftovers(index_dir: Path) -> None:
    """Remove what killed builds left behind."""
    for file in index_dir.glob(f".{POINTER}-*"):
        with contextlib.suppress(OSError):
            file.unlink()
    if half := list((index_dir / GENERATIONS).glob(f"{_MERGING}*")):
        with merging(index_dir) as free:
            for folder in half if free else ():
                shutil.rmtree(folder, ignore_errors=True)
    _drop_generations(index_dir, keep={published_name(index_dir)})


def _drop_generations(index_dir: Path, keep: set[str | None]) -> None:
    """Remove the folders of all generations but some, and but those whose segments they list."""
    beside = index_dir / GENERATIONS
    needed = keep | {folder for name in keep if name for folder in folders_of(beside / name)}
    for folder in beside.glob("*"):
        if NAME.fullmatch(folder.name) and folder.name not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def _new_name() -> str:
    """A name for a generation that no other has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _written(path: Path, write: Writer) -> dict[str, str | int]:
    write_flushed(path, write)
    return describe(path)
