"""Teach the released reader what the answerer hands to it, and write the package's weights.

Two networks begin with ``--begin``, each learns from one half of the texts, and their mean is
released. What is fitted on top (``benchmarks.answering``) reads each text with the network that did
not learn from it: ``half-0`` and ``half-1`` in ``--work`` name the half that was left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks._common import ROOT, data_folder
from benchmarks._peers.environment import CACHE
from benchmarks.answering import sources
from benchmarks.answering.sources import Asked
from benchmarks.training.base import Base
from benchmarks.training.handed import Handed, draw_of, handed_over
from benchmarks.training.mixture import draws
from benchmarks.training.network import mean_of
from benchmarks.training.recipes import HANDED, OWN, PUBLIC
from benchmarks.training.release import write_weights
from benchmarks.training.train import Sources, begun_with, stage
from cica_qa.models.reader.weights import FILE, packaged, read_weights

HALVES = ("half-0", "half-1")
DOCUMENTS = ROOT / "tests" / "data"
PUBLIC_SAMPLE = 700


def main() -> None:
    args = _arguments()
    if args.data is None:
        return
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    base = Base.load(args.work / "base", torch.device(args.device))
    weights = read_weights(args.begin)
    found = {
        OWN: handed_over(_own(), args.work / "own.pkl"),
        PUBLIC: handed_over(sources.public(args.data, PUBLIC_SAMPLE), args.work / "public.pkl"),
    }
    networks = []
    for half, name in enumerate(HALVES):
        if args.half not in (None, half):
            continue

        def drawn(half: int = half) -> Sources:
            shares = {of: share for of, share in HANDED.shares.items() if of not in found}
            ways, counted = draws(args.data, base.tokenizer, shares)
            for of, questions in found.items():
                ways.append(draw_of(left_in(questions, half), base.tokenizer))
                counted.append(HANDED.shares[of])
            return ways, counted

        begin = begun_with(base, weights.tensors, args.work / f"{name}-begin")
        network = stage(base, drawn, HANDED, args.work / name, begin)
        write_weights(
            network, weights.calibration, args.work / name / FILE, args.data, {"handed": HANDED}
        )
        networks.append(network)
    if args.half is not None:
        return
    whole = args.work / "whole" / FILE
    write_weights(mean_of(networks), weights.calibration, whole, args.data, {"handed": HANDED})
    if not args.no_release:
        packaged().write_bytes(whole.read_bytes())


def _own() -> Iterator[Asked]:
    yield from sources.real_documents(DOCUMENTS / "realdocs")
    yield from sources.each_real_document(DOCUMENTS / "realdocs")
    yield from sources.cases(DOCUMENTS / "cases")
    yield from sources.short(DOCUMENTS / "short")
    yield from sources.article()


def left_in(questions: list[Handed], half: int) -> list[Handed]:
    """Return the questions on all texts but those of a half."""
    return [one for one in questions if one.half != half]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.training.documents", description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="the question sets")
    parser.add_argument("--work", type=Path, default=CACHE / "handed", help="what is kept")
    parser.add_argument("--begin", type=Path, default=packaged(), help="the weights to begin with")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--half", type=int, choices=(0, 1), help="leave out this half, and stop")
    parser.add_argument("--no-release", action="store_true", help="leave the package's weights")
    return parser.parse_args()


if __name__ == "__main__":
    main()
