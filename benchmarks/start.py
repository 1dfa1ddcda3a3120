"""How soon a server that was killed under load answers again, and how soon commands start.

A real ``cica-qa serve`` over the pool's index is ended by SIGKILL and restarted at its address
while clients keep asking. ``--quick`` does each once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks._common import ROOT, data_folder, read_jsonl, write_results
from benchmarks._pool import pool_retriever

RUNS, CLIENTS, UNDER_LOAD = 9, 2, 3.0
PAUSE = 0.02  # seconds before a client retries
ENVIRONMENT = {"CICA_SERVE__PER_MINUTE": "100000000", "CICA_MODEL": "bundled"}
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each once")
    runs = 1 if parser.parse_args().quick else RUNS
    folder = data_folder()
    if folder is None:
        return
    index = pool_retriever(folder)[0].index_dir
    questions = [row["question"] for row in read_jsonl(folder / "arcd_train.jsonl")]
    again = {
        name: [restart(index, questions, given) for _ in range(runs)]
        for name, given in (("with the chat", []), ("--no-chat", ["--no-chat"]))
    }
    commands = {
        "cica-qa ask, one question": [ask(index, questions[at]) for at in range(runs + 1)][1:],
        "cica-qa chat, until its page": [chat(index) for _ in range(runs + 1)][1:],
    }
    tables = {
        f"cica-qa serve, seconds from SIGKILL under load, {runs} times": [
            {"server": name, **_told(measure, [one[measure] for one in found])}
            for name, found in again.items()
            for measure in found[0]
        ],
        f"Other commands, seconds, {runs} times": [
            {"command": name, **_told("done", seconds)} for name, seconds in commands.items()
        ],
    }
    write_results("start-quick" if runs == 1 else "start", tables)


def _told(measure: str, values: Sequence[float]) -> Row:
    return {
        "until": measure,
        "median": float(np.median(values)),
        "fastest": min(values),
        "slowest": max(values),
    }


# ---- the server ----------------------------------------------------------------------------


def restart(index: Path, questions: Sequence[str], given: Sequence[str]) -> dict[str, float]:
    """Kill a server under load, restart it, and return the seconds to each sign of life."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["serve", "--index", str(index), "--port", str(port), *given]
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(started(command))
        _ready(first)
        if not given:
            _wait_for(url)
        clients = stack.enter_context(asking(url, questions))
        time.sleep(UNDER_LOAD)
        assert clients.answered, "the clients get no answers"
        before = time.perf_counter()
        first.send_signal(signal.SIGKILL)
        first.wait()
        clients.answered.clear()
        second = stack.enter_context(started(command))
        seconds = {"ready": _ready(second) - before}
        processor = _processor_seconds(second.pid)
        while not clients.answered:
            time.sleep(PAUSE)
        seconds["an answer"] = clients.answered[0] - before
        if not given:
            seconds["the chat"] = _wait_for(url) - before
        return {**seconds, "ready, of processor time": processor}


@dataclass
class Clients:
    """Records when each answer arrived."""

    answered: list[float] = field(default_factory=list)


@contextlib.contextmanager
def asking(url: str, questions: Sequence[str]) -> Iterator[Clients]:
    """Keep asking in threads while the block lasts, retrying after failures."""
    clients, ended = Clients(), threading.Event()

    def ask(own: Sequence[str]) -> None:
        with httpx.Client(timeout=60) as client:
            for question in own:
                while not ended.is_set():
                    with contextlib.suppress(httpx.TransportError):
                        reply = client.post(f"{url}/v1/ask", json={"question": question})
                        if reply.status_code == 200:
                            clients.answered.append(time.perf_counter())
                            break
                    time.sleep(PAUSE)

    threads = [
        threading.Thread(target=ask, args=(questions[at::CLIENTS],)) for at in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield clients
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ready(server: subprocess.Popen[bytes]) -> float:
    """Return when the server reported that it is ready."""
    assert server.stdout is not None
    assert b"serving at" in server.stdout.readline(), "the server does not start"
    return time.perf_counter()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _wait_for(url: str) -> float:
    """Return when the address first answered."""
    with httpx.Client(timeout=60) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if client.get(url).status_code == 200:
                    return time.perf_counter()
            time.sleep(PAUSE)


def _processor_seconds(pid: int) -> float:
    """Return a process's processor time so far; NaN if the system does not report it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- other commands ------------------------------------------------------------------------


def ask(index: Path, question: str) -> float:
    before = time.perf_counter()
    with started(["ask", "--index", str(index), question]) as process:
        process.communicate()
    assert process.returncode == 0
    return time.perf_counter() - before


def chat(index: Path) -> float:
    before = time.perf_counter()
    port = _free_port()
    with started(["chat", "--index", str(index), "--port", str(port)]):
        return _wait_for(f"http://127.0.0.1:{port}") - before


@contextlib.contextmanager
def started(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command while the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cica_qa.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


if __name__ == "__main__":
    main()
