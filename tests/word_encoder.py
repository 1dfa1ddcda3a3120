"""An encoder of a few lines for tests of storage: texts that share words are near each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cica_qa.documents.load import Loaded
from cica_qa.index.build import update_index
from cica_qa.index.durable import Writer
from cica_qa.protocols import Vectors
from cica_qa.settings import Settings
from cica_qa.types import Document, IndexInfo


class WordEncoder:
    """Adds up one fixed random vector a word. ``texts`` records what was encoded."""

    model_id = "words"
    dimension = 64

    def __init__(self, fingerprint: str = "words-1") -> None:
        self.fingerprint = fingerprint
        self.texts: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array([_vector(text) for text in texts], np.float32).reshape(-1, self.dimension)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        self.texts += texts
        for done in range(len(texts)):
            if progress:
                progress(done + 1)
        return self.encode_queries(texts)


def build(
    documents: Sequence[Document],
    index_dir: Path,
    encoder: WordEncoder | None = None,
    **settings: Any,
) -> IndexInfo:
    loaded = Loaded(list(documents))
    return update_index(loaded, index_dir, encoder or WordEncoder(), Settings(**settings))


def writers(files: Mapping[str, bytes]) -> dict[str, Writer]:
    """What writes files of known content."""
    return {name: partial(_write, data) for name, data in files.items()}


def _write(data: bytes, stream: BinaryIO) -> None:
    stream.write(data)


def _vector(text: str) -> np.ndarray:
    total = np.full(WordEncoder.dimension, 1e-3)
    for word in text.split():
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        total += np.random.default_rng(seed).standard_normal(WordEncoder.dimension)
    return total / np.linalg.norm(total)
