"""Search latency, indexing speed and memory of this project and other systems.

Each system runs in its own process, over synthetic collections (see _synthetic.py), on an idle
machine and next to one and two busy processes. See docs/explanation/benchmarks.md. ``--quick``
leaves out the large collection and the second busy process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _synthetic
from benchmarks._common import ARTICLE, ROOT, data_folder, write_results
from benchmarks._material import TOKENS, Material, collection_folder, load_material
from benchmarks._ours import OURS
from benchmarks._peers.environment import CACHE, peer_environment
from benchmarks._peers.host import PeerError, Peers
from benchmarks._peers.systems import LEXICAL, SYSTEMS
from benchmarks._peers.timing import median, p95
from benchmarks._processes import Worker, busy, started
from benchmarks._sets import article
from cica_qa import Document, Settings, build_index
from cica_qa.documents.load import LoadedDocuments
from cica_qa.index.build import update_index
from cica_qa.models.bundled import prepare_bundled
from cica_qa.models.encoder import load_encoder

REFERENCE = "e5 + FAISS flat"
HYBRIDS = tuple(name for name in SYSTEMS if "ensemble" in name or "hybrid" in name)
ASK = "import sys; from cica_qa.cli import main; sys.exit(main())"
Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is timed: collection sizes, threads, numbers of busy processes, and durations."""

    sizes: tuple[int, ...]
    busy: tuple[int, ...]
    seconds: float
    bulk: int
    starts: int
    threads: tuple[int, ...] = (1, 2)


