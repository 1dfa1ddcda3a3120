"""The training loop, for CPU and GPU, resumable at any checkpoint."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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

CHECKPOINT, CHECKPOINT_EVERY = "checkpoint.pt", 50
BLOCK = 32
"""Steps whose pairs are drawn together, so that each step has pairs of similar length."""
KEPT_APART = 500
"""Steps after which the averaged weights are saved in a separate file."""
Sources = tuple[Sequence[Draw], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: ``steps`` of about ``tokens`` tokens each, drawn from sets by ``shares``.

    The learning rate rises over ``warm_up`` steps, stays constant, and falls to 0 over the last
    ``decay`` steps.
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
    verdict_weight: float = 1.0
    answerable_weight: float = 0.5
    frozen: int = 0
    seed: int = 13


def train(
    base: Base,
    network: Network,
    sources: Sources,
    recipe: Recipe,
    folder: Path,
    begin: Path | None = None,
    seconds: float = float("inf"),
) -> Network:
    """Train a network and return the running average of its weights.

    A checkpoint is written to ``folder`` every ``CHECKPOINT_EVERY`` steps, and training resumes
    from it. The first time, it starts with the weights and the optimizer state of the stage in
    ``begin``, if given. Each block of steps is drawn by its number, so that an interruption
    changes nothing. Training stops after ``recipe.steps``, or after ``seconds`` in total.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(base, network, recipe, folder)
    run.resume(begin)
    losses: list[tuple[float, ...]] = []
    first, spent, since = run.step, run.seconds, time.perf_counter()
    for pairs in _steps(sources, recipe, run.step):
        if run.step >= recipe.steps or run.seconds >= seconds:
            break
        losses.append(run.learn(pairs))
        run.seconds = spent + time.perf_counter() - since
        if run.step % KEPT_APART == 0:
            run.keep_apart()
        if run.step % CHECKPOINT_EVERY == 0 or run.step == recipe.steps:
            run.keep()
            _note(run, losses, (run.seconds - spent) / (run.step - first))
            losses.clear()
    if losses:
        run.keep()
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n")
    return run.averaged


