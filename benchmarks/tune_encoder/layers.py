"""Tuning of the encoder's upper layers on cached states of the lower ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

import numpy as np
import torch

from benchmarks.tune_encoder.adapter import DIALECT_WEIGHT, TEMPERATURE, contrast
from benchmarks.tune_encoder.material import Batch, Examples
from benchmarks.tune_encoder.states import Upper

BATCH, HARD, STEPS, RATE, WARM_UP = 32, 1, 60, 5e-5, 0.1


def train_layers(examples: Sequence[Examples], upper: Upper, seed: int) -> Upper:
    """Return a tuned copy of ``upper``."""
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    tuned = deepcopy(upper).train()
    optimizer = torch.optim.AdamW(tuned.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / (WARM_UP * STEPS), (STEPS - step) / STEPS / (1 - WARM_UP)),
    )
    batches = _endless(examples, random)
    for _ in range(STEPS):
        source, batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            loss = _loss(tuned, source, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tuned.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return tuned.eval()


def blend(untuned: Upper, tuned: Upper, share: float) -> Upper:
    """Return the weighted mean of two networks; ``share`` is the weight of the tuned one."""
    mixed, other = deepcopy(untuned), tuned.state_dict()
    mixed.load_state_dict(
        {k: torch.lerp(v, other[k], share) for k, v in untuned.state_dict().items()}
    )
    return mixed.eval()


def _endless(
    examples: Sequence[Examples], random: np.random.Generator
) -> Iterator[tuple[Examples, Batch]]:
    while True:
        epoch = [(one, b) for one in examples for b in one.batches(BATCH, HARD, random)]
        for at in random.permutation(len(epoch)):
            yield epoch[at]


def _loss(upper: Upper, examples: Examples, batch: Batch) -> torch.Tensor:
    material = examples.material
    queries = upper.embed(material.question_states, batch.questions)
    candidates = upper.embed(material.row_states, batch.candidates)
    loss = contrast(queries, candidates, batch)
    if len(batch.dialect):
        place = {question: at for at, question in enumerate(batch.questions.tolist())}
        dialect = queries[[place[question] for question in batch.dialect.tolist()]]
        with torch.no_grad():
            msa = upper.embed(material.question_states, batch.msa)
        loss = loss + DIALECT_WEIGHT * (1 - (dialect * msa).sum(1)).mean() / TEMPERATURE
    return loss
