"""Processes to be timed, and busy ones that disturb them."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks._common import ROOT
from benchmarks._peers.environment import peer_environment
from benchmarks._peers.host import PeerError, last_words
from benchmarks._peers.timing import median

SPIN = "while True: pass"


class Worker:
    """A process that answers requests in JSON lines; see _peers/timing.py."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._stderr = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed on exit
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )

    def __enter__(self) -> Worker:
        try:
            while self._answer() != {"ready": True}:
                pass
        except PeerError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def call(self, *request: object) -> Any:
        """Return the answer to a request. Raises ``PeerError`` if the process has died."""
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        for line in self._process.stdout:
            with contextlib.suppress(json.JSONDecodeError):  # libraries print what they like
                return json.loads(line)
        self._process.wait()
        self._stderr.seek(0)
        raise PeerError(last_words(self._stderr.read()))


@contextlib.contextmanager
def busy(neighbours: int) -> Iterator[None]:
    """Run ``count`` processes that keep a core busy."""
    running = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(neighbours)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def started(command: Sequence[str], starts: int) -> dict[str, Any]:
    """Return wall time and peak memory of a process, ignoring the first start, a warm-up."""
    seconds, peaks = [], []
    for _ in range(starts + 1):
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=peer_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        peak = _peak_until_it_ends(process)
        stderr = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        if process.returncode:
            nothing = float("nan")
            return {"median s": nothing, "worst s": nothing, "peak MB": last_words(stderr)}
        seconds.append(time.perf_counter() - start)
        peaks.append(peak)
    return {"median s": median(seconds[1:]), "worst s": max(seconds[1:]), "peak MB": median(peaks)}


def _peak_until_it_ends(process: subprocess.Popen[bytes]) -> float:
    """Return the peak resident memory of a process in MB, polled every few milliseconds.

    ``wait4`` cannot be used: its peak includes that of the parent process.
    """
    peak = 0.0
    while process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            found = re.search(r"VmHWM:\s+(\d+) kB", status)
            peak = max(peak, int(found[1]) / 1024) if found else peak
        time.sleep(0.005)
    return peak
