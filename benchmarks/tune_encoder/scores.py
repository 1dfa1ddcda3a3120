"""Rankings from vectors, and paired differences between rankings with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from benchmarks.tune_encoder.sets import Pool, Question
from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.script import is_arabic_text

Scores = NDArray[np.float32]
Ranks = NDArray[np.intp]
# Weights of a cosine against a lexical score of 1: both ends of the range that works well.
COSINE_WEIGHTS = (8.0, 17.0)
RESAMPLES = 2000
_BLOCK = 256


def lexical_scores(pool: Pool) -> Scores:
    """Return BM25 summed over the analyzer's fields, divided by each question's best score.

    The shape is ``(questions, passages)``. Questions in another script than the passages share
    only numbers and names with them, so their scores are 0 and dense search decides.
    """
    analyzer = Analyzer()
    passages = [analyzer.passage_terms(text) for text in pool.passages]
    questions = [analyzer.question_terms(question.text) for question in pool.questions]
    total = np.zeros((len(questions), len(passages)), np.float32)
    for field in analyzer.fields:
        index = bm25s.BM25(k1=0.9, b=0.75, method="lucene")
        index.index([terms[field] for terms in passages], show_progress=False)
        for row, terms in enumerate(questions):
            total[row] += index.get_scores(terms[field])
    same_script = [is_arabic_text(question.text) == pool.arabic for question in pool.questions]
    return total / np.maximum(total.max(1, keepdims=True), 1e-9) * np.array(same_script)[:, None]


def dense_scores(questions: Scores, rows: Scores, first_rows: NDArray[np.intp]) -> Scores:
    """Return the cosine of the best child, shape ``(questions, passages)``."""
    scores = np.empty((len(questions), len(first_rows)), np.float32)
    for start in range(0, len(questions), _BLOCK):
        cosines = questions[start : start + _BLOCK] @ rows.T
        scores[start : start + _BLOCK] = np.maximum.reduceat(cosines, first_rows, axis=1)
    return scores


def fused_scores(dense: Scores, lexical: Scores, untuned: Scores, weight: float) -> Scores:
    """Return the fused scores: cosines times ``weight``, plus lexical scores up to 1.

    Tuning changes the spread of the cosines, and with it their weight. So they are rescaled to the
    spread of the ``untuned`` ones, and both encoders have the same fusion.
    """
    stretch = untuned.std(1).mean() / dense.std(1).mean()
    return weight * stretch * dense + lexical


def gold_ranks(scores: Scores, questions: Sequence[Question]) -> Ranks:
    """Return the rank, from 1, of the best gold passage of each question."""
    best = [row[list(question.gold)].max() for row, question in zip(scores, questions, strict=True)]
    return 1 + (scores > np.array(best)[:, None]).sum(1)


def reciprocal(ranks: Ranks) -> Scores:
    """Return RR@10 of each rank."""
    return np.where(ranks <= 10, 1 / ranks, 0).astype(np.float32)


def interval(
    differences: Scores, clusters: Sequence[str], random: np.random.Generator
) -> tuple[float, float, float]:
    """Return the mean of paired differences and its 95 % interval.

    Contexts are resampled as a whole (a cluster bootstrap), as their questions are correlated.
    """
    _, cluster = np.unique(clusters, return_inverse=True)
    sums, sizes = np.bincount(cluster, differences), np.bincount(cluster)
    drawn = random.integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)
