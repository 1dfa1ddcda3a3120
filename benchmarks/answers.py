"""How good the answers are: the cited sentence, the span in it, and whether it knows what it lacks.

All with the weights in use; each set is read by a reader that never saw it. ``tune_answers`` has
the same with each set left out of the weights, too. See docs/benchmarks.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks._answer_evidence import Asking, ask_all, fold_readers, folders, group_of
from benchmarks._common import ARTICLE, ROOT, read_jsonl, write_results
from benchmarks._peers.environment import CACHE
from cica_qa import Answer, Pipeline, Retriever, Settings, Turn, build_index
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.evaluation.reading import exact_match, f1
from cica_qa.models.reader.reader import SpanReader

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
BINS = 5


def main() -> None:
    work, folder = folders(__doc__)
    readers = fold_readers(work)
    retriever, asked = ask_all(folder, readers)
    threshold = Settings().answer_threshold
    write_results(
        "answers",
        {
            "The answer to each question, whatever the confidence": _answers(
                retriever, readers, asked
            ),
            f"Refusing, at the default threshold of {threshold}": _refusing(asked, threshold),
            "Risk and coverage over all sets": _risk(asked),
            "How honest the confidence is": _reliability(asked),
            "The questions of the project's own article": _own(threshold),
        },
    )


# ---- answers -------------------------------------------------------------------------------


def _answers(
    retriever: Retriever, readers: Mapping[str, SpanReader], asked: Sequence[Asking]
) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(one.data_set for one in asked):
        always = ExtractiveAnswerer(0.0, readers[group_of(name)])
        own = [one for one in asked if one.data_set == name]
        best = [one.found[0].candidate for one in own]
        found = [always.answer(o.question, retriever.search(o.question)) for o in own]
        given = [
            always.answer(
                one.question,
                retriever.search(one.question, documents=[one.entry["context_id"]]),
            )
            for one in own
        ]
        golds = [one.entry["answers"] for one in own]
        rows.append(
            {
                "set": name,
                "cited sentence holds it": np.mean(
                    [one.right(c) for one, c in zip(own, best, strict=True)]
                ),
                "in any document": np.mean(
                    [one.holds(c) for one, c in zip(own, best, strict=True)]
                ),
                "EM": _mean(exact_match, found, golds),
                "F1": _mean(f1, found, golds),
                "EM, paragraph given": _mean(exact_match, given, golds),
                "F1, paragraph given": _mean(f1, given, golds),
            }
        )
    return rows


def _mean(metric: Any, answers: Sequence[Answer], golds: Sequence[Sequence[str]]) -> float:
    pairs = zip(map(span_of, answers), golds, strict=True)
    return float(np.mean([metric(span, own) for span, own in pairs]))


def span_of(answer: Answer) -> str:
    """The stretch of an answer that is highlighted, or all of it."""
    for citation in answer.citations:
        if citation.focus:
            start, end = citation.focus[0]
            return citation.quote[start - citation.start : end - citation.start]
    return answer.citations[0].quote if answer.citations else ""


# ---- refusing ------------------------------------------------------------------------------


def _refusing(asked: Sequence[Asking], threshold: float) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(one.data_set for one in asked):
        own = [one for one in asked if one.data_set == name]
        with_it = np.array([one.sure(one.found) for one in own])
        right = np.array([one.holds(one.found[0].candidate) for one in own])
        without = np.array([one.sure(one.without) for one in own if one.without])
        near = np.array([one.sure(one.near_misses) for one in own if one.near_misses])
        rows.append(
            {
                "set": name,
                "AUROC": _auc(with_it, without),
                "AUROC, near misses": _auc(with_it, near),
                "refused, of all with an answer": np.mean(with_it < threshold),
                "of those it would have got right": np.mean(with_it[right] < threshold),
                "answered, of those without": np.mean(without >= threshold),
                "of near misses": np.mean(near >= threshold),
            }
        )
    return rows


def _judged(asked: Sequence[Asking]) -> tuple[np.ndarray, np.ndarray]:
    """The confidence of every answer and whether it was right; half have no right answer."""
    sure, right = [], []
    for one in asked:
        sure += [one.sure(one.found), one.sure(one.without)]
        right += [one.holds(one.found[0].candidate), False]
    return np.array(sure), np.array(right)


def _risk(asked: Sequence[Asking]) -> list[dict[str, Any]]:
    sure, right = _judged(asked)
    return [
        {
            "threshold": threshold,
            "answered": np.mean(sure >= threshold),
            "wrong, of those answered": 1 - np.mean(right[sure >= threshold]),
            "right answers refused": np.mean(sure[right] < threshold),
        }
        for threshold in THRESHOLDS
    ]


def _reliability(asked: Sequence[Asking]) -> list[dict[str, Any]]:
    """Against what the probability says: that the documents have the answer."""
    sure = np.array([o.sure(f) for o in asked for f in (o.found, o.without)])
    there = np.array([label for _ in asked for label in (True, False)])
    rows = []
    for low in np.arange(BINS) / BINS:
        inside = (sure >= low) & (sure < low + 1 / BINS)
        if inside.any():
            rows.append(
                {
                    "confidence": f"{low:.1f} to {low + 1 / BINS:.1f}",
                    "questions": int(inside.sum()),
                    "mean confidence": sure[inside].mean(),
                    "have an answer": there[inside].mean(),
                }
            )
    return rows


def _auc(positive: np.ndarray, negative: np.ndarray) -> float:
    labels = [1] * len(positive) + [0] * len(negative)
    return float(roc_auc_score(labels, [*positive, *negative]))


# ---- the article ---------------------------------------------------------------------------


def _own(threshold: float) -> list[dict[str, Any]]:
    index = CACHE / "indexes" / "article"
    build_index([ARTICLE], index, settings=Settings(model="bundled"))
    pipeline = Pipeline.load(index, settings=Settings(model="bundled", answer_threshold=threshold))
    groups: dict[str, list[tuple[bool, bool]]] = {}
    for row in read_jsonl(ROOT / "corpus" / "questions" / "cica.jsonl"):
        prior = row.get("prior_question")
        history = [Turn(prior, row["prior_answer"])] if prior else []
        answer = pipeline.ask(row["question"], history)
        holds = not answer.abstained and row["answerable"] and _holds(answer.text, row)
        groups.setdefault(_group(row), []).append((holds, answer.abstained))
    rows = []
    for name, found in groups.items():
        held, refused = (sum(column) for column in zip(*found, strict=True))
        rows.append({"group": name, "questions": len(found), "right": held, "refused": refused})
    answerable = [row for row in rows if row["group"] != "unanswerable"]
    total = {key: sum(row[key] for row in answerable) for key in ("questions", "right", "refused")}
    return [*rows, {"group": "all that can be answered", **total}]


def _group(row: dict[str, Any]) -> str:
    kind = str(row["type"])
    return kind if kind in ("typo", "english", "followup", "unanswerable") else str(row["dialect"])


def _holds(text: str, row: dict[str, Any]) -> bool:
    """The gold span, or all items of a gold list."""
    golds = row["gold_answers"]
    if row["type"] in ("list", "multi") or row["gold_answer"].startswith("•"):
        return all(gold in text for gold in golds)
    return any(gold in text for gold in golds if len(gold) > 2)


if __name__ == "__main__":
    main()
