"""A fingerprint of a model: changes when the vectors of the same text would change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from cica_qa.errors import ModelError

SUFFIXES = frozenset({".json", ".txt", ".model", ".safetensors", ".bin"})
NO_PART_OF_THE_MODEL = frozenset({"manifest.json", "onnx", "openvino"})
WHOLE = 256 * 2**20
SAMPLE, STRIDE = 4 * 2**10, 64 * 2**10


def model_fingerprint(
    folder: Path, prompts: Mapping[str, str], known: Mapping[str, str] | None = None
) -> str:
    """Return a sha256 over the model's files and the prompts in force.

    It does not depend on where the folder is, nor on its README. Files over 256 MiB are
    read in samples of 4 KiB every 64 KiB, so that no retrained matrix goes unnoticed.
    ``known`` holds the sha256 of files that need not be read, by relative path. Raises
    ``ModelError`` where a file cannot be read.
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
    """Return the files that decide the vectors, in an order that is the same everywhere."""
    files = sorted(_walk(folder), key=lambda file: file.relative_to(folder).as_posix())
    safe = {file.parent for file in files if file.suffix == ".safetensors"}
    return [file for file in files if file.suffix != ".bin" or file.parent not in safe]


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in NO_PART_OF_THE_MODEL:
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix in SUFFIXES:
            yield path


def _file_digest(file: Path) -> bytes:
    size = file.stat().st_size
    with file.open("rb") as stream:
        if size <= WHOLE:
            return hashlib.file_digest(stream, "sha256").digest()
        digest = hashlib.sha256(str(size).encode("ascii"))
        for position in range(0, size, STRIDE):
            stream.seek(position)
            digest.update(stream.read(SAMPLE))
        return digest.digest()
