"""The cheapest tuning: a square matrix after the encoder, regularised towards the identity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from benchmarks.tune_encoder.material import Batch, Examples
from benchmarks.tune_encoder.states import Vectors

BATCH, HARD, EPOCHS = 256, 4, 8
RATE, SCALE_RATE = 2e-4, 0.02
TEMPERATURE = 0.02
DIALECT_WEIGHT = 0.2


@dataclass(frozen=True, slots=True)
class Recipe:
    """``queries_only`` leaves passages unchanged; ``stay`` is the weight of the regularisation."""

    queries_only: bool
    stay: float

    def __str__(self) -> str:
        place = "questions only" if self.queries_only else "questions and passages"
        return f"adapter on {place}, pull {self.stay:g}"


RECIPES = (Recipe(False, 0.3), Recipe(False, 2.0), Recipe(True, 0.3), Recipe(True, 2.0))


def train_adapter(examples: Sequence[Examples], recipe: Recipe, seed: int) -> Tensor:
    """Return the matrix, shape ``(width, width)``, that maps vectors to tuned ones."""
    random = np.random.default_rng(seed)
    width = examples[0].material.rows.shape[1]
    change = torch.zeros(width, width, requires_grad=True)
    # Without a learnt scale, the matrix would bend vectors just to spread the cosines.
    scale = torch.tensor(math.log(1 / TEMPERATURE), requires_grad=True)
    optimizer = torch.optim.Adam(
        [{"params": [change], "lr": RATE}, {"params": [scale]}], SCALE_RATE
    )
    steps = EPOCHS * sum(len(one.questions) // BATCH for one in examples)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    identity = torch.eye(width)
    for _ in range(EPOCHS):
        epoch = [(one, b) for one in examples for b in one.batches(BATCH, HARD, random)]
        for at in random.permutation(len(epoch)):
            loss = _loss(identity + change, scale.exp(), *epoch[at], recipe)
            loss = loss + recipe.stay * change.square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return (identity + change).detach()


def apply_adapter(matrix: Tensor, vectors: Vectors) -> Vectors:
    """Return the tuned vectors, unit vectors of the same shape."""
    turned = vectors @ matrix.numpy().T
    unit: Vectors = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return unit


def _loss(
    matrix: Tensor, scale: Tensor, examples: Examples, batch: Batch, recipe: Recipe
) -> Tensor:
    material = examples.material

    def turned(vectors: Vectors) -> Tensor:
        return normalize(torch.from_numpy(vectors) @ matrix.T, dim=-1)

    queries = turned(material.questions[batch.questions])
    rows = material.rows[batch.candidates]
    candidates = torch.from_numpy(rows) if recipe.queries_only else turned(rows)
    loss = contrast(queries, candidates, batch, scale)
    if len(batch.dialect):
        dialect = turned(material.questions[batch.dialect])
        msa = turned(material.questions[batch.msa]).detach()
        loss = loss + DIALECT_WEIGHT * (1 - (dialect * msa).sum(1)).mean() / TEMPERATURE
    return loss


def contrast(
    queries: Tensor, candidates: Tensor, batch: Batch, scale: Tensor | float = 1 / TEMPERATURE
) -> Tensor:
    """Return the cross-entropy of each question's positive among all allowed candidates."""
    scores = queries @ candidates.T * scale
    scores = scores.masked_fill(~torch.from_numpy(batch.allowed), -torch.inf)
    return cross_entropy(scores, torch.arange(len(queries)))
