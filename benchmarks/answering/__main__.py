"""Fit the weights that choose answers and give their confidence, leaving out each source in turn.

Writes ``cica_qa/answer/weights.json`` and ``results/answering``. The questions are read by the
package's network, which never saw the real documents, the cases and the article, and saw a part of
the public sets' questions once. The gathered candidates are cached in ``--kept``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, get_args

from benchmarks._common import ROOT, data_folder, write_results
from benchmarks._peers.environment import CACHE
from benchmarks.answering import sources
from benchmarks.answering.fit import (
    Fitted,
    fit_order,
    fit_sure,
    fit_verdict,
    fold_of,
    left_out_confidence,
    sure_rows,
)
from benchmarks.answering.report import (
    ablation,
    chosen,
    honesty,
    levels,
    refusing,
    verdict_rows,
    verdicts,
    without_groups,
)
from benchmarks.answering.trials import Trial, gathered
from cica_qa import Settings
from cica_qa.answer.select import (
    CANDIDATE_COUNT,
    ONE_PASSAGE,
    PASSAGE_AHEAD,
    RELATIVE,
    WEIGHTS_FILE,
    AnswerWeights,
)
from cica_qa.answer.structure import KINDS as STRUCTURE
from cica_qa.arabic.questions import QuestionKind
from cica_qa.models.reader.reader import SpanReader

DATA = ROOT / "tests" / "data"
WEIGHTS = ROOT / "cica_qa" / "answer" / WEIGHTS_FILE
BY_RETRIEVAL = (
    "cosine",
    "meaning",
    "hit",
    "behind the first hit",
    "list",
    "list of several",
    "list of what is counted",
    "part of several",
    "words",
)
BY_WORDS = (
    "own words",
    "words in context",
    "words meant",
    "least word",
    "words of the follow-up",
    "meaning across scripts",
)
HOW_NAMED = ("named", "unnamed")
READ_WHOLE = "read in its passage"
READ_ALONE = ("read alone", "answers", "answers yes or no", "says yes or no")
KINDS = (
    *(f"is {kind}" for kind in STRUCTURE),
    *(f"list of {kind}s" for kind in STRUCTURE),
)
NAMED = tuple(f"{what} {how}" for what in ("label", "column", "heading") for how in HOW_NAMED)
PARTS = ("parts answer", "others answer")
ORDER = {
    "read": (*BY_RETRIEVAL, *BY_WORDS, *KINDS, *NAMED, READ_WHOLE, *READ_ALONE, *PARTS),
    "unread": (*BY_RETRIEVAL, *BY_WORDS, *KINDS, *NAMED),
}
PROMISE = {"read": (*BY_RETRIEVAL, *KINDS, READ_WHOLE), "unread": (*BY_RETRIEVAL, *KINDS)}
AGREEMENT = (
    "words in passage",
    "follow-up unheard",
    "another script",
    "least word in passage",
    "said of another",
    "said by another document",
    "numbers unmet",
    "numbers met",
    "no number where one is asked for",
    "no number where a date is asked for",
)
AMONG = (*(f"{name} ahead" for name in RELATIVE), PASSAGE_AHEAD, ONE_PASSAGE, CANDIDATE_COUNT)
ASKED = tuple(f"asks for {kind}" for kind in get_args(QuestionKind))
LEVELS = {"sure": 0.9, "likely": 0.8}
"""The share of right answers that the lowest confidence of each level has to reach."""
LEAST_RIGHT = 0.75
"""The share of right verdicts that the lowest probability for «نعم» or «لا» has to reach."""


def _groups(kind: str) -> dict[str, Sequence[str]]:
    read = {"what the reader says": (READ_WHOLE, *READ_ALONE, *PARTS)} if kind == "read" else {}
    return {
        "retrieval": BY_RETRIEVAL,
        "words": BY_WORDS,
        "structure": (*KINDS, *NAMED),
        **read,
        "what must agree": AGREEMENT,
        "the other candidates": AMONG,
        "what is asked for": ASKED,
    }


def main() -> None:
    args = _arguments()
    if args.data is None:
        return
    tables: dict[str, Any] = {}
    weights = {}
    for kind in ORDER:
        trials = _trials(args, kind, SpanReader.load(Settings()) if kind == "read" else None)
        left_out = {
            fold: fit_order([one for one in trials if fold_of(one.group) != fold], ORDER[kind])
            for fold in sorted({fold_of(one.group) for one in trials})
        }
        rows = sure_rows(trials, partial(_order_for, left_out))
        names = [name for names in _groups(kind).values() for name in names]
        sure = left_out_confidence(rows, names)
        polar = verdict_rows(rows, sure)
        said, least = verdicts(polar, LEAST_RIGHT)
        weights[kind] = {
            "promise": _short(fit_order(trials, PROMISE[kind])),
            "order": _short(fit_order(trials, ORDER[kind])),
            "sure": asdict(fit_sure(rows, names)),
            "verdict": {
                word: _short(of)
                for word, of in fit_verdict([(told, word) for _, told, word in polar]).items()
            },
            "least_verdict": least,
        }
        by_level, weights[kind]["levels"] = levels(rows, sure, LEVELS)
        tables |= {
            f"The first candidate is right, its group left out ({kind})": chosen(trials, left_out),
            f"By threshold, the group left out ({kind})": refusing(rows, sure),
            f"How honest the confidence is, the group left out ({kind})": honesty(rows, sure),
            f"How many are right, by confidence, the group left out ({kind})": by_level,
            f"«نعم» or «لا», the group left out ({kind})": said,
        }
        if kind == "read" and args.ablation:
            tables["Order without a feature, the group left out"] = ablation(trials, ORDER[kind])
            tables["Confidence without features, the group left out"] = without_groups(
                rows, _groups(kind)
            )
    write_results("answering", tables)
    if not args.no_release:
        text = json.dumps(weights, ensure_ascii=False, separators=(",", ":"))
        WEIGHTS.write_text(text.replace(',"', ',\n"') + "\n", encoding="utf-8")


def _order_for(left_out: Mapping[str, Fitted], trial: Trial) -> Fitted:
    return left_out[fold_of(trial.group)]


def _trials(args: argparse.Namespace, kind: str, reader: SpanReader | None) -> Sequence[Trial]:
    found: list[Trial] = []
    for name, asked in (
        ("public", sources.public(args.data, args.sample)),
        ("realdocs", sources.real_documents(DATA / "realdocs")),
        ("cases", sources.cases(DATA / "cases")),
        ("short", sources.short(DATA / "short")),
        ("article", sources.article()),
        ("alone", sources.alone(args.data, args.sample)),
        ("made", sources.made(args.data, 5 * args.sample)),
        ("each", sources.each_real_document(DATA / "realdocs")),
    ):
        kept = args.kept / kind / f"{name}.pkl"
        found += gathered(asked, reader, AnswerWeights.fitted(kind == "read"), kept)
    return found


def _short(weights: Fitted) -> Mapping[str, float]:
    return {name: round(value, 4) for name, value in weights.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.answering", description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="the question sets")
    parser.add_argument("--kept", type=Path, default=CACHE / "answering", help="what is kept")
    parser.add_argument("--sample", type=int, default=100, help="questions of each public set")
    parser.add_argument("--ablation", action="store_true", help="also without each feature")
    parser.add_argument("--no-release", action="store_true", help="leave the package's weights")
    return parser.parse_args()


if __name__ == "__main__":
    main()
