"""The throughput of concurrent questions, and the behaviour under overload.

It is measured within a process, with one thread and several, and then for a real ``cica-qa serve``
with ``wrk`` on the same machine (https://github.com/wg/wrk). Questions repeat only after thousands.
``--quick`` is for a first look.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._common import ROOT, data_folder, read_jsonl, write_results
from benchmarks._pool import pool_retriever
from cica_qa import Retriever

SETS = ("arcd_train", "ardqa_dev", "xquad_ar", "mlqa_ar_dev")
CLIENTS, CROWD = 32, 256
WANTED = (90, 120)
"""Requests per second to sustain, sent at even intervals."""
TOGETHER, THREADS = 8, (1, 2, 8, 16)
SCRIPT = """
local ffi = require("ffi")
ffi.cdef "typedef struct { long s, us; } moment; int gettimeofday(moment *, void *);"
local moment = ffi.new("moment[1]")
local bodies, at, pause, gap, turn = {}, 0, 0, 0, 0
local crew = {}
function setup(thread) table.insert(crew, thread) end
function init(arguments)
  for line in io.lines(arguments[1]) do table.insert(bodies, line) end
  at, pause, gap = tonumber(arguments[2]), tonumber(arguments[3]), tonumber(arguments[4])
  ok, busy, other = 0, 0, 0
end
function delay()
  if gap == 0 then return math.floor(2 * pause * math.random()) end
  ffi.C.gettimeofday(moment, nil)
  local now = 1000 * tonumber(moment[0].s) + tonumber(moment[0].us) / 1000
  turn = math.max(turn + gap, now)
  return math.floor(turn - now + 0.5)
