"""Writes the files of a report."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from cica_qa.evaluation.report.files import folder_names, write_text_file
from cica_qa.evaluation.report.glossary import in_glossary_order
from cica_qa.evaluation.report.markdown import markdown_report
from cica_qa.evaluation.report.page import html_report
from cica_qa.evaluation.report.survey import Survey, survey
from cica_qa.evaluation.report.tables import write_tables
from cica_qa.evaluation.types import Comparison, Outcome, SetResult

MAX_ROWS = 5_000
"""The most questions in the page; more would make browsers slow."""


def write_reports(
    folder: Path,
    results: Sequence[SetResult],
    outcomes: Mapping[str, Callable[[], Iterable[Outcome]]],
    comparisons: Sequence[Comparison] = (),
    baseline: str = "",
) -> list[Path]:
    """Write the report of an evaluation into ``folder`` and return its files.

    ``outcomes`` maps the name of each set to a function that reads its outcomes; it is called twice
    and never held in memory as a whole. The files are ``report.html``, ``report.md`` and
    ``results.json``, and in a folder for each set ``questions.csv``, ``times.csv``, ``run.trec``
    and ``qrels.trec``. Except for ``times.csv`` and the latencies, equal runs give equal files.
    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    surveys: list[Survey] = []
    tables: list[Path] = []
    left = MAX_ROWS
    for at, (result, name) in enumerate(zip(results, report_folders(results), strict=True)):
        read = outcomes.get(result.name, tuple)
        found = survey(read(), left // (len(results) - at))
        left -= len(found.rows)
        surveys.append(found)
        tables += write_tables(folder / name, read(), in_glossary_order(found.names))
    report = to_json({"sets": results, "comparisons": comparisons, "baseline": baseline})
    data = json.dumps(report, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return [
        write_text_file(
            folder / "report.html", html_report(results, surveys, comparisons, baseline)
        ),
        write_text_file(
            folder / "report.md", markdown_report(results, surveys, comparisons, baseline)
        ),
        write_text_file(folder / "results.json", data + "\n"),
        *tables,
    ]


def report_folders(results: Sequence[SetResult]) -> list[str]:
    """Return the folder name of each result, in order."""
    return folder_names(result.name for result in results)


def to_json(value: object) -> Any:
    """Return a value that JSON can hold: dataclasses as objects, non-finite numbers as null."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if is_dataclass(value):
        return {one.name: to_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [to_json(one) for one in value]
    return str(value)