def stage(
    base: Base,
    sources: Callable[[], Sources],
    recipe: Recipe,
    folder: Path,
    begin: Path | None = None,
    seconds: float = float("inf"),
) -> Network:
    """Return the averaged network of a stage, completing its training if necessary.

    ``sources`` is called only if there is something left to train.
    """
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists():
        kept = Kept.read(checkpoint)
        if kept.step >= recipe.steps or kept.seconds >= seconds:
            return kept.network(base, recipe.frozen)
    torch.manual_seed(recipe.seed)
    network = Network(base, recipe.frozen)
    return train(base, network, sources(), recipe, folder, begin, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Kept:
    """The averaged weights that a stage saved, and its steps, pairs and seconds so far."""

    tensors: dict[str, Tensor]
    step: int
    pairs: int
    seconds: float

    @classmethod
    def read(cls, file: Path) -> Kept:
        """Read a stage's checkpoint, or weights that were saved separately before it."""
        state = torch.load(file, map_location="cpu", weights_only=True)
        tensors = {name: values.float() for name, values in state["averaged"].items()}
        return cls(tensors, state["step"], state["seen"], state.get("seconds", 0.0))

    def network(self, base: Base, frozen: int = 0) -> Network:
        """Return a network with these weights."""
        network = Network(base, frozen)
        network.load_state_dict(self.tensors)
        return network.to(base.device).eval()


class _Run:
    """A network in training, with its optimizer, its running average and its progress."""

    def __init__(self, base: Base, network: Network, recipe: Recipe, folder: Path) -> None:
        self.base, self.recipe, self.folder = base, recipe, folder
        self.network = network.to(base.device).train().drop(recipe.dropout)
        self.averaged = deepcopy(self.network).eval()
        self.step, self.seen, self.seconds = 0, 0, 0.0
        heads = [
            *network.head.parameters(),
            *network.answerable.parameters(),
            *network.verdict.parameters(),
            network.segments,
        ]
        layers = [p for p in network.layers.parameters() if p.requires_grad]
        groups = [{"params": layers}, {"params": heads, "lr": recipe.head_rate}]
        self.optimizer = torch.optim.AdamW(groups, recipe.rate, weight_decay=0.01, fused=True)

    def resume(self, begin: Path | None) -> None:
        """Resume from the folder's checkpoint, or start from that of another stage."""
        own = self.folder / CHECKPOINT
        place = own if own.exists() or begin is None else begin / CHECKPOINT
        if not place.exists() and begin is None:
            return
        state = torch.load(place, map_location=self.base.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.averaged.load_state_dict(state["averaged" if place == own else "network"])
        self.seen = state["seen"]
        if place == own:
            self.step, self.seconds = state["step"], state.get("seconds", 0.0)

    def learn(self, pairs: Sequence[Pair]) -> tuple[float, ...]:
        """Take one training step and return the parts of its loss."""
        torch.manual_seed(self.recipe.seed + self.step)
        rates = self.recipe.rate, self.recipe.head_rate
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * _share(self.step, self.recipe)
        loss, parts = _loss(self.base, self.network, pairs, self.recipe)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step, self.seen = self.step + 1, self.seen + len(pairs)
        decay = min(self.recipe.average, self.step / (self.step + 10))
        _average(self.averaged, self.network, decay)
        return parts

    def keep(self) -> None:
        """Write a checkpoint with everything needed to resume."""
        _write(
            self.folder / CHECKPOINT,
            {
                "step": self.step,
                "seen": self.seen,
                "seconds": self.seconds,
                "network": self.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            },
        )

    def keep_apart(self) -> None:
        """Write the averaged weights, in 16 bits, to a separate file."""
        halves = {name: values.half() for name, values in self.averaged.state_dict().items()}
        state = {
            "step": self.step,
            "seen": self.seen,
            "seconds": self.seconds,
            "averaged": halves,
        }
        _write(self.folder / f"averaged-{self.step}.pt", state)


def _write(place: Path, state: dict[str, object]) -> None:
    new = place.with_suffix(".new")
    torch.save(state, new)
    new.replace(place)


def _note(run: _Run, losses: Sequence[tuple[float, ...]], seconds: float) -> None:
    means = [sum(values) / len(values) for values in zip(*losses, strict=True)]
    parts = dict(zip(("span", "answerable", "verdict"), means, strict=True))
    note = {"step": run.step, "pairs": run.seen, **parts, "s/step": seconds}
    print(json.dumps({name: round(value, 3) for name, value in note.items()}), flush=True)


def _share(step: int, recipe: Recipe) -> float:
    risen = min(1.0, (step + 1) / recipe.warm_up) if recipe.warm_up else 1.0
    left = (recipe.steps - step) / recipe.decay if recipe.decay else 1.0
    return min(risen, left)


def _steps(sources: Sources, recipe: Recipe, first: int) -> Iterator[list[Pair]]:
    """Yield the pairs of each step from ``first`` on, drawing the next block in the background."""
    begin = first // BLOCK
    with ThreadPoolExecutor(1) as drawing:
        coming = drawing.submit(_block, sources, recipe, begin)
        for block in count(begin):
            batches = coming.result()
            coming = drawing.submit(_block, sources, recipe, block + 1)
            yield from batches[first % BLOCK if block == begin else 0 :]


def _block(sources: Sources, recipe: Recipe, block: int) -> list[list[Pair]]:
    """Return the pairs of each step of a block, of similar length within a step."""
    draws, shares = sources
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
    return batches


def _loss(
    base: Base, network: Network, pairs: Sequence[Pair], recipe: Recipe
) -> tuple[Tensor, tuple[float, ...]]:
    """Return the loss of a step and its three parts."""
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
