"""Arabizi: what is found for questions in Latin letters beside the same in Arabic ones.

The questions of sixteen documents are typed by made writers of four dialects (``_arabizi``). The
project was developed on the odd documents, by name, and is measured on the even ones; a document
that a question is not about does not count for its side. Also: which questions in other languages
are taken for Arabizi, and how long the reading takes at 5,000 passages.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._arabizi import VARIETIES, written
from benchmarks._common import data_folder, read_jsonl, write_results
from benchmarks.documents import holds_gold
from cica_qa import Retriever, build_index

_SEED = "cica"
_QUESTIONS = 300
_LATIN = ("en", "de", "es", "tr", "ro", "vi")


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    half = "odd" if "--odd" in sys.argv else "even"
    tables: dict[str, list[dict[str, Any]]] = {}
    with TemporaryDirectory() as index:
        realdocs = folder.parent / "realdocs"
        build_index(realdocs / "docs", index)
        retriever = Retriever.load(index)
        tables[f"Found, {half} documents"] = found(retriever, half_of(realdocs, half))
    write_results("arabizi", tables)


def half_of(realdocs: Path, half: str) -> list[dict[str, Any]]:
    """The questions in Arabic on the odd or even documents, as their names are sorted."""
    names = sorted(path.name for path in (realdocs / "docs").iterdir())
    kept = set(names[0 if half == "odd" else 1 :: 2])
    rows = read_jsonl(realdocs / "questions.jsonl")
    kinds = ("msa", "noisy", *VARIETIES)
    return [
        row
        for row in rows
        if row["doc"] in kept and row["variety"] in kinds and not row["prior_question"]
    ]


def found(retriever: Retriever, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How often the gold is in the first hit and in the first three, by the writer's dialect."""
    table = []
    for variety in VARIETIES:
        asked = [
            row for row in rows if row["answerable"] and row["variety"] in ("msa", "noisy", variety)
        ]
        typed = [written(row["question"], variety, _SEED) for row in asked]
        arabic = [retriever.search(row["question"], k=3) for row in asked]
        latin = [retriever.search(question, k=3) for question in typed]
        read = [retriever.in_arabic(question) != question for question in typed]
        table.append(
            {
                "writer": variety,
                "questions": len(asked),
                "taken for Arabizi": statistics.mean(read),
                **{
                    f"{side}, hit@{k}": statistics.mean(
                        holds_gold(row, hits[:k]) for row, hits in zip(asked, all_hits, strict=True)
                    )
                    for side, all_hits in (("Arabic", arabic), ("Arabizi", latin))
                    for k in (1, 3)
                },
            }
        )
    return table


if __name__ == "__main__":
    main()
