"""The training loop: the same on a CPU and on a GPU, and after an interruption."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.training.base import Base
from benchmarks.training.examples import Example, Pair, draw
from benchmarks.training.network import Network

CHECKPOINT = "checkpoint.pt"
BLOCK = 64
"""Batches that are drawn together, so that pairs of like length share a batch."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. ``shares`` says what part of the pairs each group of examples gives."""

    steps: int
    shares: Mapping[str, float]
    batch: int = 16
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    warm_up: int = 100
    end: float = 0.0
    nothing: float = 0.35
    average: float = 0.995
    dropout: float = 0.0
    seed: int = 13


def train(
    base: Base,
    network: Network,
    examples: Sequence[Example],
    recipe: Recipe,
    folder: Path,
    every: int = 100,
) -> Network:
    """Train a network on and return the running average of its weights.

    What was reached is kept in ``folder`` after each ``every`` steps; training goes on from it.
    Each step draws its pairs by its number, so an interruption changes nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = network.to(base.device).train().drop(recipe.dropout)
    averaged = deepcopy(network).eval()
    head = [*network.head.parameters(), network.segments]
    groups = [{"params": network.layers.parameters()}, {"params": head, "lr": recipe.head_rate}]
    optimizer = torch.optim.AdamW(groups, recipe.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step, recipe))
    step = 0
    kept = folder / CHECKPOINT
    if kept.exists():
        state = torch.load(kept, map_location=base.device, weights_only=True)
        step = state["step"]
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
    begun, losses = time.perf_counter(), []
    for pairs in islice(_batches(base, examples, recipe, step), recipe.steps - step):
        torch.manual_seed(recipe.seed + step)
        loss = _loss(base, network, pairs)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        step += 1
        _average(averaged, network, min(recipe.average, step / (step + 10)))
        losses.append(loss.item())
        if step % every == 0 or step == recipe.steps:
            _keep(kept, step, network, averaged, optimizer, schedule)
            note = {
                "step": step,
                "loss": sum(losses) / len(losses),
                "seconds": time.perf_counter() - begun,
            }
            print(json.dumps({k: round(v, 3) for k, v in note.items()}), flush=True)
            losses.clear()
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n")
    return averaged


def _share(step: int, recipe: Recipe) -> float:
    if step < recipe.warm_up:
        return (step + 1) / recipe.warm_up
    left = (recipe.steps - step) / (recipe.steps - recipe.warm_up)
    return recipe.end + (1 - recipe.end) * max(left, 0.0)


def _batches(
    base: Base, examples: Sequence[Example], recipe: Recipe, first: int
) -> Iterator[list[Pair]]:
    sizes = Counter(example.group for example in examples)
    weights = [recipe.shares[example.group] / sizes[example.group] for example in examples]
    block = first // BLOCK
    skip = first % BLOCK
    while True:
        rng = random.Random(f"{recipe.seed} {block}")
        pairs: list[Pair] = []
        while len(pairs) < BLOCK * recipe.batch:
            chosen = rng.choices(examples, weights, k=BLOCK)
            drawn = (draw(example, base.tokenizer, rng, recipe.nothing) for example in chosen)
            pairs += [pair for pair in drawn if pair]
        pairs = sorted(pairs[: BLOCK * recipe.batch], key=lambda p: len(p.window.ids))
        batches = [pairs[at : at + recipe.batch] for at in range(0, len(pairs), recipe.batch)]
        rng.shuffle(batches)
        yield from batches[skip:]
        block, skip = block + 1, 0


def scores(base: Base, network: Network, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Return the scores of starts and ends, shape ``(pairs, 1 + tokens)``, nothing first."""
    questions = base.states([pair.question for pair in pairs])
    texts = base.states([pair.window.ids for pair in pairs])
    inside = [torch.tensor([b > a for a, b in pair.window.places]) for pair in pairs]
    result: tuple[Tensor, Tensor] = network(questions, texts, inside)
    return result


def _loss(base: Base, network: Network, pairs: Sequence[Pair]) -> Tensor:
    start, end = scores(base, network, pairs)
    starts = torch.tensor([pair.start for pair in pairs], device=base.device)
    ends = torch.tensor([pair.end for pair in pairs], device=base.device)
    return (cross_entropy(start, starts) + cross_entropy(end, ends)) / 2


@torch.no_grad()
def _average(averaged: Network, network: Network, decay: float) -> None:
    for kept, new in zip(averaged.parameters(), network.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)


def _keep(
    place: Path,
    step: int,
    network: Network,
    averaged: Network,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> None:
    state = {
        "step": step,
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
    }
    new = place.with_suffix(".new")
    torch.save(state, new)
    new.replace(place)
