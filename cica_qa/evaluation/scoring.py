"""Scores of outcomes: reading, citing and abstaining one by one, and retrieval in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from cica_qa.evaluation.reading import citation_scores, exact_match, f1, holds, sentence_right
from cica_qa.evaluation.types import Outcome, Question, RunHit

RETRIEVAL = (nDCG @ 10, RR @ 10, R @ 1, R @ 5, R @ 10, Success @ 1, Success @ 5)
LOWER_IS_BETTER = frozenset({"Wrong refusal", "Wrong answer", "AURC"})
_BATCH = 1000
_LARGE = 1e30


def score(outcome: Outcome) -> Outcome:
    """Return the outcome of an answering system with all its figures except retrieval's.

    An error scores all zeros, like a wrong abstention.
    """
    question = outcome.question
    if not (question.golds or question.answerable is False):
        return outcome
    figures = _answerable(outcome) if is_answerable(question) else _unanswerable(outcome)
    return replace(outcome, figures=figures)


def is_answerable(question: Question) -> bool:
    """Return whether a question should be answered: as the set says, else if it has an answer."""
    return bool(question.golds) if question.answerable is None else question.answerable


def _answerable(outcome: Outcome) -> dict[str, float]:
    question, answered = outcome.question, not (outcome.abstained or outcome.error)
    golds = [gold.text for gold in question.golds]
    if not golds:  # answerable, but the set gives no answer
        return {"Wrong refusal": float(not answered)}
    held = holds(outcome.answer, golds, question.all_of) if answered else 0.0
    if question.all_of:  # one answer in several parts
        golds = [" ".join(golds)]
    figures = {
        "EM": exact_match(outcome.span, golds),
        "F1": f1(outcome.span, golds),
        "EM (MLQA)": exact_match(outcome.span, golds, "mlqa"),
        "F1 (MLQA)": f1(outcome.span, golds, "mlqa"),
        "Holds": held,
        "Sentence": sentence_right(outcome.cited, question.golds),
        "Right": held,
        "Wrong refusal": float(outcome.abstained),
        "Wrong answer": float(answered and held < 1),
    }
    precision, recall = citation_scores(outcome.cited, question.golds, question.all_of)
    if outcome.cited:
        figures["Citation precision"] = precision
    figures["Citation recall"] = recall
    return figures


def _unanswerable(outcome: Outcome) -> dict[str, float]:
    """Score an unanswerable question as SQuAD 2.0 does: 1 for an abstention, 0 for any answer."""
    right = float(outcome.abstained and not outcome.error)
    names = ("EM", "F1", "EM (MLQA)", "F1 (MLQA)", "Right")
    answered = float(not (outcome.abstained or outcome.error))
    return {**dict.fromkeys(names, right), "Wrong answer": answered}


def with_retrieval(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Yield outcomes with the retrieval metrics of ir-measures, if their question has judgements.

    A question without hits scores zero. Outcomes are processed in batches of a thousand.
    """
    waiting = iter(outcomes)
    while batch := list(islice(waiting, _BATCH)):
        judged = {str(at): one for at, one in enumerate(batch) if one.question.relevant}
        qrels = [
            Qrel(key, unit, grade)
            for key, one in judged.items()
            for unit, grade in one.question.relevant.items()
        ]
        run = [
            ScoredDoc(key, one.unit, rank)
            for key, outcome in judged.items()
            for one, rank in zip(outcome.found, decreasing_scores(outcome.found), strict=True)
        ]
        figures: dict[str, dict[str, float]] = {
            key: dict.fromkeys(map(str, RETRIEVAL), 0.0) for key in judged
        }
        if run:
            for metric in ir_measures.iter_calc(RETRIEVAL, qrels, run):
                figures[metric.query_id][str(metric.measure)] = float(metric.value)
        for at, one in enumerate(batch):
            own = figures.get(str(at), {})
            yield replace(one, figures={**own, **one.figures}) if own else one


def decreasing_scores(found: Sequence[RunHit]) -> list[float]:
    """Return the scores of hits, made strictly decreasing in single precision.

    trec_eval reads scores as floats and breaks ties by name, so each score that is not below the
    one before is lowered. If single precision cannot represent them, the negative ranks are used.
    """
    if not all(abs(one.score) < _LARGE for one in found):
        return [-float(rank) for rank in range(1, len(found) + 1)]
    scores: list[float] = []
    for one in found:
        score = np.float32(one.score)
        if scores:
            score = min(score, np.nextafter(np.float32(scores[-1]), np.float32(-np.inf)))
        scores.append(float(str(score)))  # the shortest decimal with this value
    return scores
