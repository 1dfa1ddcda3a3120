"""A pool prepared for training and measuring, and the training examples mined from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.tune_encoder.scores import Scores, dense_scores, lexical_scores
from benchmarks.tune_encoder.sets import Pool
from benchmarks.tune_encoder.states import Encoder, States, Vectors

DENSE_NEGATIVES = 8
LEXICAL_NEGATIVES = 4
_Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Material:
    """A pool with the hidden states, vectors and scores of the untuned encoder."""

    pool: Pool
    question_states: States
    row_states: States
    questions: Vectors
    rows: Vectors
    dense: Scores
    lexical: Scores

    @classmethod
    def prepare(cls, pool: Pool, encoder: Encoder, folder: Path) -> Material:
        """Compute the states of the lower layers, or read them from ``folder``."""
        texts = [question.text for question in pool.questions]
        asked = encoder.states(texts, encoder.query_prompt, folder / f"{pool.name}-questions")
        stored = encoder.states(pool.rows, encoder.passage_prompt, folder / f"{pool.name}-rows")
        questions = _kept(folder / f"{pool.name}-questions.npy", encoder, asked)
        rows = _kept(folder / f"{pool.name}-rows.npy", encoder, stored)
        dense = dense_scores(questions, rows, pool.first_rows)
        return cls(pool, asked, stored, questions, rows, dense, lexical_scores(pool))


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions with candidate rows: first each question's positive, then all negatives.

    ``allowed`` has shape ``(questions, candidates)`` and is false where a candidate belongs to
    a gold passage of the question without being its positive. ``dialect`` and ``msa`` are
    questions of the same meaning.
    """

    questions: _Rows
    candidates: _Rows
    allowed: NDArray[np.bool_]
    dialect: _Rows
    msa: _Rows


@dataclass(frozen=True, slots=True)
class Examples:
    """Parallel arrays with each question's positive row, hard negative rows and MSA partner.

    The partner of a dialect question is the same question in MSA; other questions have -1.
    """

    material: Material
    questions: _Rows
    positives: _Rows
    negatives: _Rows
    partners: _Rows

    @classmethod
    def mine(cls, material: Material, without: str) -> Examples:
        """Return the examples of a pool, except those of the set ``without``.

        Hard negatives are the highest-ranked passages of dense and lexical search that are not
        gold; each is represented by the row nearest to the question for the untuned encoder.
        """
        pool = material.pool
        bounds = np.append(pool.first_rows, len(pool.rows))
        msa = {q.pair: i for i, q in enumerate(pool.questions) if q.group == "ardqa_msa"}
        chosen = [i for i, question in enumerate(pool.questions) if question.fold != without]
        positives, negatives, partners = [], [], []
        for i in chosen:
            question = pool.questions[i]

            def row_of(passage: int, vector: Vectors = material.questions[i]) -> int:
                start, end = bounds[passage], bounds[passage + 1]
                return int(start + (material.rows[start:end] @ vector).argmax())

            gold = max(question.gold, key=lambda passage, i=i: material.dense[i, passage])
            hard = _best(material.dense[i], question.gold, DENSE_NEGATIVES)
            hard += _best(material.lexical[i], question.gold, LEXICAL_NEGATIVES)
            positives.append(row_of(gold))
            negatives.append([row_of(passage) for passage in hard])
            partners.append(-1 if question.group == "ardqa_msa" else msa.get(question.pair, -1))
        parts = (chosen, positives, negatives, partners)
        return cls(material, *(np.array(part, np.intp) for part in parts))

    def batches(self, size: int, hard: int, random: np.random.Generator) -> Iterator[Batch]:
        """Return one epoch of batches with ``hard`` negatives drawn for each question."""
        order = random.permutation(len(self.questions))
        for start in range(0, len(order) - size + 1, size):
            yield self._batch(order[start : start + size], hard, random)

    def _batch(self, chosen: _Rows, hard: int, random: np.random.Generator) -> Batch:
        picks = random.integers(0, self.negatives.shape[1], (len(chosen), hard))
        drawn = np.take_along_axis(self.negatives[chosen], picks, axis=1).ravel()
        candidates = np.concatenate([self.positives[chosen], drawn])
        pool = self.material.pool
        owners = np.array(pool.owners)[candidates]
        allowed = np.stack(
            [~np.isin(owners, pool.questions[i].gold) for i in self.questions[chosen]]
        )
        allowed[np.arange(len(chosen)), np.arange(len(chosen))] = True
        paired = self.partners[chosen] >= 0
        return Batch(
            self.questions[chosen],
            candidates,
            allowed,
            self.questions[chosen][paired],
            self.partners[chosen][paired],
        )


def _best(scores: Scores, gold: tuple[int, ...], count: int) -> list[int]:
    top = np.argpartition(-scores, count + len(gold))[: count + len(gold)]
    wrong = [int(p) for p in top[np.argsort(-scores[top])] if p not in gold]
    return wrong[:count]


def _kept(place: Path, encoder: Encoder, states: States) -> Vectors:
    if not place.exists():
        np.save(place, encoder.upper.encode(states))
    kept: Vectors = np.load(place)
    return kept
