"""The pool of the public sets' contexts and the distractors, and questions over it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import read_jsonl
from benchmarks._peers.environment import CACHE
from cica_qa import Document, Retriever, Settings, build_index
from cica_qa.evaluation.misspell import misspell

QUESTIONS = {"xquad_ar": 500, "arcd_train": 700, "mlqa_ar_dev": 200}
DIALECT_PAIRS = 110
VARIETIES = ("msa", "egy", "glf", "lev", "mgr")
ENGLISH, MISSPELT = "xquad in English", "xquad misspelt"
Entry = dict[str, Any]


def pool_retriever(folder: Path, distractors: bool = True) -> tuple[Retriever, dict[str, Document]]:
    """Index all contexts, with their titles, and the distractors, reusing an existing index.

    Without ``distractors`` the pool has only the contexts of the question sets, a tenth as many.
    """
    names = ("xquad_ar", "arcd_train", "ardqa_dev", *(("mlqa_ar_dev",) * distractors))
    documents = {
        entry["context_id"]: Document(entry["context_id"], entry["title"], entry["context"])
        for name in names
        for entry in read_jsonl(folder / f"{name}.jsonl")
    }
    for entry in read_jsonl(folder / "wikipedia_distractors.jsonl") if distractors else ():
        key = f"wikipedia-{entry['id']}"
        documents[key] = Document(key, entry["title"], entry["text"])
    index, settings = (
        CACHE / "indexes" / ("answers" if distractors else "pool"),
        Settings(model="bundled"),
    )
    build_index(documents.values(), index, settings=settings)
    return Retriever.load(index, settings=settings), documents


def question_sets(folder: Path) -> dict[str, list[Entry]]:
    """Return samples of the public sets, by dialect, with English and misspelt variants."""
    sets: dict[str, list[Entry]] = {}
    for name, count in QUESTIONS.items():
        rows = _answerable(read_jsonl(folder / f"{name}.jsonl"))
        sets[name] = random.Random(5).sample(rows, min(count, len(rows)))
    rows = _answerable(read_jsonl(folder / "ardqa_dev.jsonl"))
    pairs = sorted({entry["pair_id"] for entry in rows if entry["pair_id"]})
    kept = set(random.Random(5).sample(pairs, DIALECT_PAIRS))
    for variety in VARIETIES:
        sets[f"ardqa_dev {variety}"] = [
            entry
            for entry in rows
            if entry["question_variety"] == variety and entry["pair_id"] in kept
        ]
    other = read_jsonl(folder / "xquad_other.jsonl")
    english = {entry["qid"]: entry["question"] for entry in other if entry["language"] == "en"}
    xquad = sets["xquad_ar"]
    sets[ENGLISH] = [{**entry, "question": english[entry["qid"]]} for entry in xquad[:300]]
    rng = random.Random(3)
    sets[MISSPELT] = [{**e, "question": misspell(e["question"], 0.3, rng)} for e in xquad[300:]]
    return sets


def group_of(data_set: str) -> str:
    """Return the group that a set is left out with: sets with the same paragraphs."""
    return data_set.split()[0].split("_")[0]


def without_answers(documents: Iterable[Document], entry: Entry) -> list[Document]:
    """Return the documents that contain none of a question's answers."""
    return [one for one in documents if not any(a in one.text for a in entry["answers"])]


def _answerable(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry["answers"] and not entry.get("is_impossible")]
