"""Vectors cached on disk by their text, so that no text is encoded twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Encoder, Vectors

Encode = Callable[[list[str]], Vectors]
_BATCH = 2048


class TextVectors:
    """A file of vectors by text digest; missing ones are encoded and added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[bytes, Vectors] = {}
        if path.is_file():
            with np.load(path) as file:
                digests, vectors = file["digests"], file["vectors"]
            self._rows = dict(zip((bytes(row) for row in digests), vectors, strict=True))

    def __call__(self, texts: Sequence[str], encode: Encode) -> Vectors:
        """Return an array of shape ``(len(texts), dimension)``."""
        digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        missing = {
            digest: text
            for digest, text in zip(digests, texts, strict=True)
            if digest not in self._rows
        }
        keys = list(missing)
        for start in range(0, len(keys), _BATCH):  # saved by batch, so a run can resume
            batch = keys[start : start + _BATCH]
            vectors = encode([missing[key] for key in batch])
            self._rows.update(zip(batch, vectors, strict=True))
            self._save()
            if len(keys) > _BATCH:
                print(f"  encoded {start + len(batch)} of {len(keys)} texts", flush=True)
        return np.array([self._rows[digest] for digest in digests], np.float32)

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        digests: NDArray[np.uint8] = np.frombuffer(b"".join(self._rows), np.uint8).reshape(-1, 16)
        temporary = self._path.with_name(self._path.name + ".part")
        with temporary.open("wb") as file:
            np.savez(file, digests=digests, vectors=np.array(list(self._rows.values())))
        temporary.replace(self._path)


class StoredEncoder:
    """An ``Encoder`` that caches its vectors of passages and questions on disk."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self.model_id = encoder.model_id
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        name = hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:12]
        self._passages = TextVectors(folder / f"passages-{name}.npz")
        self._queries = TextVectors(folder / f"queries-{name}.npz")

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._queries(texts, self._encoder.encode_queries)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        return self._passages(texts, self._encoder.encode_passages)
