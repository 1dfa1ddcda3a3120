"""What the trained reader adds to the rules, each set read by a reader that never saw it.

With the weights in use, through the answerer that the pipeline uses. Needs the weights of the
folds, which ``python -m benchmarks.training`` leaves in ``CACHE/reader`` or ``--work``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import mean, median
from time import perf_counter
from typing import Any

from sklearn.metrics import roc_auc_score

from benchmarks._answer_evidence import (
    Entry,
    fold_readers,
    folders,
    group_of,
    pool_retriever,
    question_sets,
)
from benchmarks._common import write_results
from benchmarks.answers import span_of
from cica_qa import Answer, Document, Hit, Retriever
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.evaluation.reading import exact_match, f1
from cica_qa.models.reader.reader import SpanReader
from cica_qa.retrieve.rerank import RERANKED, reranked

SAMPLE = {"xquad_ar": 130, "arcd_train": 150, "xquad in English": 60, "xquad misspelt": 40}
SAMPLE_OF_DIALECT = 28
TIMED = "xquad_ar"
Row = dict[str, Any]


def main() -> None:
    work, folder = folders(__doc__)
    retriever, documents = pool_retriever(folder)
    answered, ordered = [], []
    seconds: dict[str, list[float]] = {}
    for fold, reader in fold_readers(work).items():
        for name, entries in question_sets(folder).items():
            if group_of(name) != fold:
                continue
            rows = entries[: SAMPLE.get(name, SAMPLE_OF_DIALECT)]
            if name == TIMED:  # before the rest: what was read once is read faster
                seconds = _timed(retriever, reader, rows)
            ordered.append({"set": name, **_order(retriever, reader, rows)})
            answered.append({"set": name, **_answers(retriever, documents, reader, rows)})
    write_results(
        "reader",
        {
            "The rules, and the rules with the reader": answered,
            f"Reranking the first {RERANKED}": ordered,
            "Milliseconds from hits to an answer, medians": [
                {"questions": len(next(iter(seconds.values())))}
                | {side: median(own) * 1000 for side, own in seconds.items()}
            ],
        },
    )


def _answers(
    retriever: Retriever,
    documents: dict[str, Document],
    reader: SpanReader,
    rows: Sequence[Entry],
) -> Row:
    found = [retriever.search(row["question"]) for row in rows]
    without = [
        retriever.search(row["question"], documents=list(_others(documents, row))) for row in rows
    ]
    table: Row = {"questions": len(rows)}
    for side, answerer in (
        ("rules", ExtractiveAnswerer(0.0)),
        ("reader", ExtractiveAnswerer(0.0, reader)),
    ):
        answers = _asked(answerer, rows, found)
        pairs = [
            (span_of(answer), row["answers"]) for answer, row in zip(answers, rows, strict=True)
        ]
        lacking = [answer.confidence for answer in _asked(answerer, rows, without)]
        sure = [answer.confidence for answer in answers]
        labels = [1] * len(sure) + [0] * len(lacking)
        table |= {
            f"EM, {side}": mean(exact_match(said, golds) for said, golds in pairs),
            f"F1, {side}": mean(f1(said, golds) for said, golds in pairs),
            f"cited holds it, {side}": mean(
                any(gold in citation.quote for citation in answer.citations for gold in golds)
                for answer, (_, golds) in zip(answers, pairs, strict=True)
            ),
            f"AUROC, {side}": float(roc_auc_score(labels, [*sure, *lacking])),
        }
    return table


def _asked(
    answerer: ExtractiveAnswerer, rows: Sequence[Entry], found: Sequence[list[Hit]]
) -> list[Answer]:
    return [answerer.answer(row["question"], hits) for row, hits in zip(rows, found, strict=True)]


def _others(documents: dict[str, Document], row: Entry) -> Iterator[str]:
    """The documents that do not answer a question."""
    for document in documents.values():
        holds = any(answer in document.text for answer in row["answers"])
        if document.title != row["title"] and not holds:
            yield document.doc_id


def _timed(
    retriever: Retriever, reader: SpanReader, rows: Sequence[Entry]
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = defaultdict(list)
    rules, both = ExtractiveAnswerer(0.0), ExtractiveAnswerer(0.0, reader)
    for row in rows:
        hits = retriever.search(row["question"])
        for side, answerer in (("rules", rules), ("reader", both), ("reader, read before", both)):
            reader._scored.cache_clear()  # what it made of this question before
            reader._asked.cache_clear()
            started = perf_counter()
            answerer.answer(row["question"], hits)
            seconds[side].append(perf_counter() - started)
    return seconds


def _order(retriever: Retriever, reader: SpanReader, rows: Sequence[Entry]) -> Row:
    before, after = [], []
    for row in rows:
        hits = retriever.search(row["question"], RERANKED)
        before.append(_reciprocal(hits, row))
        after.append(_reciprocal(reranked(reader, hits), row))
    return {"questions": len(rows), "RR@10": mean(before), "RR@10, reranked": mean(after)}


def _reciprocal(hits: Sequence[Hit], row: Entry) -> float:
    ranks = [hit.rank for hit in hits if hit.passage.doc_id == row["context_id"]]
    return 1 / ranks[0] if ranks else 0.0


if __name__ == "__main__":
    main()
