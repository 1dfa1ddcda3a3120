"""Questions asked of one article alone, with and without the paragraph that answers them.

What somebody does who brings a document: all of it speaks of what is asked, and no word is rare.
Each set is read by a reader that never saw it: ``python -m benchmarks.training`` makes those.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks._answer_evidence import (
    Asking,
    Entry,
    ask,
    fold_readers,
    folders,
    group_of,
    question_sets,
    without_answers,
)
from benchmarks._common import read_jsonl, write_results
from cica_qa import Document, Retriever, Settings, build_index
from cica_qa.reader.reader import SpanReader

CONTEXTS = {"xquad": "xquad_ar", "arcd": "arcd_train", "ardqa": "ardqa_dev"}
SAMPLE = 110
"""Questions of each set."""
Article = tuple[str, str]
"""The group of sets and the title."""


def main() -> None:
    work, folder = folders(__doc__)
    found: dict[str, list[Asking]] = {}
    for one in _asked(folder, fold_readers(work)):
        found.setdefault(one.data_set, []).append(one)
    rows = [_row(name, found[name]) for name in question_sets(folder) if name in found]
    write_results("one_article", {"Told from the same without the paragraph that answers": rows})


def _asked(folder: Path, readers: Mapping[str, SpanReader]) -> Iterator[Asking]:
    articles: dict[Article, dict[str, Document]] = defaultdict(dict)
    for group, name in CONTEXTS.items():
        for row in read_jsonl(folder / f"{name}.jsonl"):
            document = Document(row["context_id"], row["title"], row["context"])
            articles[group, row["title"]][document.doc_id] = document
    questions: dict[Article, list[tuple[str, Entry]]] = defaultdict(list)
    for name, entries in question_sets(folder).items():
        if group_of(name) in CONTEXTS:
            for entry in random.Random(7).sample(entries, min(SAMPLE, len(entries))):
                questions[group_of(name), entry["title"]].append((name, entry))
    for article, own in questions.items():
        if len(articles[article]) > 1:
            yield from _asked_of(articles[article], own, readers[article[0]])


def _asked_of(
    documents: dict[str, Document], questions: Sequence[tuple[str, Entry]], reader: SpanReader
) -> Iterator[Asking]:
    settings = Settings(model="bundled")
    with tempfile.TemporaryDirectory() as index:
        build_index(documents.values(), index, settings=settings)
        retriever = Retriever.load(index, settings=settings)
        for name, entry in questions:
            others = without_answers(documents.values(), entry)
            own = [one.doc_id for one in others if one.doc_id != entry["context_id"]]
            if own:
                yield ask(retriever, own, reader, name, entry)


def _row(name: str, asked: Sequence[Asking]) -> dict[str, Any]:
    with_it = np.array([one.sure(one.found) for one in asked])
    without = np.array([one.sure(one.without) for one in asked if one.without])
    right = np.array([one.holds(one.found[0].candidate) for one in asked])
    threshold = Settings().answer_threshold
    labels = [1] * len(with_it) + [0] * len(without)
    return {
        "set": name,
        "questions": len(asked),
        "AUROC": roc_auc_score(labels, [*with_it, *without]),
        "the first candidate holds the answer": right.mean(),
        "of those, answered": (with_it[right] >= threshold).mean(),
        "without the paragraph, answered": (without >= threshold).mean(),
    }


if __name__ == "__main__":
    main()
