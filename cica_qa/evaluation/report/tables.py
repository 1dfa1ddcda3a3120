"""The data files of a report: questions and times as CSV, run and qrels for ``trec_eval``."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from cica_qa.evaluation.report.files import atomic_writer
from cica_qa.evaluation.scoring import decreasing_scores
from cica_qa.evaluation.types import Outcome

LIST_SEPARATOR = " | "
MAX_HITS = 5
RUN_TAG = "cica-qa"
COLUMNS = (
    "qid",
    "variant",
    "question",
    "asked",
    "expected",
    "answer",
    "span",
    "abstained",
    "confidence",
    "reason",
    "error",
    "cited_doc",
    "cited_start",
    "cited_end",
    "hits",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def write_tables(folder: Path, outcomes: Iterable[Outcome], names: Sequence[str]) -> list[Path]:
    """Write ``questions.csv``, ``times.csv``, ``run.trec`` and ``qrels.trec`` in one pass.

    ``names`` are the figures with columns in ``questions.csv``. Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in ("questions.csv", "times.csv", "run.trec", "qrels.trec")]
    with ExitStack() as stack:
        # Excel reads Arabic correctly only after a byte order mark.
        encodings = ("utf-8-sig", "utf-8-sig", "utf-8", "utf-8")
        files = [
            stack.enter_context(atomic_writer(path, encoding))
            for path, encoding in zip(paths, encodings, strict=True)
        ]
        questions, times = _table(files[0]), _table(files[1])
        questions((*COLUMNS, *names))
        times(("qid", "variant", "seconds"))
        for outcome in outcomes:
            questions(_row(outcome, names))
            times((outcome.question.qid, outcome.variant, _digits(outcome.seconds)))
            if not outcome.variant:
                files[2].writelines(_run(outcome))
                files[3].writelines(_judgements(outcome))
    return paths


def _table(out: TextIO) -> Callable[[Iterable[str]], object]:
    writer = csv.writer(out, lineterminator="\n")
    return lambda row: writer.writerow([formula_safe(cell) for cell in row])


def formula_safe(cell: str) -> str:
    """Return a cell that spreadsheets do not take for a formula."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _digits(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else repr(float(value))


def _row(outcome: Outcome, names: Sequence[str]) -> list[str]:
    question, cited = outcome.question, outcome.cited
    return [
        question.qid,
        outcome.variant,
        question.text,
        outcome.asked,
        LIST_SEPARATOR.join(gold.text for gold in question.golds),
        outcome.answer,
        outcome.span,
        "1" if outcome.abstained else "0",
        _digits(outcome.confidence),
        outcome.reason,
        outcome.error,
        LIST_SEPARATOR.join(one.doc_id for one in cited),
        LIST_SEPARATOR.join(str(one.start) for one in cited),
        LIST_SEPARATOR.join(str(one.end) for one in cited),
        LIST_SEPARATOR.join(hit.unit for hit in outcome.found[:MAX_HITS]),
        *(_digits(outcome.figures.get(name)) for name in names),
    ]


def trec_field(text: str) -> str:
    """Return a text as one field of a TREC file, decoded by ``urllib.parse.unquote``.

    Only white space and «%» are percent-encoded, so that Arabic stays readable; an empty text
    becomes «%».
    """
    return re.sub(r"[\s%]", lambda found: quote(found[0]), text) or "%"


def _run(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of a run with strictly decreasing scores, by which evaluators sort."""
    qid, scores = trec_field(outcome.question.qid), decreasing_scores(outcome.found)
    for rank, (hit, score) in enumerate(zip(outcome.found, scores, strict=True), 1):
        yield f"{qid} Q0 {trec_field(hit.unit)} {rank} {score!r} {RUN_TAG}\n"


def _judgements(outcome: Outcome) -> Iterator[str]:
    for unit, grade in outcome.question.relevant.items():
        yield f"{trec_field(outcome.question.qid)} 0 {trec_field(unit)} {grade}\n"
