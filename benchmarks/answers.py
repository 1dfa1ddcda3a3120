"""The first answerer: is the cited sentence the right one, and how honest is its confidence.

Every question is asked twice over the contexts of all sets together: as it is, and with its
own context, the contexts of the same title and every context that holds an answer left out,
so that the right reply is to abstain. The confidence is a logistic regression over the
evidence of the best candidate; the table shows it fitted without the set it is tested on. The
weights fitted on all sets are those in ``cica_qa/answer/abstain.py``.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from benchmarks._common import data_folder, read_jsonl, write_results
from cica_qa import Document, Retriever, build_index
from cica_qa.answer.extract import Candidate, candidates
from cica_qa.arabic.normalize import Normalizer

SETS = ("xquad_ar", "arcd_train", "ardqa_dev")
ENGLISH = "xquad in English"
QUESTIONS = 250
WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass
class Asked:
    """A question with its ranked candidates over the whole pool and with the gold left out."""

    data_set: str
    entry: dict[str, Any]
    found: list[Candidate]
    without: list[Candidate]


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    entries = {name: _answerable(read_jsonl(folder / f"{name}.jsonl")) for name in SETS}
    with tempfile.TemporaryDirectory() as index:
        documents = {
            entry["context_id"]: Document(entry["context_id"], entry["title"], entry["context"])
            for rows in entries.values()
            for entry in rows
        }
        build_index(documents.values(), index)
        retriever = Retriever.load(index)
        entries[ENGLISH] = _english(folder, entries["xquad_ar"])
        asked = [
            _ask(retriever, documents, name, entry)
            for name, rows in entries.items()
            for entry in random.Random(5).sample(rows, QUESTIONS)
        ]
    write_results(
        "answers",
        {
            "The cited sentence holds the answer, by weight of coverage": sentence_accuracy(asked),
            "Abstention, each set with weights fitted on the others": abstention(asked),
        },
    )


def sentence_accuracy(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    rows = []
    for weight in WEIGHTS:
        row: dict[str, Any] = {"weight": weight}
        for name in (*SETS, ENGLISH):
            mine = [item for item in asked if item.data_set == name]
            best = [
                max(item.found, key=lambda c, w=weight: c.cosine + w * c.coverage) for item in mine
            ]
            row[name] = float(np.mean([_is_right(*pair) for pair in zip(best, mine, strict=True)]))
        rows.append({**row, "mean": float(np.mean([row[name] for name in SETS]))})
    return rows


def abstention(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    arabic = [item for item in asked if item.data_set != ENGLISH]
    rows = []
    for name in SETS:
        train = [item for item in arabic if item.data_set != name]
        test = [item for item in arabic if item.data_set == name]
        rows.append(_row(name, *_fit(train, 2), *_evidence(test, 2)))
    rows.append(_row("Arabic, fitted on all three", *_fit(arabic, 2), *_evidence(arabic, 2)))
    english = [item for item in asked if item.data_set == ENGLISH]
    features, labels = _evidence(english, 1)
    sure = cross_val_predict(_model(), features, labels, cv=5, method="predict_proba")[:, 1]
    rows.append(_row("English, five-fold", _fit(english, 1)[0], sure, features, labels))
    return rows


def _fit(asked: Sequence[Asked], columns: int) -> tuple[LogisticRegression, None]:
    return _model().fit(*_evidence(asked, columns)), None


def _model() -> LogisticRegression:
    return LogisticRegression(C=100, max_iter=5000)


def _row(
    name: str,
    model: LogisticRegression,
    sure: np.ndarray | None,
    features: np.ndarray,
    labels: np.ndarray,
) -> dict[str, Any]:
    """One line of the table; ``sure`` where it was not ``model`` that judged."""
    if sure is None:
        sure = model.predict_proba(features)[:, 1]
    weights = [*model.coef_[0], 0.0][:2]
    return {
        "set": name,
        "AUROC": float(roc_auc_score(labels, sure)),
        "wrongly answered": float(np.mean(sure[labels == 0] >= 0.5)),
        "wrongly refused": float(np.mean(sure[labels == 1] < 0.5)),
        "bias": float(model.intercept_[0]),
        "cosine": float(weights[0]),
        "coverage": float(weights[1]),
    }


def _evidence(asked: Sequence[Asked], columns: int) -> tuple[np.ndarray, np.ndarray]:
    features, labels = [], []
    for item in asked:
        for found, label in ((item.found, 1), (item.without, 0)):
            if found:
                features.append((found[0].cosine, found[0].coverage))
                labels.append(label)
    return np.array(features)[:, :columns], np.array(labels)


def _is_right(candidate: Candidate, item: Asked) -> bool:
    spans = zip(item.entry["answer_starts"], item.entry["answers"], strict=True)
    return candidate.hit.passage.doc_id == item.entry["context_id"] and any(
        candidate.span.start <= start and start + len(answer) <= candidate.span.end
        for start, answer in spans
    )


def _ask(
    retriever: Retriever, documents: dict[str, Document], name: str, entry: dict[str, Any]
) -> Asked:
    normalizer = Normalizer()
    question = entry["question"]
    others = [
        document.doc_id
        for document in documents.values()
        if document.title != entry["title"]
        and not any(answer in document.text for answer in entry["answers"])
    ]
    found = candidates(question, retriever.search(question), normalizer)
    without = candidates(question, retriever.search(question, documents=others), normalizer)
    return Asked(name, entry, found, without)


def _english(folder: Path, arabic: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The English originals of XQuAD's Arabic questions, with the Arabic gold."""
    other = read_jsonl(folder / "xquad_other.jsonl")
    asked = {entry["qid"]: entry["question"] for entry in other if entry["language"] == "en"}
    return [{**entry, "question": asked[entry["qid"]]} for entry in arabic if entry["qid"] in asked]


def _answerable(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["answers"] and not entry.get("is_impossible")]


if __name__ == "__main__":
    main()
