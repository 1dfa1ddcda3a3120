"""The peers' worker: encodes texts, or runs one system over a collection.

``encode MODEL TEXTS OUT``: encode the lines of a JSONL file of strings to vectors (.npy).
``run SYSTEM FOLDER K OUT``: answer every question of a collection; OUT becomes a TREC run.
``serve SYSTEM FOLDER MODEL``: time questions on demand, with the library's own embedder.
``once SYSTEM FOLDER MODEL``: answer the first question; the caller times the whole process.
``bulk SYSTEM FOLDER MODEL THREADS``: passages per second, embedded and indexed by the library.
A collection is a folder with passages.jsonl, questions.jsonl (strings) and the vectors of both
(passages.npy, questions.npy). The last line printed is JSON: versions and seconds.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._peers.systems import PACKAGES, PASSAGE, QUERY, SYSTEMS, Stored
from benchmarks._peers.timing import memory, milliseconds, serve


def main() -> None:
    task, *arguments = sys.argv[1:]
    if task == "serve":
        serve_system(*arguments)
        return
    tasks = {"encode": encode, "run": run, "once": once, "bulk": bulk}
    print(json.dumps(tasks[task](*arguments)))


def encode(model: str, texts: str, out: str) -> dict[str, Any]:
    """Encode texts, which already have their prefix."""
    from sentence_transformers import SentenceTransformer

    given = read_lines(Path(texts))
    encoder = SentenceTransformer(model, device="cpu")
    start = time.perf_counter()
    vectors = encoder.encode(given, batch_size=32, normalize_embeddings=True)
    np.save(out, vectors.astype(np.float32))
    return {"seconds": time.perf_counter() - start}


def run(system: str, folder: str, k: str, out: str) -> dict[str, Any]:
    passages, stored = collection(Path(folder))
    questions = read_lines(Path(folder) / "questions.jsonl")
    start = time.perf_counter()
    search = SYSTEMS[system](passages, stored, None)
    built = time.perf_counter()
    found = [search(question, int(k)) for question in questions]
    seconds = time.perf_counter() - built
    lines = [
        f"{asked} Q0 {position} {rank} {1 / rank:.6f} {'-'.join(system.split())}\n"
        for asked, positions in enumerate(found)
        for rank, position in enumerate(positions, 1)
    ]
    Path(out).write_text("".join(lines), encoding="utf-8")
    return {
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES[system]),
        "build seconds": built - start,
        "ms a question": 1000 * seconds / max(1, len(questions)),
    }


def serve_system(system: str, folder: str, model: str) -> None:
    passages, stored = collection(Path(folder))
    questions = read_lines(Path(folder) / "questions.jsonl")
    search = SYSTEMS[system](passages, stored, Path(model))

    def threads(count: int) -> None:
        import faiss
        import torch

        torch.set_num_threads(count)
        faiss.omp_set_num_threads(count)

    def encode(budget: float) -> list[float]:
        from sentence_transformers import SentenceTransformer

        encoder = SentenceTransformer(model, device="cpu")
        return milliseconds(encoder.encode_query, questions, budget)

    def searched(budget: float) -> list[float]:
        return milliseconds(lambda question: search(question, 5), questions, budget)

    serve({"threads": threads, "encode": encode, "search": searched, "memory": memory})


def once(system: str, folder: str, model: str) -> dict[str, Any]:
    passages, stored = collection(Path(folder))
    question = read_lines(Path(folder) / "questions.jsonl")[0]
    return {"found": SYSTEMS[system](passages, stored, Path(model))(question, 5)}


def bulk(system: str, folder: str, model: str, threads: str) -> dict[str, Any]:
    """Return the indexing rate, without the time for one passage, mostly spent loading models."""
    import torch

    torch.set_num_threads(int(threads))
    passages = read_lines(Path(folder) / "passages.jsonl")
    seconds = []
    for some in (passages[:1], passages[:1], passages):  # the first pays for the imports
        start = time.perf_counter()
        SYSTEMS[system](some, None, Path(model))
        seconds.append(time.perf_counter() - start)
    return {"passages a second": (len(passages) - 1) / (seconds[2] - seconds[1])}


def collection(folder: Path) -> tuple[list[str], Stored]:
    """Return the passages, and the vectors of the passages and of the questions, if stored."""
    passages = read_lines(folder / "passages.jsonl")
    texts = [PASSAGE + text for text in passages]
    vectors = [np.load(folder / "passages.npy")]
    if (folder / "questions.npy").is_file():
        texts += [QUERY + text for text in read_lines(folder / "questions.jsonl")]
        vectors.append(np.load(folder / "questions.npy"))
    return passages, Stored(texts, np.concatenate(vectors))


def read_lines(path: Path) -> list[str]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
