"""Fit the weights of ``cica_qa/retrieve/fuse.py`` and measure what each term of the score is worth.

The evidence comes from a real index. The weights minimise the listwise softmax loss of the relevant
passages among the candidates (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise
Approach", 2007), with equal weight for every group of question sets. For each row of the table,
every group is left out in turn: the weights are fitted on the others and measured on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks._common import data_folder, write_results
from benchmarks._evidence import SIGNALS, Packed, collect, titles_of
from benchmarks._metrics import gold_ranks, measure
from benchmarks._sets import POOL, TYDI, collections
from cica_qa.retrieve.fuse import FUSION_WEIGHTS

GROUPS = {
    "xquad_ar": "xquad",
    "xquad_ar misspelt": "xquad",
    "arcd_train": "arcd",
    "arcd_train misspelt": "arcd",
    "mlqa_ar_dev": "mlqa",
    "xquad in English": "across languages",
}
"""Sets that are left out together; ArDQA and TyDi QA are one group each."""

# Initial values of the fit.
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


def main() -> None:
    folder = data_folder()
    if folder is None:
        return
    sets: dict[str, Packed] = {}
    for collection in collections(folder, None):
        if collection.name in (POOL, TYDI):
            sets |= collect(collection, titles_of(folder))
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


Parameters = Mapping[str, torch.Tensor]


def _score(sets: Packed, weights: Parameters, uses: Sequence[str]) -> torch.Tensor:
    """Return the score of each candidate, as ``fuse`` does, with gradients."""
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
        # Light regularisation, for parameters that the sets do not determine.
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
    asked = right.detach() > 0  # no weights help if neither ranking has the passage
    return -(torch.log(right[asked]) - torch.log(total[asked])).mean()


def _row(what: str, uses: Sequence[str], sets: Mapping[str, Packed]) -> dict[str, Any]:
    """Return RR@10 of each set, with weights fitted without its group."""
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
        "stems": FUSION_WEIGHTS.coverage,
        "lexical, foreign": FUSION_WEIGHTS.lexical_foreign,
        "alignment, foreign": FUSION_WEIGHTS.alignment_foreign,
    }
    return special[name] if name in special else float(getattr(FUSION_WEIGHTS, name))


if __name__ == "__main__":
    main()