FULL = Plan(sizes=(5_000, 100_000), busy=(0, 1, 2), seconds=8, bulk=256, starts=5)
QUICK = Plan(sizes=(5_000,), busy=(0, 1), seconds=3, bulk=64, starts=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small collection alone")
    parser.add_argument("--without-peers", action="store_true", help="ours alone")
    options = parser.parse_args()
    folder = data_folder()
    if folder is None:
        return
    plan = QUICK if options.quick else FULL
    material = load_material(folder)
    peers = None if options.without_peers else Peers(prepare_bundled())
    searches = [row for size in plan.sizes for row in search_rows(plan, material, peers, size)]
    tables = {
        f"A question of {TOKENS} tokens to its vector, ms": encode_rows(plan, material, peers),
        "A question to five passages, ms": searches,
        "Ours against the fastest hybrid of the peers": hybrid_rows(searches),
        "The whole Pipeline.ask, ms": ask_rows(plan, material),
        "A new process asked one question over the article": cold_rows(plan, peers),
        f"Passages of {_synthetic.TOKENS} tokens a second": bulk_rows(plan, material, peers),
    }
    write_results("speed-quick" if options.quick else "speed", tables)


# ---- what is timed -------------------------------------------------------------------------


def encode_rows(plan: Plan, material: Material, peers: Peers | None) -> list[Row]:
    size = plan.sizes[0]
    rows = []
    for threads in plan.threads:
        with _ours(material, size, threads) as worker:
            ours = _timed(worker, "encode", plan)
        rows.append({"system": OURS, "threads": threads, "times ours": 1.0} | ours)
        if peers is None:
            continue
        with _peer(peers, REFERENCE, material, size) as worker:
            worker.call("threads", threads)
            theirs = _timed(worker, "encode", plan)
        ratio = theirs["median"] / ours["median"]
        key = {"system": "sentence-transformers", "threads": threads, "times ours": ratio}
        rows.append(key | theirs)
    return rows


def search_rows(plan: Plan, material: Material, peers: Peers | None, size: int) -> list[Row]:
    """Time all systems; ours is timed again next to each peer, for ratios under the same load."""
    rows = []
    with contextlib.ExitStack() as stack:
        mine = {n: stack.enter_context(_ours(material, size, n)) for n in plan.threads}
        for threads, worker in mine.items():
            key = {"system": OURS, "passages": size, "threads": threads, "times ours": 1.0}
            rows.append(key | _timed(worker, "search", plan) | _memory(worker))
        for name in SYSTEMS if peers else ():
            try:
                rows += _peer_rows(plan, _peer(peers, name, material, size), mine, name, size)
            except PeerError as error:
                blank = dict.fromkeys(rows[0], "-")
                rows.append({**blank, "system": f"{name}: {error}", "passages": size})
    return rows


def _peer_rows(
    plan: Plan, peer: Worker, mine: dict[int, Worker], name: str, size: int
) -> list[Row]:
    rows = []
    with peer as worker:
        for threads in plan.threads:
            worker.call("threads", threads)
            ours = median(mine[threads].call("search", plan.seconds))
            theirs = _timed(worker, "search", plan)
            key = {"system": name, "passages": size, "threads": threads}
            rows.append(key | {"times ours": theirs["median"] / ours} | theirs | _memory(worker))
    return rows


def hybrid_rows(searches: Sequence[Row]) -> list[Row]:
    rows = []
    for ours in (row for row in searches if row["system"] == OURS):
        case = [row for row in searches if _same(row, ours, ("passages", "threads"))]
        hybrids = [row for row in case if row["system"] in HYBRIDS]
        if hybrids:
            best = min(hybrids, key=lambda row: row["median"])
            rows.append(
                {
                    "passages": ours["passages"],
                    "threads": ours["threads"],
                    "fastest hybrid": best["system"],
                    "its median": best["median"],
                    "times ours": best["times ours"],
                }
            )
    return rows


def ask_rows(plan: Plan, material: Material) -> list[Row]:
    rows = []
    for size in plan.sizes:
        for threads in plan.threads:
            with _ours(material, size, threads) as worker:
                rows.append({"passages": size, "threads": threads} | _timed(worker, "ask", plan))
    return rows


def cold_rows(plan: Plan, peers: Peers | None) -> list[Row]:
    """Time cold starts; peers also index the article's sections, whose vectors are given."""
    collection = article()
    question = collection.questions()[0].text
    index = CACHE / "indexes" / "article"
    settings = Settings(model="bundled")
    build_index([ARTICLE], index, settings=settings)
    command = [sys.executable, "-c", ASK, "ask", question, "--index", str(index)]
    rows = [{"system": f"{OURS}, cica-qa ask"} | started(command, plan.starts)]
    if peers is None:
        return rows
    folder = peers.collection(list(collection.documents.values()), [question])
    for name in SYSTEMS:
        if name not in LEXICAL:
            once = peers.command("once", name, str(folder), str(peers.model))
            rows.append({"system": name} | started(once, plan.starts))
    for row in rows[1:]:
        row["times ours"] = row["median s"] / rows[0]["median s"]
    return [{"times ours": 1.0, **row} for row in rows]


def bulk_rows(plan: Plan, material: Material, peers: Peers | None) -> list[Row]:
    texts = material.passages(plan.bulk)
    rows = []
    for threads in plan.threads:
        for name, rate in _our_bulk(texts, threads).items():
            rows.append({"system": name, "threads": threads, "passages a second": rate})
        if peers is None:
            continue
        folder = collection_folder(material, plan.bulk)
        for name in SYSTEMS:
            if name not in LEXICAL:
                rate = _peer_bulk(peers, name, folder, threads)
                rows.append({"system": name, "threads": threads, "passages a second": rate})
    return rows


def _our_bulk(texts: list[str], threads: int) -> dict[str, float]:
    """Return indexing rates, measured in a new process without lingering threads."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.jsonl"
        file.write_text("".join(json.dumps(text) + "\n" for text in texts))
        arguments = ["-m", "benchmarks._ours_worker", "bulk", str(threads), str(file)]
        rates: dict[str, float] = json.loads(
            subprocess.run(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=_environment(threads),
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
    return {f"{OURS}, {name}": rate for name, rate in rates.items()}


def _peer_bulk(peers: Peers, name: str, folder: Path, threads: int) -> float | str:
    try:
        answer = peers.call("bulk", name, str(folder), str(peers.model), str(threads))
    except PeerError as error:
        return str(error)
    return float(answer["passages a second"])


# ---- processes -----------------------------------------------------------------------------


def _ours(material: Material, size: int, threads: int) -> Worker:
    index = CACHE / "indexes" / f"speed-{size}"
    if size not in _BUILT:
        settings = Settings(model="bundled")
        documents = [Document(str(at), "", t) for at, t in enumerate(material.passages(size))]
        encoder = _synthetic.NoisyEncoder(load_encoder(settings), material.real, material.contexts)
        update_index(LoadedDocuments(documents), index, encoder, settings)
        _BUILT.add(size)
    questions = str(collection_folder(material, size) / "questions.jsonl")
    command = [sys.executable, "-m", "benchmarks._ours_worker", str(index), str(threads)]
    return Worker([*command, questions], _environment(threads))


_BUILT: set[int] = set()


def _environment(threads: int) -> dict[str, str]:
    return {**os.environ, "CICA_THREADS": str(threads), "CICA_MODEL": "bundled"}


def _peer(peers: Peers, name: str, material: Material, size: int) -> Worker:
    folder = str(collection_folder(material, size))
    return Worker(peers.command("serve", name, folder, str(peers.model)), peer_environment())


def _timed(worker: Worker, action: str, plan: Plan) -> Row:
    row: Row = {}
    for neighbours in plan.busy:
        with busy(neighbours):
            times = worker.call(action, plan.seconds)
        suffix = f", {neighbours} busy" if neighbours else ""
        row |= {f"median{suffix}": median(times), f"p95{suffix}": p95(times)}
    return row


def _memory(worker: Worker) -> Row:
    sizes = worker.call("memory")
    return {"MB": round(sizes["now"]), "peak MB": round(sizes["peak"])}


def _same(row: Row, other: Row, keys: Sequence[str]) -> bool:
    return all(row[key] == other[key] for key in keys)


if __name__ == "__main__":
    main()
