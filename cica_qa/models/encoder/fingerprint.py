"""Fingerprints of models, which change whenever the vectors of a text would change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from cica_qa.errors import ModelError

SUFFIXES = frozenset({".json", ".txt", ".model", ".safetensors", ".bin"})
IGNORED_NAMES = frozenset({"manifest.json", "onnx", "openvino"})
WHOLE_BYTES = 256 * 2**20
SAMPLE_BYTES, STRIDE_BYTES = 4 * 2**10, 64 * 2**10


def model_fingerprint(
    folder: Path, prompts: Mapping[str, str], known: Mapping[str, str] | None = None
) -> str:
    """Return a sha256 over the files of a model and its prompts.

    It depends neither on the location of the folder nor on its README. Files over 256 MiB are
    sampled, 4 KiB of every 64 KiB, which is enough to notice a retrained matrix. ``known`` holds
    the sha256 of files that need not be read, by relative path. Raises ``ModelError`` if a file
    cannot be read.
    """
    known = known or {}
    digest = hashlib.sha256(json.dumps(dict(prompts), sort_keys=True).encode("utf-8"))
    try:
        for file in _files(folder):
            name = file.relative_to(folder).as_posix()
            digest.update(name.encode("utf-8") + b"\0")
            digest.update(bytes.fromhex(known[name]) if name in known else _file_digest(file))
    except OSError as error:
        raise ModelError(f"cannot read the model in {folder}: {error}") from error
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """Return the files that determine the vectors, in the same order on every system."""
    files = sorted(_walk(folder), key=lambda file: file.relative_to(folder).as_posix())
    safe = {file.parent for file in files if file.suffix == ".safetensors"}
    return [file for file in files if file.suffix != ".bin" or file.parent not in safe]


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in IGNORED_NAMES:
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix in SUFFIXES:
            yield path


def _file_digest(file: Path) -> bytes:
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= WHOLE_BYTES:
            return hashlib.file_digest(stream, "sha256").digest()
        digest = hashlib.sha256(str(size).encode("ascii"))
        for position in range(0, size, STRIDE_BYTES):
            stream.seek(position)
            digest.update(stream.read(SAMPLE_BYTES))
        return digest.digest()
