"""Arabizi: retrieval for questions in Latin letters, compared with the same in Arabic letters.

The questions on sixteen documents are typed by simulated writers of four dialects (``_arabizi``).
The project was developed on every other document, by name (the odd ones), and is measured on the
even ones, with all documents in the index. Also measured: which questions in other languages are
taken for Arabizi, and how long the conversion takes with 5,000 passages.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from benchmarks._arabizi import VARIETIES, written
from benchmarks._common import data_folder, read_jsonl, write_results
from benchmarks._found import holds_gold
from cica_qa import Retriever, build_index
from cica_qa.arabic.analyze import STEMS, Analyzer
from cica_qa.arabic.arabizi import ArabiziConverter
from cica_qa.arabic.normalize import Normalizer
from cica_qa.index.bm25 import Bm25
from cica_qa.index.lexical import LexicalIndex
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.retrieve.query import KnownWords, StemScores

_SEED = "cica"
_QUESTIONS, _PASSAGES = 300, 5000
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
        rows = half_of(realdocs, half)
        tables[f"Found, {half} documents"] = found(retriever, rows)
        known = KnownWords(retriever.encoder)
        small = retriever.in_arabic
        large = reader_of(folder, known).convert
        asked = [written(row["question"], VARIETIES[at % 4], _SEED) for at, row in enumerate(rows)]
        kept = {"16 documents": small, "5,000 passages": large}
        tables["Taken for Arabizi though it is not, by what is searched"] = taken(folder, kept)
    tables["Time of a reading"] = [timed(reader_of(folder, known).convert, asked)]
    write_results("arabizi", tables)


def reader_of(folder: Path, known: KnownWords) -> ArabiziConverter:
    """Return a converter for 5,000 passages on all subjects, which needs no vectors."""
    analyzer, normalizer = Analyzer(), Normalizer()
    sets = ("wikipedia_distractors", "xquad_ar", "arcd_train", "ardqa_dev", "mlqa_ar_dev")
    rows = [row for name in sets for row in read_jsonl(folder / f"{name}.jsonl")]
    texts = list(dict.fromkeys(str(row.get("text") or row["context"]) for row in rows))
    normal = [normalizer(text) for text in texts[:_PASSAGES]]
    words = Vocabulary.from_words([analyzer.words(text) for text in normal])
    terms = [{STEMS: analyzer.passage_stems(text)} for text in normal]
    bm25 = Bm25.alone(LexicalIndex.from_terms(terms, [STEMS]))
    store: Any = SimpleNamespace(search_terms=bm25.search, term_scores=bm25.scores_at)
    return ArabiziConverter(words.counts, words.spellings, StemScores(store), known)


def taken(folder: Path, reads: Mapping[str, Callable[[str], str]]) -> list[dict[str, Any]]:
    """Return how many of XQuAD's questions in other languages are taken for Arabizi."""
    rows = read_jsonl(folder / "xquad_other.jsonl")
    table = []
    for language in _LATIN:
        asked = [str(row["question"]) for row in rows if row["language"] == language]
        asked = random.Random(_SEED).sample(asked, _QUESTIONS)
        counts = {name: sum(r(q) != q for q in asked) for name, r in reads.items()}
        table.append({"language": language, "questions": len(asked), **counts})
    return table


def timed(read: Callable[[str], str], asked: Sequence[str]) -> dict[str, Any]:
    """Return the processor time of a conversion, in milliseconds."""
    start = time.process_time()
    read("fen el markaz?")
    first = time.process_time() - start
    times = []
    for question in asked:
        start = time.process_time()
        read(question)
        times.append(1000 * (time.process_time() - start))
    return {
        "questions": len(asked),
        "mean ms": statistics.mean(times),
        "p95 ms": statistics.quantiles(times, n=20)[-1],
        "the first, with the words sorted": 1000 * first,
    }


def half_of(realdocs: Path, half: str) -> list[dict[str, Any]]:
    """Return the Arabic questions on the odd or even documents, in the order of their names."""
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
    """Return how often the first hit, or the first three, have the gold answer, by dialect."""
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
