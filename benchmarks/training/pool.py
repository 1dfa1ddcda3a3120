"""The reader on the retriever's hits, over the passages of all sets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from sklearn.metrics import roc_auc_score

from benchmarks._peers.environment import CACHE
from benchmarks.training.held_out import POOL, holds
from benchmarks.training.sets import Question, read_lines
from cica_qa import Document, Hit, Retriever, Settings, build_index
from cica_qa.models.reader.reader import SpanReader
from cica_qa.retrieve.rerank import RERANKED, reranked

HITS = 5
"""The number of hits that are read to decide whether one answers."""
Row = dict[str, Any]


def pool_table(reader: SpanReader, data: Path, sets: Mapping[str, Sequence[Question]]) -> list[Row]:
    """Return RR@10 before and after reranking, and the AUROC of answerability.

    The AUROC is that of the most confident of the first hits: with all documents, against without
    those that answer and those with the same title.
    """
    documents = _documents(data)
    folder, settings = CACHE / "indexes" / "training", Settings(model="bundled")
    build_index(documents.values(), folder, settings=settings)
    retriever = Retriever.load(folder, settings=settings)
    rows = []
    for name, questions in sets.items():
        ranks: list[tuple[float, float]] = []
        surest: list[float] = []
        labels: list[int] = []
        for question in questions:
            own = _key(question.context)
            hits = retriever.search(question.question, RERANKED)
            ranks.append((_reciprocal(hits, own), _reciprocal(reranked(reader, hits), own)))
            lacking = [one.doc_id for one in documents.values() if _lacks(one, question, own)]
            without = retriever.search(question.question, HITS, documents=lacking)
            for found, label in ((hits[:HITS], 1), (without, 0)):
                surest.append(_surest(reader, question.question, found))
                labels.append(label)
        before, after = (mean(own) for own in zip(*ranks, strict=True))
        rows.append(
            {
                "set": name,
                "questions": len(questions),
                f"RR@{RERANKED}": before,
                f"RR@{RERANKED}, reranked": after,
                "answerable, AUROC": float(roc_auc_score(labels, surest)),
            }
        )
    return rows


def _documents(data: Path) -> dict[str, Document]:
    rows = [row for name in POOL for row in read_lines(data / f"{name}.jsonl")]
    texts = [(row["title"], row["context"]) for row in rows]
    texts += [
        (row["title"], row["text"]) for row in read_lines(data / "wikipedia_distractors.jsonl")
    ]
    return {_key(text): Document(_key(text), title, text) for title, text in texts}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _lacks(document: Document, question: Question, own: str) -> bool:
    if document.doc_id == own or document.text in question.others:
        return False
    return not holds(document.text, question.answers)


def _surest(reader: SpanReader, question: str, hits: Sequence[Hit]) -> float:
    readings = reader.read(question, [hit.passage.text for hit in hits])
    return max((reading.answerable for reading in readings), default=0.0)


def _reciprocal(hits: Sequence[Hit], doc_id: str) -> float:
    ranks = [hit.rank for hit in hits if hit.passage.doc_id == doc_id]
    return 1 / ranks[0] if ranks and ranks[0] <= RERANKED else 0.0
