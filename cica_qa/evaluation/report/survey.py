"""What the report keeps of a set's outcomes: names of figures, worst failures, first rows."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from cica_qa.evaluation.types import Outcome
from cica_qa.types import Citation

MAX_FAILURES = 20
ERROR, WRONG, REFUSED, MISSED = range(4)
_RETRIEVAL = ("Success@5", "R@5", "RR@10", "R@10", "nDCG@10")


@dataclass(slots=True)
class Survey:
    """The part of a set's outcomes that the report keeps in memory.

    ``failures`` are pairs of a kind and an outcome, worst first; ``rows`` are the first outcomes
    and ``total`` is the number of all.
    """

    names: set[str] = field(default_factory=set)
    failures: list[tuple[int, Outcome]] = field(default_factory=list)
    rows: list[Outcome] = field(default_factory=list)
    total: int = 0


def survey(outcomes: Iterable[Outcome], limit: int) -> Survey:
    """Read the outcomes once, keeping the first ``limit`` of them as rows."""
    result = Survey()
    heap: list[tuple[int, float, int, Outcome]] = []
    for outcome in outcomes:
        result.total += 1
        result.names.update(outcome.figures)
        if len(result.rows) < limit:
            result.rows.append(outcome)
        kind = failure_kind(outcome)
        if kind is None or outcome.variant:
            continue
        sure = outcome.confidence if math.isfinite(outcome.confidence) else -1.0
        heapq.heappush(heap, (-kind, sure, -result.total, outcome))
        if len(heap) > MAX_FAILURES:
            heapq.heappop(heap)
    result.failures = [(-kind, outcome) for kind, _, _, outcome in sorted(heap, reverse=True)]
    return result


def failure_kind(outcome: Outcome) -> int | None:
    """Return how an outcome failed (ERROR, WRONG, REFUSED or MISSED); None if it did not."""
    figures = outcome.figures
    if outcome.error:
        return ERROR
    if outcome.abstained:
        if figures.get("Right") == 0 or figures.get("Wrong refusal") == 1:
            return REFUSED
    elif figures.get("Right") == 0 or figures.get("Wrong answer") == 1:
        return WRONG
    first = next((figures[name] for name in _RETRIEVAL if name in figures), 1.0)
    return MISSED if first == 0 else None


def outcome_state(outcome: Outcome) -> str:
    """Return the state of an outcome, which the page shows and filters by."""
    right = outcome.figures.get("Right")
    if outcome.error:
        return "error"
    judged = "" if right is None else "right" if right == 1 else "wrong"
    if outcome.abstained:
        return f"refused-{judged}".rstrip("-")
    return judged or "unjudged"


def focus_segments(cited: Citation) -> list[tuple[str, bool]]:
    """Split a quote into (text, whether it is in focus) segments."""
    parts, at = [], 0
    for first, last in sorted(cited.focus):
        start = max(at, first - cited.start)
        end = min(last - cited.start, len(cited.quote))
        if start < end:
            parts += [(cited.quote[at:start], False), (cited.quote[start:end], True)]
            at = end
    parts.append((cited.quote[at:], False))
    return [part for part in parts if part[0]]
