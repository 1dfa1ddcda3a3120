"""The training loop: the same on a CPU and on a GPU, resumable at any step."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from benchmarks.training.base import Base
from benchmarks.training.mixture import Draw, Shares
from benchmarks.training.network import Network
from benchmarks.training.pairs import UNKNOWN, Pair

CHECKPOINT = "checkpoint.pt"
BLOCK = 32
"""Steps whose pairs are drawn together, so that pairs of like length share a step."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: ``steps`` of about ``tokens`` tokens each, drawn from sets by ``shares``.

    The learning rate rises over ``warm_up`` steps, stays, and falls to 0 over the last ``decay``.
    """

    steps: int
    shares: Shares = field(default_factory=dict)
    tokens: int = 2048
    rate: float = 1.2e-4
    head_rate: float = 1e-3
    warm_up: int = 100
    decay: int = 0
    average: float = 0.995
    dropout: float = 0.1
    verdict_weight: float = 0.5
    answerable_weight: float = 0.5
    frozen: int = 0
    seed: int = 13


def train(
    base: Base,
    network: Network,
    sources: tuple[Sequence[Draw], Sequence[float]],
    recipe: Recipe,
    folder: Path,
    every: int = 50,
    seconds: float = float("inf"),
) -> Network:
    """Train a network and return the running average of its weights.

    What was reached is kept in ``folder`` after each ``every`` steps, and gone on from. Each block
    of steps is drawn by its number. Stops after ``recipe.steps``, or after ``seconds``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)  # small moments would slow the optimizer down
    network = network.to(base.device).train().drop(recipe.dropout)
    averaged = deepcopy(network).eval()
    heads = [
        *network.head.parameters(),
        *network.answerable.parameters(),
        *network.verdict.parameters(),
        network.segments,
    ]
    layers = [p for p in network.layers.parameters() if p.requires_grad]
    groups = [{"params": layers}, {"params": heads, "lr": recipe.head_rate}]
    optimizer = torch.optim.AdamW(groups, recipe.rate, weight_decay=0.01, fused=True)
    rates = [recipe.rate, recipe.head_rate]
    step, seen = 0, 0
    kept = folder / CHECKPOINT
    if kept.exists():
        state = torch.load(kept, map_location=base.device, weights_only=True)
        step, seen = state["step"], state["seen"]
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
    begun, losses, since = time.perf_counter(), [], step
    for pairs in _steps(sources, recipe, step):
        if step >= recipe.steps or time.perf_counter() - begun > seconds:
            break
        torch.manual_seed(recipe.seed + step)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * _share(step, recipe)
        loss, parts = _loss(base, network, pairs, recipe)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + len(pairs)
        _average(averaged, network, min(recipe.average, step / (step + 10)))
        losses.append(parts)
        if step % every == 0 or step == recipe.steps:
            _keep(kept, step, seen, network, averaged, optimizer)
            means = [sum(values) / len(values) for values in zip(*losses, strict=True)]
            names = ("span", "answerable", "verdict")
            took = (time.perf_counter() - begun) / (step - since)
            note = {
                "step": step,
                "pairs": seen,
                **dict(zip(names, means, strict=True)),
                "s/step": took,
            }
            print(json.dumps({k: round(v, 3) for k, v in note.items()}), flush=True)
            losses.clear()
    if losses:
        _keep(kept, step, seen, network, averaged, optimizer)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n")
    return averaged


def _share(step: int, recipe: Recipe) -> float:
    risen = min(1.0, (step + 1) / recipe.warm_up) if recipe.warm_up else 1.0
    left = (recipe.steps - step) / recipe.decay if recipe.decay else 1.0
    return min(risen, left)


def _steps(
    sources: tuple[Sequence[Draw], Sequence[float]], recipe: Recipe, first: int
) -> Iterator[list[Pair]]:
    """Yield the pairs of each step from ``first`` on."""
    draws, shares = sources
    for block in count(first // BLOCK):
        rng = random.Random(f"{recipe.seed} {block}")
        pairs: list[Pair] = []
        while sum(len(pair.ids) for pair in pairs) < BLOCK * recipe.tokens:
            chosen = rng.choices(draws, shares, k=BLOCK)
            pairs += [pair for draw in chosen if (pair := draw(rng))]
        pairs.sort(key=lambda pair: len(pair.ids))
        batches: list[list[Pair]] = [[]]
        room = sum(len(pair.ids) for pair in pairs) / BLOCK
        for pair in pairs:
            if sum(len(one.ids) for one in batches[-1]) >= room and len(batches) < BLOCK:
                batches.append([])
            batches[-1].append(pair)
        rng.shuffle(batches)
        yield from batches[first % BLOCK if block == first // BLOCK else 0 :]


def _loss(
    base: Base, network: Network, pairs: Sequence[Pair], recipe: Recipe
) -> tuple[Tensor, tuple[float, ...]]:
    """Return the loss of a step, and its three parts."""
    spans, answerable, verdict = network(base, pairs)
    device = base.device
    starts = torch.tensor([pair.start for pair in pairs], device=device)
    ends = torch.tensor([pair.end for pair in pairs], device=device)
    ignored = {"ignore_index": UNKNOWN, "reduction": "sum"}
    told = max(1, int((starts != UNKNOWN).sum()))
    span = (
        cross_entropy(spans[..., 0], starts, **ignored)
        + cross_entropy(spans[..., 1], ends, **ignored)
    ) / (2 * told)
    answers = torch.tensor([float(pair.answerable) for pair in pairs], device=device)
    exists = binary_cross_entropy_with_logits(answerable, answers)
    verdicts = torch.tensor([pair.verdict for pair in pairs], device=device)
    weights = torch.tensor([1.0 if pair.asks_verdict else 0.1 for pair in pairs], device=device)
    said = (cross_entropy(verdict, verdicts, reduction="none") * weights).sum() / len(pairs)
    loss = span + recipe.answerable_weight * exists + 2 * recipe.verdict_weight * said
    return loss, (span.item(), exists.item(), said.item())


@torch.no_grad()
def _average(averaged: Network, network: Network, decay: float) -> None:
    for kept, new in zip(averaged.parameters(), network.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)


def _keep(
    place: Path,
    step: int,
    seen: int,
    network: Network,
    averaged: Network,
    optimizer: torch.optim.Optimizer,
) -> None:
    state = {
        "step": step,
        "seen": seen,
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    new = place.with_suffix(".new")
    torch.save(state, new)
    new.replace(place)
