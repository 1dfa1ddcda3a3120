"""The joint network against one with frozen lower layers that encode each text separately."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.training.as_reader import as_reader
from benchmarks.training.base import Base
from benchmarks.training.held_out import span_sets
from benchmarks.training.measure import Row, spans_row
from benchmarks.training.recipes import TRUNK
from benchmarks.training.train import CHECKPOINT, Kept, Sources, stage

FROZEN = {"joint": 0, "split": 6}
TURN = 5
"""Minutes of training before the other's turn, so that both run under the same load."""


def compare(
    base: Base,
    sources: Callable[[], Sources],
    work: Path,
    data: Path,
    minutes: float,
    sample: int | None,
) -> list[Row]:
    """Train both on the same pairs for ``minutes`` each, and return their results."""
    reached = 0.0
    while reached < minutes:
        reached = min(reached + TURN, minutes)
        for name, frozen in FROZEN.items():
            recipe = replace(TRUNK, frozen=frozen)
            stage(base, sources, recipe, work / name, seconds=60 * reached)
    sets = span_sets(data, sample)
    rows = []
    for name, frozen in FROZEN.items():
        kept = Kept.read(work / name / CHECKPOINT)
        reader = as_reader(base, kept.network(base, frozen))
        scores = {of: spans_row(reader, of, own)["F1"] for of, own in sets.items()}
        rows.append({"network": name, "steps": kept.step, "pairs": kept.pairs, **scores})
    return rows
