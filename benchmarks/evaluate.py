"""The cost of an evaluation over plain asking: 10,000 questions, 5,000 passages, time and memory.

The plain questions are asked in between, a quarter after each quarter of the evaluation, so that
both run under the same load.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._common import data_folder, read_jsonl, write_results
from benchmarks._peers.environment import CACHE
from benchmarks._pool import pool_retriever
from cica_qa import Pipeline, Settings
from cica_qa.evaluation.evaluate import evaluate

SETS = ("xquad_ar", "arcd_train", "mlqa_ar_dev", "ardqa_dev")
QUESTIONS, QUARTER = 10_000, 2_500
K = 10


class Watch:
    """Asks the plain questions while the evaluation pauses, and records the memory."""

    def __init__(self, pipeline: Pipeline, questions: list[str]) -> None:
        self._pipeline, self._questions = pipeline, questions
        self.bare = 0.0
        self.memory: dict[int, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if done in (1_000, total) or (done and done % QUARTER == 0):
            self.memory[done] = resident_mb()
        if done and done % QUARTER == 0:
            started = time.perf_counter()
            self._pipeline.ask_many(self._questions[done - QUARTER : done], k=K)
            self.bare += time.perf_counter() - started


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    pool_retriever(folder)  # builds the index if necessary
    index = CACHE / "indexes" / "answers"
    rows = [row for name in SETS for row in read_jsonl(folder / f"{name}.jsonl")]
    rows = (rows * (QUESTIONS // len(rows) + 1))[:QUESTIONS]
    settings = Settings(model="bundled", threads=2)
    pipeline = Pipeline.load(index, settings=settings)
    pipeline.ask_many([row["question"] for row in rows[:200]], k=K)  # warms both caches
    watch = Watch(pipeline, [row["question"] for row in rows])
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "many.jsonl"
        path.write_text("\n".join(map(_numbered, range(QUESTIONS), rows)), encoding="utf-8")
        started = time.perf_counter()
        (result,) = evaluate([path], index, out, settings=settings, k=K, progress=watch).results
        whole = time.perf_counter() - started - watch.bare
    counts: dict[str, Any] = {"questions": QUESTIONS, "passages": len(pipeline.retriever.store)}
    write_results(
        "evaluate",
        {
            "Time, s": [
                counts
                | {
                    "Pipeline.ask_many": watch.bare,
                    "evaluate, all of it": whole,
                    "the same, as a multiple": whole / watch.bare,
                    "asking alone, as a multiple": result.latency["total"] / watch.bare,
                }
            ],
            "Resident memory": [
                {"after questions": done, "MB": size} for done, size in watch.memory.items()
            ],
        },
    )


def _numbered(number: int, row: dict[str, Any]) -> str:
    return json.dumps({**row, "qid": f"q{number}"}, ensure_ascii=False)


def resident_mb() -> float:
    """Return the memory of the process in MB, without file mappings."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
