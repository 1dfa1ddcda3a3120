"""Retrieval quality of this project, its parts and other systems, on the same passages.

Every system gets the same passages, questions and e5-small weights; the other systems run in their
own environment. See docs/explanation/benchmarks.md. ``--quick`` asks a sample.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks._common import data_folder, write_results
from benchmarks._metrics import MEASURES, Ranks, gold_ranks, measure
from benchmarks._ours import (
    BASELINE,
    DENSE,
    LEXICAL,
    OURS,
    answer_ablated,
    answer_ours,
    as_documents,
    by_document,
    by_section,
)
from benchmarks._peers.environment import CACHE
from benchmarks._peers.host import Peers
from benchmarks._peers.systems import SYSTEMS
from benchmarks._sets import CICA, MISSPELT, VARIETIES, Collection, article_document, collections
from benchmarks._vectors import StoredEncoder
from cica_qa import Settings, build_index
from cica_qa.evaluation.statistics import holm, paired_p_value
from cica_qa.models.bundled import prepare_bundled
from cica_qa.models.encoder import load_encoder

K = 10
SAMPLE = 200
UNDER_SPECIFIED = "mlqa_ar_dev"
Results = dict[str, dict[str, Ranks]]
"""By system and set, the rank of the relevant document of each question."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{SAMPLE} questions of each set")
    parser.add_argument("--without-peers", action="store_true", help="ours and its parts alone")
    parser.add_argument(
        "--peer-minutes", type=float, default=30, help="stop a peer that takes longer over a pool"
    )
    options = parser.parse_args()
    folder = data_folder()
    if folder is None:
        return
    chosen = collections(folder, SAMPLE if options.quick else None)
    results: Results = {}
    for collection in chosen:
        _announce(f"{collection.name}: ours", lambda c=collection: _run_ours(c, results))
    facts = []
    if not options.without_peers:
        facts = _run_peers(
            chosen, results, Peers(prepare_bundled(), limit=60 * options.peer_minutes)
        )
    write_results(
        "retrieval-quick" if options.quick else "retrieval",
        tables(results, {c.name: len(c.documents) for c in chosen}) | {"Peers": facts},
    )


def _run_ours(collection: Collection, results: Results) -> None:
    settings = Settings(model="bundled")
    encoder = StoredEncoder(load_encoder(settings), CACHE)
    index = CACHE / "indexes" / collection.name.replace(", ", "-")
    is_article = collection.name == CICA
    documents = [article_document()] if is_article else as_documents(collection)
    name_of = by_section if is_article else by_document
    build_index(documents, index, settings=settings)
    questions = collection.questions()
    _add(results, OURS, collection, answer_ours(index, settings, questions, name_of))
    ablated = answer_ablated(index, settings, encoder, questions, name_of)
    for name, found in ablated.items():
        _add(results, name, collection, found)


def _run_peers(
    chosen: Sequence[Collection], results: Results, peers: Peers
) -> list[dict[str, Any]]:
    """Add the peers' results; return a row about each, with the reason if it failed."""
    rows = []
    for name in SYSTEMS:
        row: dict[str, Any] = {"system": name, "versions": "", "ran": "yes"}
        for collection in chosen:
            ids = list(collection.documents)
            folder = peers.collection(
                list(collection.documents.values()), [q.whole for q in collection.questions()]
            )
            outcome = _announce(
                f"{collection.name}: {name}", lambda f=folder, n=name: peers.run(n, f, K)
            )
            if outcome.reason:
                row["ran"] = f"no: {outcome.reason}"
                break
            row["versions"] = outcome.facts["versions"]
            found = [[ids[position] for position in one] for one in outcome.found]
            _add(results, name, collection, found)
        rows.append(row)
    return rows


def _add(
    results: Results, system: str, collection: Collection, found: Sequence[Sequence[str]]
) -> None:
    """Add the ranks of a collection's questions to the results, by set."""
    start = 0
    for name, questions in collection.sets.items():
        ranked = found[start : start + len(questions)]
        ranks = gold_ranks(ranked, [question.gold for question in questions])
        results.setdefault(system, {})[name] = ranks
        start += len(questions)


