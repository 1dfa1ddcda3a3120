"""Timing of this project in a separate process.

``INDEX THREADS QUESTIONS``: load the index, then time on demand (see _peers/timing.py).
``bulk THREADS TEXTS``: passages per second, encoded whole, and indexed with their sentences.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._peers.timing import memory, milliseconds, serve
from cica_qa import Document, Pipeline, Settings
from cica_qa.documents.load import LoadedDocuments
from cica_qa.index.build import update_index
from cica_qa.models.encoder import load_encoder


def main() -> None:
    index, threads, file = sys.argv[1:]
    settings = Settings(model="bundled", threads=int(threads))
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    texts: list[str] = [json.loads(line) for line in lines]
    if index == "bulk":
        print(json.dumps(bulk(texts, settings)))
    else:
        time_on_demand(index, texts, settings)


def bulk(texts: list[str], settings: Settings) -> dict[str, float]:
    encoder = load_encoder(settings)
    encoder.encode_passages(texts[:4])
    start = time.perf_counter()
    encoder.encode_passages(texts)
    encoded = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        documents = [Document(str(at), "", text) for at, text in enumerate(texts)]
        start = time.perf_counter()
        update_index(LoadedDocuments(documents), Path(folder), encoder, settings)
        indexed = time.perf_counter() - start
    return {"encoded whole": len(texts) / encoded, "indexed": len(texts) / indexed}


def time_on_demand(index: str, questions: list[str], settings: Settings) -> None:
    pipeline = Pipeline.load(index, settings=settings)
    retriever = pipeline.retriever

    def encode(budget: float) -> list[float]:
        encoder = load_encoder(settings)
        return milliseconds(lambda text: encoder.encode_queries([text]), questions, budget)

    def search(budget: float) -> list[float]:
        return milliseconds(retriever.search, questions, budget)

    def ask(budget: float) -> list[float]:
        return milliseconds(pipeline.ask, questions, budget)

    serve({"encode": encode, "search": search, "ask": ask, "memory": memory})


if __name__ == "__main__":
    main()
