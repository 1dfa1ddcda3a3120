"""An encoder of a few lines for tests of storage: texts that share words are near each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cica_qa.documents.load import LoadedDocuments
from cica_qa.index.build import update_index
from cica_qa.index.durable import FileWriter
from cica_qa.index.generation import open_generation
from cica_qa.index.pack import Pack, pack_writer
from cica_qa.protocols import InContext, Vectors, WordVectors
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document


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


class ContextEncoder(WordEncoder):
    """The same that also gives the vectors of words, each as it is alone."""

    vocabulary = ("القط", "المدينة", "الكلب")

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        words = tuple(text.split())
        return self.encode_queries([text])[0], WordVectors(words, self.encode_queries(words))

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        self.texts += texts
        read = []
        for text, own in zip(texts, spans, strict=True):
            vector, words = self.encode_question(text)
            windows = self.encode_queries([text[start:end] for start, end in own])
            read.append(InContext(vector, windows, words))
        return read


def build(
    documents: Sequence[Document],
    index_dir: Path,
    encoder: WordEncoder | None = None,
    **settings: Any,
) -> IndexInfo:
    loaded = LoadedDocuments(list(documents))
    return update_index(loaded, index_dir, encoder or WordEncoder(), Settings(**settings))


def packed(parts: Mapping[str, FileWriter], folder: Path) -> Pack:
    """What was written into one file, opened."""
    folder.mkdir(exist_ok=True)
    with (folder / "packed").open("wb") as stream:
        pack_writer(parts)(stream)
    return Pack(folder / "packed")


def segment_of(index_dir: Path, at: int = -1) -> Path:
    """The file of a segment of an index, of the newest unless said."""
    return open_generation(index_dir).segments[at][0]


def damage(file: Path) -> None:
    """Flip one bit of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _vector(text: str) -> np.ndarray:
    total = np.full(WordEncoder.dimension, 1e-3)
    for word in text.split():
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        total += np.random.default_rng(seed).standard_normal(WordEncoder.dimension)
    return total / np.linalg.norm(total)