def tables(results: Results, sizes: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Return all tables except that of the peers; ``sizes`` are numbers of documents."""
    sets = [name for name in results[OURS] if name != CICA]
    found: dict[str, list[dict[str, Any]]] = {
        "Documents searched": [{"collection": k, "documents": v} for k, v in sizes.items()],
    }
    for what in MEASURES:
        found[what] = _rows(results, {name: _mean(name, what) for name in sets})
    found["Ours and the best peer of each set, nDCG@10"] = against_peers(results, sets)
    found["Ours and the better of its own two sides, nDCG@10"] = against_sides(results, sets)
    found["Dialects: R@5, and its distance from MSA"] = _rows(
        results,
        {"msa": _mean("ardqa_dev msa", "R@5")}
        | {f"{v} - msa": _gap(f"ardqa_dev {v}", "ardqa_dev msa", "R@5") for v in VARIETIES[1:]},
    )
    found["30 % of the words misspelt: RR@10, and what is lost"] = _rows(
        results,
        {f"{name} misspelt": _mean(f"{name} misspelt", "RR@10") for name in MISSPELT}
        | {f"{name} lost": _gap(f"{name} misspelt", name, "RR@10") for name in MISSPELT},
    )
    found["The article: gold section first and among the first three"] = _rows(
        results, {"first": _share(CICA, 1), "first 3": _share(CICA, 3)}
    )
    return found


Column = Callable[[Mapping[str, Ranks]], float]


def _rows(results: Results, columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    """Return one row per system that ran."""
    return [
        {"system": system} | {title: column(ranks) for title, column in columns.items()}
        for system, ranks in results.items()
    ]


def _mean(name: str, what: str) -> Column:
    return lambda ranks: float(measure(ranks[name])[what].mean())


def _gap(name: str, reference: str, what: str) -> Column:
    return lambda ranks: _mean(name, what)(ranks) - _mean(reference, what)(ranks)


def _share(name: str, within: int) -> Column:
    return lambda ranks: float(((ranks[name] > 0) & (ranks[name] <= within)).mean())


def against_peers(results: Results, sets: Iterable[str]) -> list[dict[str, Any]]:
    peers = [system for system in SYSTEMS if system in results]
    return _compared(results, sets, peers, "best peer") if peers else []


def against_sides(results: Results, sets: Iterable[str]) -> list[dict[str, Any]]:
    rows = _compared(results, sets, [DENSE, LEXICAL], "better side")
    for row in rows:
        ranks = results[BASELINE][row["set"].removesuffix(" *")]
        row[f"{BASELINE}, R@1"] = float(measure(ranks)["R@1"].mean())
    return rows


def _compared(
    results: Results, sets: Iterable[str], rivals: Sequence[str], title: str
) -> list[dict[str, Any]]:
    """Compare ours with the best rival; p by paired randomisation, with Holm's correction."""
    rows, chances = {}, {}
    for name in sets:
        ours = measure(results[OURS][name])["nDCG@10"]
        scores = {rival: measure(results[rival][name])["nDCG@10"] for rival in rivals}
        best = max(rivals, key=lambda rival, s=scores: float(np.mean(s[rival])))
        chances[name] = paired_p_value(ours, scores[best])
        rows[name] = {
            "set": f"{name} *" if name == UNDER_SPECIFIED else name,
            "questions": len(ours),
            "ours": float(ours.mean()),
            title: best,
            "its nDCG@10": float(scores[best].mean()),
            "difference": float(ours.mean() - scores[best].mean()),
        }
    corrected = dict(zip(chances, holm(list(chances.values())), strict=True))
    return [row | {"p": chances[name], "p (Holm)": corrected[name]} for name, row in rows.items()]


def _announce(what: str, do: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = do()
    print(f"{what}: {time.perf_counter() - start:.0f} s", flush=True)
    return result


if __name__ == "__main__":
    main()
