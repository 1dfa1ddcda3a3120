"""The command ``cica-qa evaluate``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cica_qa.cli.options import index_location, whole_number
from cica_qa.terminal import ProgressBar, evaluation_report

if TYPE_CHECKING:
    from cica_qa.settings import Settings

_MAX_PROBLEMS = 20
"""The most problems of a set that are printed."""
EXIT_SHORTFALL = 8
"""The exit code if a figure misses its floor, a metric regressed or a set has faults."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument(
        "sets", nargs="+", type=Path, metavar="SET", help="a question set: a file or a folder"
    )
    parser.add_argument(
        "--index",
        type=index_location,
        metavar="INDEX",
        help="the index to ask (default: the documents that the set brings, else 'index')",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("evaluation"),
        metavar="DIR",
        help="where the reports go (default %(default)s); a run in it that was stopped goes on",
    )
    parser.add_argument(
        "--check", action="store_true", help="only look for faults in the sets and between them"
    )
    parser.add_argument(
        "--k",
        type=whole_number(1, 1000),
        default=10,
        help="passages to look at (default %(default)s)",
    )
    parser.add_argument(
        "--robustness",
        nargs="?",
        const="all",
        metavar="NOISE,…",
        help="ask every question once more with each kind of noise, or those named",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="DIR", help="the --out of a run to compare with"
    )
    parser.add_argument(
        "--system",
        default="",
        metavar="RUN|URL",
        help="another system: its TREC run file, or an endpoint with /v1/ask",
    )
    parser.add_argument(
        "--fail-under", default="", metavar="FLOORS", help='for example "nDCG@10=.9,F1=.7"'
    )
    parser.add_argument(
        "--fail-on-regression",
        action="store_true",
        help="fail where the baseline was better by more than chance",
    )
    parser.add_argument("--strict", action="store_true", help="stop at the first fault of a set")
    parser.add_argument("--restart", action="store_true", help="ask everything anew")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Evaluate, print the figures, and return the exit code."""
    from cica_qa.evaluation.compare import parse_floors
    from cica_qa.evaluation.evaluate import evaluate

    if options.check:
        return _check(options.sets)
    floors = parse_floors(options.fail_under)
    noises = options.robustness.split(",") if options.robustness else False
    with ProgressBar(sys.stderr) as bar:
        found = evaluate(
            options.sets,
            options.index,
            options.out,
            settings=settings,
            k=options.k,
            robustness=True if options.robustness == "all" else noises,
            baseline=options.baseline,
            system=options.system,
            strict=options.strict,
            restart=options.restart,
            progress=bar.show,
        )
    for result in found.results:
        for problem in result.problems[:_MAX_PROBLEMS]:
            print(f"cica-qa: {problem}", file=sys.stderr)
        left = len(result.problems) - _MAX_PROBLEMS
        if left > 0:
            print(f"cica-qa: and {left} more like these; --check lists all", file=sys.stderr)
    for line in evaluation_report(found):
        print(line)
    failures = found.shortfalls(floors)
    if options.fail_on_regression:
        failures += [
            f"{one.set_name}: {one.metric} was {one.baseline:.4f}, "
            f"now {one.difference.value:+.4f} (p {one.p_corrected:.4f})"
            for one in found.regressions()
        ]
    for line in failures:
        print(f"cica-qa: {line}", file=sys.stderr)
    return EXIT_SHORTFALL if failures else 0


def _check(paths: Sequence[Path]) -> int:
    """Print a line for each fault of the sets, and return the exit code."""
    from cica_qa.evaluation.doctor import check
    from cica_qa.evaluation.sets import read_set

    problems = check([read_set(path) for path in paths])
    for problem in problems:
        print(problem)
    print("no faults found" if not problems else f"{len(problems)} found", file=sys.stderr)
    return EXIT_SHORTFALL if problems else 0
