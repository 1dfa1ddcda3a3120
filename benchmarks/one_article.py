"""Questions asked of one article alone, with and without the paragraph that answers them.

What somebody does who brings a document: all of it speaks of what is asked, and no word is rare.
Then of one paragraph alone: that which answers, the same without the sentences that do, and
another one of the article.
Each set is read by a reader that never saw it: ``python -m benchmarks.training`` makes those.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
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
    ranked,
    without_answers,
)
from benchmarks._common import read_jsonl, write_results
from cica_qa import Document, Retriever, Settings, build_index
from cica_qa.arabic.questions import understand
from cica_qa.models.reader.reader import SpanReader

CONTEXTS = {"xquad": "xquad_ar", "arcd": "arcd_train", "ardqa": "ardqa_dev"}
SAMPLE = 110
"""Questions of each set."""
THRESHOLD = Settings().answer_threshold
Article = tuple[str, str]
"""The group of sets and the title."""


def main() -> None:
    work, folder = folders(__doc__)
    articles, paragraphs = _Found(), _Found()
    for documents, own, reader in _articles(folder, fold_readers(work)):
        articles.add(_asked_of(documents, own, reader))
        paragraphs.add(_asked_of_one(documents, own, reader))
    names = question_sets(folder)
    write_results(
        "one_article",
        {
            "One article, told from the same without the paragraph that answers": [
                {**_told(own), "without the paragraph, answered": _answered(own)}
                for own in articles.of(names)
            ],
            "One paragraph, told from another one of the article": [
                {
                    **_told(own),
                    "another paragraph, answered": _answered(own),
                    "without the sentence, answered": _answered_near(own),
                }
                for own in paragraphs.of(names)
            ],
        },
    )


class _Found:
    """What was asked, by sets."""

    def __init__(self) -> None:
        self._sets: dict[str, list[Asking]] = defaultdict(list)

    def add(self, asked: Iterable[Asking]) -> None:
        for one in asked:
            self._sets[one.data_set].append(one)

    def of(self, names: Iterable[str]) -> list[list[Asking]]:
        return [self._sets[name] for name in names if self._sets[name]]


def _articles(
    folder: Path, readers: Mapping[str, SpanReader]
) -> Iterator[tuple[dict[str, Document], list[tuple[str, Entry]], SpanReader]]:
    """Each article with what is asked of it, and who reads it."""
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
            yield articles[article], own, readers[article[0]]


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


def _asked_of_one(
    documents: dict[str, Document], questions: Sequence[tuple[str, Entry]], reader: SpanReader
) -> Iterator[Asking]:
    """Ask each question of its paragraph, and of another one that does not answer it."""
    settings, rng = Settings(model="bundled"), random.Random(11)
    with tempfile.TemporaryDirectory() as folder:

        @lru_cache
        def alone(doc_id: str) -> Retriever:
            index = Path(folder) / sha256(doc_id.encode()).hexdigest()
            build_index([documents[doc_id]], index, settings=settings)
            return Retriever.load(index, settings=settings)

        for name, entry in questions:
            others = without_answers(documents.values(), entry)
            ids = [one.doc_id for one in others if one.doc_id != entry["context_id"]]
            if not ids:
                continue
            own, other = (
                alone(doc_id).search(entry["question"])
                for doc_id in (entry["context_id"], rng.choice(ids))
            )
            asked = understand(str(own[0].parts["searched"]))[0]
            found, without = ranked(reader, asked, own), ranked(reader, asked, other)
            yield Asking(name, entry, asked, entry["question"], found, without)


def _told(asked: Sequence[Asking]) -> dict[str, Any]:
    with_it = np.array([one.sure(one.found) for one in asked])
    without = [one.sure(one.without) for one in asked if one.without]
    right = np.array([one.holds(one.found[0].candidate) for one in asked])
    labels = [1] * len(with_it) + [0] * len(without)
    return {
        "set": asked[0].data_set,
        "questions": len(asked),
        "AUROC": roc_auc_score(labels, [*with_it, *without]),
        "the first candidate holds the answer": right.mean(),
        "of those, answered": (with_it[right] >= THRESHOLD).mean(),
    }


def _answered(asked: Sequence[Asking]) -> float:
    return _share([one.sure(one.without) for one in asked if one.without])


def _answered_near(asked: Sequence[Asking]) -> float:
    return _share([one.sure(one.near_misses) for one in asked if one.near_misses])


def _share(sure: Sequence[float]) -> float:
    return float((np.array(sure) >= THRESHOLD).mean())


if __name__ == "__main__":
    main()
