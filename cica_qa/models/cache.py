"""Atomic folders with a manifest of their files, for prepared models in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock
import platformdirs

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
LOCK_SECONDS = 300.0


def cache_root(cache_dir: Path | None = None) -> Path:
    """Return the absolute cache folder; by default the user's for this package."""
    cache = cache_dir if cache_dir is not None else platformdirs.user_cache_path("cica-qa")
    return cache.expanduser().absolute()


@contextlib.contextmanager
def folder_lock(target: Path) -> Iterator[None]:
    """Keep other processes from making the same folder, and remove drafts that killed ones left.

    The lock only saves work: if the file system has no locks, or the holder takes too long, it
    is safe to continue without it, because publishing is atomic. Raises ``OSError``.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except (filelock.Timeout, NotImplementedError) as error:
        log.debug("preparing the model without a lock: %s", error)
        yield
        return
    try:
        for draft in target.parent.glob(_draft_prefix(target) + "*"):
            shutil.rmtree(draft, ignore_errors=True)
        yield
    finally:
        lock.release()


def publish_folder(
    target: Path,
    files: Iterable[tuple[str, bytes]],
    manifest: Mapping[str, object],
    readme: str = "",
) -> None:
    """Replace ``target`` by a folder of ``files``, given as (relative path, content).

    Its manifest holds ``manifest`` and the size and sha256 of each file. Raises ``OSError``.
    """
    draft = Path(tempfile.mkdtemp(prefix=_draft_prefix(target), dir=target.parent))
    try:
        draft.chmod(0o755)
        sums: dict[str, dict[str, object]] = {}
        for name, content in files:
            _write(draft / name, content)
            sums[name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        if readme:
            _write(draft / "README.md", readme.encode("utf-8"))
        _write(draft / MANIFEST, json.dumps({**manifest, "files": sums}, indent=1).encode("utf-8"))
        for folder in {path.parent for path in draft.rglob("*")}:
            _sync_folder(folder)
        _publish(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_folder_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder. Raises ``OSError`` or ``ValueError``."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def quick_problems(folder: Path) -> list[str]:
    """Return the problems of a folder, judged by the names and sizes of its files."""
    try:
        files = read_folder_manifest(folder)["files"]
        sizes = {name: expected["size"] for name, expected in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [f"{MANIFEST}: missing or unreadable"]
    problems = []
    for name, size in sizes.items():
        file = folder / name
        if not file.is_file():
            problems.append(f"{name}: missing")
        elif file.stat().st_size != size:
            problems.append(f"{name}: has {file.stat().st_size} bytes, not {size}")
    return problems


def checksum_problems(folder: Path) -> list[str]:
    """Return the problems of a folder, judged by the checksums of its files."""
    problems = quick_problems(folder)
    if problems:
        return problems
    for name, expected in read_folder_manifest(folder)["files"].items():
        try:
            if file_sha256(folder / name) != expected["sha256"]:
                problems.append(f"{name}: its checksum is not the one in {MANIFEST}")
        except OSError as error:
            problems.append(f"{name}: cannot be read ({error})")
    return problems


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file's content. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _draft_prefix(target: Path) -> str:
    return f".{target.name}.draft-"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(draft: Path, target: Path) -> None:
    """Move a finished draft to ``target``, replacing any folder there."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=_draft_prefix(target), dir=target.parent))
        with contextlib.suppress(FileNotFoundError):
            target.rename(old / "old")
        shutil.rmtree(old, ignore_errors=True)
    _move_into_place(draft, target)
    _sync_folder(target.parent)


def _move_into_place(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        # Another process without a lock was faster and published the same files.
        if quick_problems(target):
            raise
