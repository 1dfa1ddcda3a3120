"""Train the reader, measure it with each set left out, and write its weights.

``python -m benchmarks.training`` does all of it; what was done before is read from ``--work``.
Every fold goes on from weights trained on the sets that are never left out and on questions made
of texts that no set is about. See docs/models.md.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks._common import data_folder, write_results
from benchmarks._peers.environment import CACHE
from benchmarks.training.base import Base
from benchmarks.training.cloze import GROUP as CLOZE
from benchmarks.training.cloze import cloze_examples
from benchmarks.training.examples import Example, load_examples
from benchmarks.training.measure import measure
from benchmarks.training.negatives import wrong_hits
from benchmarks.training.network import Network, mean_of
from benchmarks.training.release import write_weights
from benchmarks.training.train import Recipe, train
from cica_qa.reader.weights import FILE, packaged

LOWER_LAYERS, WIDTH, SEED = 6, 384, 13
SHARED_SETS = ("tydiqa_other", "mlqa_ar_dev")
SHARED = Recipe(2800, {"tydiqa_other": 0.887, "mlqa_ar_dev": 0.113}, end=0.5154)
MADE = Recipe(
    1000,
    {CLOZE: 0.5, "tydiqa_other": 0.42, "mlqa_ar_dev": 0.08},
    rate=1e-4,
    end=0.3,
    dropout=0.1,
    seed=29,
)
# What is left out together: translations of the same paragraphs.
FOLDS: Mapping[str, tuple[str, ...]] = {
    "xquad": ("xquad_ar", "xquad_other"),
    "arcd": ("arcd_train",),
    "ardqa": ("ardqa_dev",),
}
ALL = "all"
LAST = Recipe(
    400,
    {
        "arcd_train": 0.2,
        "xquad_ar": 0.2,
        "ardqa_dev": 0.15,
        "mlqa_ar_dev": 0.1,
        "xquad en-ar": 0.1,
        "xquad x-ar": 0.08,
        "xquad en-en": 0.03,
        "xquad ar-en": 0.02,
        "tydiqa_other": 0.12,
    },
    dropout=0.1,
)
SEEDS = (LAST.seed, 14)
"""What is released is the mean of runs that draw the last pairs in different orders."""
RECIPES = {"shared": SHARED, "made": MADE, **{f"last {n}": replace(LAST, seed=n) for n in SEEDS}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="the question sets")
    parser.add_argument("--work", type=Path, default=CACHE / "reader", help="what is kept")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-release", action="store_true", help="leave the package's weights")
    args = parser.parse_args()
    if args.data is None:
        return
    torch.set_num_threads(args.threads)
    args.work.mkdir(parents=True, exist_ok=True)
    wrong = wrong_hits(args.data, args.work / "wrong-hits.json")
    base = Base.load(args.work / "base", LOWER_LAYERS, torch.device(args.device))
    names = (*SHARED_SETS, *(name for sets in FOLDS.values() for name in sets))
    torch.manual_seed(SEED)
    network = Network(base.upper, WIDTH)
    near = load_examples(args.data, SHARED_SETS, {})
    shared = train(base, network, near, SHARED, args.work / "shared")
    shared = train(base, shared, near + cloze_examples(args.data), MADE, args.work / "made")
    examples = {name: load_examples(args.data, [name], wrong) for name in names}
    folds, rows = {}, []
    for fold in (*FOLDS, ALL):
        kept = [name for name in names if name not in FOLDS.get(fold, ())]
        folds[fold] = mean_of(
            [
                train(
                    base,
                    deepcopy(shared),
                    _of(examples, kept),
                    replace(LAST, seed=seed),
                    args.work / (fold if seed == LAST.seed else f"{fold}-{seed}"),
                )
                for seed in (SEEDS if fold == ALL else SEEDS[:1])
            ]
        )
        write_weights(folds[fold], args.work / fold / FILE, args.data, LOWER_LAYERS, RECIPES)
        rows += measure(base, folds[fold], fold, args.data)
        write_results("training", {"The paragraph given, the set left out of training": rows})
    if not args.no_release:
        shutil.copy(args.work / ALL / FILE, packaged())


def _of(examples: Mapping[str, list[Example]], names: tuple[str, ...] | list[str]) -> list[Example]:
    return [example for name in names for example in examples[name]]


if __name__ == "__main__":
    main()
