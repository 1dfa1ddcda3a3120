"""Cross-validate tuned encoders by set: ``python -m benchmarks.tune_encoder``.

Each set is left out in turn: the encoder is tuned on the others, and the set's questions are
ranked with the untuned and the tuned encoder, by dense search alone and after fusion.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._common import data_folder, write_results
from benchmarks.tune_encoder import adapter, layers
from benchmarks.tune_encoder.material import Examples, Material
from benchmarks.tune_encoder.scores import (
    COSINE_WEIGHTS,
    Ranks,
    dense_scores,
    fused_scores,
    gold_ranks,
    interval,
    reciprocal,
)
from benchmarks.tune_encoder.sets import FOLDS, SEED, digest, load_pools
from benchmarks.tune_encoder.states import Encoder, Upper, Vectors
from cica_qa.settings import Settings

Row = dict[str, Any]
Rows = Iterator[Row]
UPPER_LAYERS = 3
SHARE = 0.5
VARIANTS = ("adapter", "layers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", nargs="+", default=VARIANTS, choices=VARIANTS)
    parser.add_argument("--folds", nargs="+", default=FOLDS, choices=FOLDS)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    default = Path(tempfile.gettempdir()) / "cica-tune-encoder"
    parser.add_argument(
        "--states", type=Path, default=default, help="where 2.2 GB of states are kept"
    )
    args = parser.parse_args()
    data = data_folder()
    if data is None:
        return
    torch.set_num_threads(args.threads)
    settings = Settings()
    pools = load_pools(data, settings)
    folder = args.states / digest(pools)
    folder.mkdir(parents=True, exist_ok=True)
    encoder = Encoder.load(settings, UPPER_LAYERS)
    materials = [Material.prepare(pool, encoder, folder) for pool in pools]
    results: list[Row] = []
    for fold in args.folds:
        examples = [Examples.mine(material, without=fold) for material in materials]
        examples = [one for one in examples if len(one.questions)]
        if "adapter" in args.variants:
            results += _adapters(examples, materials, fold)
        if "layers" in args.variants:
            results += _layers(examples, materials, fold, encoder.upper, folder)
    tables: dict[str, list[Row]] = {}
    for row in results:
        tables.setdefault(row.pop("variant"), []).append(row)
    write_results("tune_encoder", tables)


def _adapters(examples: Sequence[Examples], materials: Sequence[Material], fold: str) -> Rows:
    for recipe in adapter.RECIPES:
        matrix = adapter.train_adapter(examples, recipe, SEED)
        for material in materials:
            questions = adapter.apply_adapter(matrix, material.questions)
            rows = material.rows
            if not recipe.queries_only:
                rows = adapter.apply_adapter(matrix, rows)
            yield from _compare(str(recipe), fold, material, questions, rows)


def _layers(
    examples: Sequence[Examples],
    materials: Sequence[Material],
    fold: str,
    upper: Upper,
    folder: Path,
) -> Rows:
    """Tune the upper layers and encode the left-out set's pool, or read cached vectors."""
    place = folder / f"{fold}-half.npz"
    material = next(m for m in materials if any(q.fold == fold for q in m.pool.questions))
    if not place.exists():
        mixed = layers.blend(upper, layers.train_layers(examples, upper, SEED), SHARE)
        questions, rows = map(mixed.encode, (material.question_states, material.row_states))
        np.savez(place, q=questions, r=rows)
    with np.load(place) as kept:
        name = f"upper {UPPER_LAYERS} layers, half and half"
        yield from _compare(name, fold, material, kept["q"], kept["r"])


def _compare(
    variant: str, fold: str, material: Material, questions: Vectors, rows: Vectors
) -> Rows:
    """Compare the untuned and a tuned encoder on the left-out set, as a whole and by group."""
    pool = material.pool
    chosen = [i for i, q in enumerate(pool.questions) if q.fold == fold and q.measured]
    if not chosen:
        return
    asked = [pool.questions[i] for i in chosen]
    lexical = material.lexical[chosen]
    before = material.dense[chosen]
    after = dense_scores(questions[chosen], rows, pool.first_rows)
    ranks = {"dense": [gold_ranks(side, asked) for side in (before, after)]}
    for weight in COSINE_WEIGHTS:
        ranks[f"fused x{weight:g}"] = [
            gold_ranks(fused_scores(side, lexical, before, weight), asked)
            for side in (before, after)
        ]
    groups = np.array([question.group for question in asked])
    contexts = np.array([question.context for question in asked])
    for group in ("all", *dict.fromkeys(groups.tolist())):
        mask = np.ones(len(asked), bool) if group == "all" else groups == group
        if group != "all" and mask.all():
            continue
        row: Row = {
            "variant": variant,
            "left out": fold,
            "group": group,
            "questions": int(mask.sum()),
        }
        for side, (old, new) in ranks.items():
            row |= _measures(side, old[mask], new[mask], contexts[mask].tolist())
        yield row


def _measures(side: str, old: Ranks, new: Ranks, contexts: Sequence[str]) -> Row:
    gains, firsts = reciprocal(new) - reciprocal(old), (new == 1) * 1.0 - (old == 1)
    gain, low, high = interval(gains, contexts, np.random.default_rng(SEED))
    return {
        f"{side} RR@10": float(reciprocal(old).mean()),
        f"{side} gain": gain,
        f"{side} 95 %": f"{low:+.3f} to {high:+.3f}",
        f"{side} R@1 gain": float(firsts.mean()),
    }


if __name__ == "__main__":
    main()
