"""Timing inside a process, on the word of the process that started it. Needs numpy alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Actions = dict[str, Callable[..., Any]]


def serve(actions: Actions) -> None:
    """Answer lines of JSON, ``[action, argument, ...]``, with lines of JSON, until they end."""
    _say({"ready": True})
    for line in sys.stdin:
        action, *arguments = json.loads(line)
        _say(actions[action](*arguments))


def milliseconds(
    do: Callable[[str], object], questions: Sequence[str], budget: float
) -> list[float]:
    """Time each question once, after three that do not count, for ``budget`` seconds at most.

    At least five are timed, however long they take.
    """
    for question in questions[:3]:
        do(question)
    times: list[float] = []
    start = time.perf_counter()
    for question in questions[3:]:
        if len(times) >= 5 and time.perf_counter() - start > budget:
            break
        before = time.perf_counter()
        do(question)
        times.append(1000 * (time.perf_counter() - before))
    return times


def memory() -> dict[str, float]:
    """Resident memory of this process in MB, now and at its peak; NaN where it is not told."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {"now": float("nan"), "peak": float("nan")}
    sizes = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    now, peak = (int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return {"now": now, "peak": peak}


def median(times: Sequence[float]) -> float:
    return float(np.median(times))


def p95(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95))


def _say(result: object) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
