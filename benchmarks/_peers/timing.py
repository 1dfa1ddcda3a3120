"""Timing inside a worker process, on request of its parent. Needs only NumPy."""

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
    """Answer requests in JSON lines, ``[action, argument, ...]``, until the input ends."""
    _say({"ready": True})
    for line in sys.stdin:
        action, *arguments = json.loads(line)
        _say(actions[action](*arguments))


def milliseconds(
    do: Callable[[str], object], questions: Sequence[str], budget: float
) -> list[float]:
    """Return the time of each question, after three for warming up, within ``budget`` seconds.

    At least five questions are timed, however long they take.
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
    """Return the resident memory and its peak, in MB; NaN if the system does not report them."""
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
