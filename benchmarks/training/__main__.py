"""Train the reader, measure it on sets that were left out, and write the package's weights.

``python -m benchmarks.training`` does all of it, resuming from ``--work``. Stages: the trunk, at a
constant learning rate; from there, with a falling rate, the network that is calibrated
and measured, which never saw the sets that it is measured on, and the one that is released, which
did. ``--compare`` sets the joint network against one that is split. See docs/explanation/models.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch

from benchmarks._common import data_folder, write_results
from benchmarks._peers.environment import CACHE
from benchmarks.training.base import Base
from benchmarks.training.calibrate import calibrated
from benchmarks.training.compare import compare
from benchmarks.training.measure import REAL_DOCUMENTS, STAGES, measure
from benchmarks.training.mixture import draws
from benchmarks.training.network import mean_of
from benchmarks.training.recipes import LEFT_OUT, RELEASED, TRUNK
from benchmarks.training.release import write_weights
from benchmarks.training.train import CHECKPOINT, Kept, Sources, stage
from cica_qa import Settings
from cica_qa.models.reader.reader import SpanReader
from cica_qa.models.reader.weights import READER_FILE, Calibration, packaged_weights


def main() -> None:
    args = _arguments()
    if args.data is None:
        return
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)  # denormal moments would slow the optimizer down
    base = Base.load(args.work / "base", torch.device(args.device))

    @lru_cache(1)
    def sources(added: bool) -> Sources:
        shares = (RELEASED if added else TRUNK).shares
        return draws(args.data, base.tokenizer, shares)

    if args.compare:
        rows = compare(
            base, lambda: sources(False), args.work, args.data, args.compare, args.sample
        )
        write_results("reader-compare", {"Joint and split, equal time": rows})
        return
    trunk, left_out, released = (args.work / name for name in STAGES)
    recipe = replace(TRUNK, steps=args.trunk_steps)
    stage(base, lambda: sources(False), recipe, trunk, seconds=60 * args.minutes)
    recipe = replace(TRUNK, steps=Kept.read(trunk / CHECKPOINT).step)
    network = stage(base, lambda: sources(False), LEFT_OUT, left_out, trunk)
    recipes = {"trunk": recipe, "left out": LEFT_OUT}
    write_weights(network, Calibration(), left_out / READER_FILE, args.data, recipes)
    reader = SpanReader.load(Settings(), left_out / READER_FILE)
    calibration, errors = calibrated(reader, args.data, args.sample)
    write_weights(network, calibration, left_out / READER_FILE, args.data, recipes)
    reader = SpanReader.load(Settings(), left_out / READER_FILE)
    tables = measure(reader, args.data, args.sample, args.real, args.retrieved)
    write_results("reader", {**tables, **errors})
    added = stage(base, lambda: sources(True), RELEASED, released, trunk)
    network = mean_of([network, added])
    recipes = {"trunk": recipe, "left out": LEFT_OUT, "released": RELEASED}
    write_weights(network, calibration, released / READER_FILE, args.data, recipes)
    if not args.no_release:
        packaged_weights().write_bytes((released / READER_FILE).read_bytes())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.training", description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="the question sets")
    parser.add_argument("--work", type=Path, default=CACHE / "reader", help="what is kept")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--trunk-steps", type=int, default=TRUNK.steps, help="the trunk's steps")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="the most minutes of the trunk, in all"
    )
    parser.add_argument("--sample", type=int, help="measure on so many questions of each set")
    parser.add_argument("--real", type=Path, default=REAL_DOCUMENTS, help="the real documents")
    parser.add_argument(
        "--retrieved", type=int, default=100, help="ask so many of each set of the retriever"
    )
    parser.add_argument("--no-release", action="store_true", help="leave the package's weights")
    parser.add_argument(
        "--compare", type=float, metavar="MINUTES", help="train joint and split so long, and stop"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
