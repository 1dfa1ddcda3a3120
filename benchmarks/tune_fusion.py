"""Fit the weights of ``cica_qa/retrieve/fuse.py``, and show what each part of the score is worth.

The evidence comes from the real index and reader. The weights minimise the listwise softmax
loss of the right passages among the candidates (Cao et al., "Learning to Rank: From Pairwise
Approach to Listwise Approach", 2007), every group of sets counting alike. Each row of the table
leaves one group out in turn, fits on the others and asks the one left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._common import data_folder, read_jsonl, write_results
from benchmarks._metrics import gold_ranks, measure
from benchmarks._peers.environment import CACHE
from benchmarks._sets import POOL, TYDI, Collection, collections
from cica_qa import Document, Settings, build_index
from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.dialect import is_dialect
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import clean_question
from cica_qa.encoders import load_encoder
from cica_qa.index.store import DiskStore
from cica_qa.retrieve.evidence import Evidence, gather
from cica_qa.retrieve.fuse import FITTED, SHORT, TYPICAL_LENGTH, left_to_title
from cica_qa.retrieve.query import QueryReader

K = 10
GROUPS = {
    "xquad_ar": "xquad",
    "xquad_ar misspelt": "xquad",
    "arcd_train": "arcd",
    "arcd_train misspelt": "arcd",
    "mlqa_ar_dev": "mlqa",
    "xquad in English": "across languages",
}
"""Which sets are left out together; all of ArDQA and all of TyDi QA are one each."""

# Where the fit starts, and what a part that is not in the score amounts to.
START = {
    "stems": 0.03,
    "title": 0.2,
    "lexical": math.log(0.06),
    "reachable": math.log(0.35),
    "alignment": 0.17,
    "length": 0.03,
    "sharpness": 4.0,
}
STEPS = {
    "best child, by cosine": "",
    "+ BM25, as a share of the best": "lexical",
    "+ or of what can be reached": "lexical reachable",
    "+ the child's own stems": "lexical reachable stems",
    "+ alignment of words": "lexical reachable stems alignment",
    "+ less what length brings": "lexical reachable stems alignment length",
    "+ title": "lexical reachable stems alignment length title",
    "+ script: **as it is**": "lexical reachable stems alignment length title foreign",
}
ALL = STEPS["+ script: **as it is**"]
SIGNALS = ("unknown words", "dense gap", "lexical gap", "agreement", "words", "dialect")
"""What else was tried as a reason to trust words more or less."""


@dataclass
class Packed:
    """The evidence for all questions of a set, in flat tensors; one entry a candidate,

    but for ``child_*`` (one a child, of candidate ``owner``) and what is one a question.
    """

    query: torch.Tensor
    owner: torch.Tensor
    child: dict[str, torch.Tensor]
    part: dict[str, torch.Tensor]
    question: dict[str, torch.Tensor]
    gold: torch.Tensor

    @property
    def size(self) -> int:
        return len(self.question["best"])


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    sets: dict[str, Packed] = {}
    for collection in collections(folder, None):
        if collection.name in (POOL, TYDI):
            sets |= _collect(collection, _titles(folder))
    names = list(sets)
    rows = [_row(what, uses.split(), sets) for what, uses in STEPS.items()]
    tried = [_row(f"and {signal}", [*ALL.split(), signal], sets) for signal in SIGNALS]
    fitted = _values(_fit(names, ALL.split(), sets))
    weights = [
        {"weight": name, "fitted on all sets": value, "in use": _in_use(name)}
        for name, value in fitted.items()
        if name != "sharpness"
    ]
    write_results(
        "tune_fusion",
        {
            "RR@10 of the group left out, part by part": rows,
            "RR@10 with one more signal of how far to trust words": tried,
            "Weights": weights,
        },
    )


def _titles(folder: Path) -> dict[str, str]:
    names = ("xquad_ar", "arcd_train", "mlqa_ar_dev", "ardqa_dev", "tydiqa_other")
    entries = (entry for name in names for entry in read_jsonl(folder / f"{name}.jsonl"))
    titles = {entry["context_id"]: entry["title"] for entry in entries}
    others = read_jsonl(folder / "wikipedia_distractors.jsonl")
    return titles | {f"wikipedia-{entry['id']}": entry["title"] for entry in others}


def _collect(collection: Collection, titles: Mapping[str, str]) -> dict[str, Packed]:
    settings = Settings(model="bundled")
    index = CACHE / "indexes" / f"titled-{collection.name}"
    documents = [Document(key, titles[key], text) for key, text in collection.documents.items()]
    build_index(documents, index, settings=settings)
    store, _ = DiskStore.load(index)
    reader = QueryReader(load_encoder(settings), Normalizer(), Analyzer())
    owners = [store.passage(position).doc_id for position in range(len(store))]
    found = {}
    for name, questions in collection.sets.items():
        evidence, gold = [], []
        for question in questions:
            (query,) = reader.read([clean_question(question.text, 2000)], store)
            one = gather(store, query, K, None)
            evidence.append(one)
            gold.append([owners[position] in question.gold for position in one.positions])
        found[name] = _pack(evidence, gold, [question.text for question in questions])
        print(f"{name}: {len(questions)} questions", flush=True)
    return found


def _pack(
    evidence: Sequence[Evidence], gold: Sequence[Sequence[bool]], questions: Sequence[str]
) -> Packed:
    counts = np.array([len(one.positions) for one in evidence])
    children = [np.diff(np.append(one.starts, len(one.cosines))) for one in evidence]
    return Packed(
        query=torch.tensor(np.repeat(np.arange(len(evidence)), counts)),
        owner=torch.tensor(np.repeat(np.arange(counts.sum()), np.concatenate(children))),
        child={
            "cosine": _flat([one.cosines for one in evidence]),
            "stems": _flat([one.coverage for one in evidence]),
        },
        part={
            "title": _flat([left_to_title(one) for one in evidence]),
            "bm25": _flat([one.bm25 for one in evidence]),
            "alignment": _flat([_mean_similarity(one) for one in evidence]),
            "length": _flat([np.log((one.lengths + SHORT) / TYPICAL_LENGTH) for one in evidence]),
        },
        question={
            "best": _flat([[max(one.best_bm25, 1e-6)] for one in evidence]),
            "ideal": _flat([[one.ideal_bm25] for one in evidence]),
            "foreign": _flat([[one.foreign] for one in evidence]),
            **_signals(evidence, questions),
        },
        gold=_flat(gold) > 0,
    )


def _flat(parts: Sequence[Any]) -> torch.Tensor:
    return torch.tensor(np.concatenate(parts), dtype=torch.float32)


def _mean_similarity(one: Evidence) -> Any:
    similarities = np.clip(one.similarities, FITTED.least_similarity, 1)
    return similarities.mean(axis=1) if similarities.shape[1] else np.zeros(len(one.positions))


def _signals(evidence: Sequence[Evidence], questions: Sequence[str]) -> dict[str, torch.Tensor]:
    """What might tell how far to trust words, each between about -1 and 1."""
    found: dict[str, list[list[float]]] = {name: [] for name in SIGNALS}
    for one, text in zip(evidence, questions, strict=True):
        dense = np.maximum.reduceat(one.cosines, one.starts)
        nearest, matching = np.argsort(-dense), np.argsort(-one.bm25)
        first, second = np.sort(one.bm25)[::-1][:2] if len(one.bm25) > 1 else (1.0, 1.0)
        found["unknown words"].append([1 - float(one.coverage.max())])
        gap = dense[nearest[0]] - dense[nearest[1]] if len(dense) > 1 else 0.0
        found["dense gap"].append([10 * float(gap)])
        found["lexical gap"].append([float(first - second) / max(float(first), 1e-6)])
        both = set(nearest[:K].tolist()) & set(matching[:K].tolist())
        found["agreement"].append([len(both) / K])
        found["words"].append([math.log(len(text.split())) - 2])
        found["dialect"].append([float(is_dialect(text))])
    return {name: _flat(values) for name, values in found.items()}


Parameters = Mapping[str, torch.Tensor]


def _score(sets: Packed, weights: Parameters, uses: Sequence[str]) -> torch.Tensor:
    """The score of each candidate: ``fuse`` with gradients."""
    child = sets.child["cosine"]
    if "stems" in uses:
        child = child + weights["stems"] * sets.child["stems"]
    score = torch.zeros(len(sets.query))
    score = score.index_reduce(0, sets.owner, child, "amax", include_self=False)
    if "title" in uses:
        score = score + weights["title"] * sets.part["title"]
    if "lexical" in uses:
        full = sets.question["best"]
        if "reachable" in uses:
            full = torch.maximum(full, torch.exp(weights["reachable"]) * sets.question["ideal"])
        trust = weights["lexical"] + 0 * full
        for name in uses:
            if name in sets.question:
                trust = trust + weights[f"lexical, {name}"] * sets.question[name]
        score = score + (torch.exp(trust) / full)[sets.query] * sets.part["bm25"]
    if "alignment" in uses:
        aligned = sets.part["alignment"]
        if "length" in uses:
            aligned = aligned - weights["length"] * sets.part["length"]
        if "foreign" in uses:
            trust = weights["alignment, foreign"] * sets.question["foreign"]
            aligned = torch.exp(trust)[sets.query] * aligned
        score = score + weights["alignment"] * aligned
    return score


def _fit(names: Sequence[str], uses: Sequence[str], sets: Mapping[str, Packed]) -> Parameters:
    trusts = [name for name in ("foreign", *SIGNALS) if name in uses]
    start = {name: value for name, value in START.items() if name in (*uses, "sharpness")}
    start |= {f"lexical, {name}": 0.0 for name in trusts}
    if "foreign" in uses:
        start["alignment, foreign"] = 0.0
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    optimizer = torch.optim.LBFGS(
        list(weights.values()), max_iter=60, line_search_fn="strong_wolfe", tolerance_change=1e-7
    )
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_group(name), []).append(name)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        losses = [
            torch.stack([_loss(sets[name], weights, uses) for name in members]).mean()
            for members in groups.values()
        ]
        # A light pull to zero keeps what the sets say nothing about from running away.
        pull = sum((v**2 for name, v in weights.items() if ", " in name), torch.tensor(0.0))
        loss = torch.stack(losses).mean() + 1e-3 * pull
        loss.backward()
        return loss

    optimizer.step(closure)
    return weights


def _loss(sets: Packed, weights: Parameters, uses: Sequence[str]) -> torch.Tensor:
    scores = _score(sets, weights, uses) * torch.exp(weights["sharpness"])
    highest = torch.full((sets.size,), -torch.inf)
    highest = highest.scatter_reduce(0, sets.query, scores.detach(), "amax")
    grown = torch.exp(scores - highest[sets.query])
    total = torch.zeros(sets.size).index_add(0, sets.query, grown)
    right = torch.zeros(sets.size).index_add(0, sets.query, grown * sets.gold)
    asked = right.detach() > 0  # where no side found the right passage, no weight helps
    return -(torch.log(right[asked]) - torch.log(total[asked])).mean()


def _row(what: str, uses: Sequence[str], sets: Mapping[str, Packed]) -> dict[str, Any]:
    """RR@10 of each set, with weights fitted without its group."""
    found = {}
    for group in dict.fromkeys(map(_group, sets)):
        weights = _fit([name for name in sets if _group(name) != group], uses, sets)
        for name in sets:
            if _group(name) == group:
                found[name] = _reciprocal_rank(sets[name], weights, uses)
    found = {name: found[name] for name in sets}
    mean = float(np.mean(list(found.values())))
    print(f"{what}: {mean:.4f}", flush=True)
    return {"score": what, **found, "mean": mean}


def _reciprocal_rank(sets: Packed, weights: Parameters, uses: Sequence[str]) -> float:
    with torch.no_grad():
        scores = _score(sets, weights, uses).numpy()
    bounds = np.flatnonzero(np.diff(sets.query.numpy())) + 1
    gold = np.split(sets.gold.numpy(), bounds)
    orders = [np.argsort(-one, kind="stable") for one in np.split(scores, bounds)]
    found = [[str(at) for at in order] for order in orders]
    right = [{str(at) for at in np.flatnonzero(one)} for one in gold]
    return float(measure(gold_ranks(found, right))["RR@10"].mean())


def _group(name: str) -> str:
    return GROUPS.get(name) or name.split()[0]


def _values(weights: Parameters) -> dict[str, float]:
    values = {name: value.item() for name, value in weights.items()}
    return values | {name: math.exp(values[name]) for name in ("lexical", "reachable")}


def _in_use(name: str) -> float:
    special = {
        "stems": FITTED.coverage,
        "lexical, foreign": FITTED.lexical_foreign,
        "alignment, foreign": FITTED.alignment_foreign,
    }
    return special[name] if name in special else float(getattr(FITTED, name))


if __name__ == "__main__":
    main()