end
function request()
  at = at + 1
  local headers = {["Content-Type"] = "application/json"}
  return wrk.format("POST", "/v1/search", headers, bodies[at % #bodies + 1])
end
function response(status)
  if status == 200 then ok = ok + 1 elseif status == 503 then busy = busy + 1
  else other = other + 1 end
end
function done(summary, latency)
  local e = summary.errors
  local ok, busy, other = 0, 0, e.connect + e.read + e.write + e.timeout
  for _, thread in ipairs(crew) do
    ok, busy = ok + thread:get("ok"), busy + thread:get("busy")
    other = other + thread:get("other")
  end
  print(string.format('RESULT {"ok":%d,"busy":%d,"other":%d,"us":%d,"p50":%f,"p99":%f}',
    ok, busy, other, summary.duration, latency:percentile(50), latency:percentile(99)))
end
"""
Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """The durations of the phases and of the last one, in seconds, and the repetitions."""

    seconds: int
    last: int
    repeats: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a few seconds of each")
    size.add_argument("--long", action="store_true", help="half an hour of it, to watch the memory")
    args = parser.parse_args()
    plan = Plan(5, 10, 1) if args.quick else Plan(30, 300, 6) if args.long else Plan(30, 60, 5)
    folder = data_folder()
    if folder is None:
        return
    retriever, _ = pool_retriever(folder)
    asked = dict.fromkeys(
        row["question"] for name in SETS for row in read_jsonl(_file(folder, name))
    )
    questions = np.random.default_rng(5).permutation(list(asked)).tolist()
    count = len(retriever.store)
    tables = {f"In the process, {count} passages": in_process(retriever, questions, plan)}
    if shutil.which("wrk") is None:
        print("wrk is not installed: the server is left out")
    else:
        served = over_http(retriever.index_dir, questions, plan)
        tables[f"POST /v1/search of cica-qa serve, {count} passages"] = served
    write_results("load-quick" if args.quick else "load", tables)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.jsonl"


# ---- in the process ------------------------------------------------------------------------


def in_process(retriever: Retriever, questions: Sequence[str], plan: Plan) -> list[Row]:
    several = [
        list(questions[start : start + TOGETHER]) for start in range(0, len(questions), TOGETHER)
    ]
    rows = []
    for threads in THREADS:
        rows.append({"what": "search", "threads": threads})
        rows[-1] |= _rate(retriever.search, questions, threads, plan.seconds, 1)
    rows.append({"what": f"search_many of {TOGETHER}", "threads": 1})
    rows[-1] |= _rate(retriever.search_many, several, 1, plan.seconds, TOGETHER)
    return rows


def _rate(
    do: Callable[[Any], object], asked: Sequence[Any], threads: int, seconds: float, each: int
) -> Row:
    """Return questions per second over a period, after one warm-up question per thread."""
    times: list[float] = []

    def timed(question: Any) -> None:
        if time.perf_counter() < end:
            before = time.perf_counter()
            do(question)
            times.append(1000 * (time.perf_counter() - before))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(do, asked[:threads]))
        start = time.perf_counter()
        end = start + seconds
        list(pool.map(timed, asked[threads:]))
        took = time.perf_counter() - start
    return {
        "questions a second": each * len(times) / took,
        "p50 ms": float(np.median(times)),
        "p99 ms": float(np.percentile(times, 99)),
    }


# ---- over HTTP -----------------------------------------------------------------------------


def over_http(index: Path, questions: Sequence[str], plan: Plan) -> list[Row]:
    with tempfile.TemporaryDirectory() as name, served(index) as (url, process):
        load = _Load(Path(name), url, process, questions)
        load.run("warming up", CLIENTS, 5)
        load.run("one client", 1, plan.seconds)
        rate = load.run("as fast as they can", CLIENTS, plan.seconds)
        for wanted in WANTED:
            load.run(f"{wanted} a second, evenly", CLIENTS, plan.seconds, gap=1 / wanted)
        pause = CROWD / (2 * rate)  # mean of a random wait before each request
        load.run("twice that rate", CROWD, max(plan.seconds, int(5 * pause)), pause)
        load.run("refused ones come back at once", CROWD, plan.seconds)
        load.run("one client, right after", 1, min(5, plan.seconds))
        for _ in range(plan.repeats):
            load.run("as fast as they can", CLIENTS, plan.last)
        load.run("one client, at the end", 1, min(5, plan.seconds))
        return load.rows


class _Load:
    """Runs wrk against a server and records a row for each run."""

    def __init__(
        self, folder: Path, url: str, process: subprocess.Popen[str], questions: Sequence[str]
    ) -> None:
        self.rows: list[Row] = []
        self._script, self._bodies = folder / "load.lua", folder / "bodies.jsonl"
        self._script.write_text(SCRIPT, encoding="utf-8")
        bodies = [json.dumps({"query": question}, ensure_ascii=False) for question in questions]
        self._bodies.write_text("\n".join(bodies) + "\n", encoding="utf-8")
        self._url = url
        self._process = process
        self._asked = self._answered = 0

    def run(self, what: str, clients: int, seconds: int, pause: float = 0, gap: float = 0) -> float:
        """Return the number of requests per second that were answered.

        Before each request, a client waits about ``pause`` seconds at random, or until its turn,
        ``gap`` seconds after that of the previous client.
        """
        where = [f"-c{clients}", f"-d{seconds}s", "-s", str(self._script), self._url]
        given = [str(self._bodies), str(self._asked), str(round(1000 * pause)), str(1000 * gap)]
        command = ["wrk", "-t1", "--timeout", "60s", *where, "--", *given]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = json.loads(output.split("RESULT", 1)[1])
        total = found["ok"] + found["busy"] + found["other"]
        self._asked += total
        self._answered += found["ok"]
        rate: float = 1e6 * found["ok"] / found["us"]
        self.rows.append(
            {
                "what": what,
                "clients": clients,
                "requests a second": 1e6 * total / found["us"],
                "answered a second": rate,
                "p50 ms": found["p50"] / 1000,
                "p99 ms": found["p99"] / 1000,
                "503, %": 100 * found["busy"] / max(1, total),
                "other errors": found["other"],
                "MB": round(_resident(self._process.pid)),
                "answered so far": self._answered,
            }
        )
        return rate


@contextlib.contextmanager
def served(index: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a server on a free port without a rate limit; yield its address and its process."""
    command = [sys.executable, "-m", "cica_qa.cli", "serve", "--index", str(index)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-chat"],
        cwd=ROOT,
        env={**os.environ, "CICA_SERVE__PER_MINUTE": "100000000", "CICA_MODEL": "bundled"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        if "http" not in ready:
            raise SystemExit("the server does not start; see what 'cica-qa serve' says")
        yield next(word for word in ready.split() if word.startswith("http")), process
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _resident(pid: int) -> float:
    """Return the resident memory of a process in MB; NaN if the system does not report it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return float("nan")
    sizes = dict(line.split(":", 1) for line in lines if line.startswith("VmRSS"))
    return int(sizes["VmRSS"].split()[0]) / 1024


if __name__ == "__main__":
    main()
