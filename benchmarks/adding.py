"""The cost of adding one document to an index, without encoding it, and of searches meanwhile.

    python -m benchmarks.adding [SIZES]

The collections are synthetic: documents of ten passages with Zipf-distributed words and random unit
vectors, so that encoding costs next to nothing. See
docs/explanation/benchmarks.md.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._common import write_results
from benchmarks._peers.timing import median, p95
from cica_qa import Document, Settings
from cica_qa.index.generation import open_generation
from cica_qa.index.update import add_documents
from cica_qa.protocols import InContext, Vectors, WordVectors
from cica_qa.retrieve.retriever import Retriever

SIZES = (1_000, 10_000)
ADDED, SEARCHES, BATCH = 40, 40, 200
DIMENSION, PASSAGES, SENTENCES, WORDS = 384, 10, 4, 15
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


class RandomVectors:
    """An encoder whose vectors of texts and words are random, seeded by their hash."""

    model_id = fingerprint = "random"
    dimension = DIMENSION
    vocabulary = ("كلمة",)

    def __init__(self) -> None:
        self.encoding = np.zeros(2)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            row[:] = np.random.default_rng(abs(hash(text))).standard_normal(DIMENSION, np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        return self._timed(self.encode_queries, texts)

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        words = tuple(text.split())
        return self.encode_queries([text])[0], WordVectors(words, self.encode_queries(words))

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        return self._timed(self._in_context, texts, spans)

    def _in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        read = []
        for text, own in zip(texts, spans, strict=True):
            vectors = self.encode_queries([text, *(text[start:end] for start, end in own)])
            words = tuple(text.split())
            of_words = np.resize(vectors, (len(words), DIMENSION))
            read.append(InContext(vectors[0], vectors[1:], WordVectors(words, of_words)))
        return read

    def _timed(self, work: Callable[..., Any], *arguments: Any) -> Any:
        began = clocks()
        try:
            return work(*arguments)
        finally:
            self.encoding += clocks() - began


def documents(count: int, seed: int) -> list[Document]:
    """Return documents of ``PASSAGES`` passages each."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(LETTERS, k=chance.randint(3, 7))) for _ in range(30_000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]

    def passage() -> str:
        return " ".join(
            " ".join(chance.choices(words, weights, k=WORDS)) + "." for _ in range(SENTENCES)
        )

    return [
        Document(f"{seed}-{number}", "", "\n\n".join(passage() for _ in range(PASSAGES)))
        for number in range(count)
    ]


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    write_results("adding", {"Adding": [measured(size) for size in sizes]})


def measured(size: int) -> dict[str, Any]:
    """Return the cost of adding documents one by one to an index of ``size`` passages."""
    encoder, settings = RandomVectors(), Settings(passage_chars=400, reader=False)
    with tempfile.TemporaryDirectory() as name:
        index = Path(name, "index")
        for start in range(0, size // PASSAGES, BATCH):
            count = min(BATCH, size // PASSAGES - start)
            add_documents(index, documents(count, start), encoder, settings)
        retriever = Retriever(index, encoder, settings)
        questions = [document.text[:40] for document in documents(SEARCHES, 10**6)]
        retriever.search(questions[0])
        quiet = [timed(retriever.search, question) for question in questions]
        before = memory()
        adding, beside = [], []
        for document, question in zip(documents(ADDED, 10**7), questions, strict=False):
            encoder.encoding = np.zeros(2)
            took = timed(add_documents, index, [document], encoder, settings)
            adding.append(took - encoder.encoding)
            beside.append(timed(retriever.search, question))
        generation = open_generation(index)
        counts: dict[str, Any] = {
            "passages": len(retriever.store),
            "vectors": generation.manifest.counts["vectors"],
            "segments": len(generation.segments),
        }
        times = {"add": adding, "search": quiet, "search after an add": beside}
        for name, pairs in times.items():
            wall, processor = np.transpose(pairs).tolist()
            counts[f"{name} p50 ms"] = median(wall)
            counts[f"{name} p95 ms"] = p95(wall)
            counts[f"{name} p50 processor ms"] = median(processor)
        return {**counts, "MB more": memory() - before}


def timed(work: Callable[..., object], *arguments: object) -> NDArray[np.float64]:
    """Return the wall time and the thread's processor time of a call, in milliseconds."""
    began = clocks()
    work(*arguments)
    return clocks() - began


def clocks() -> NDArray[np.float64]:
    return 1000 * np.array([time.perf_counter(), time.thread_time()])


def memory() -> float:
    """Return the peak resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
