"""Writes all files of a report."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from cica_qa.evaluation.report.files import folder_names, write_text
from cica_qa.evaluation.report.glossary import ordered
from cica_qa.evaluation.report.markdown import markdown
from cica_qa.evaluation.report.page import page
from cica_qa.evaluation.report.survey import Survey, survey
from cica_qa.evaluation.report.tables import write_tables
from cica_qa.evaluation.types import Comparison, Outcome, SetResult

ROWS = 5_000
"""How many questions the page holds at most; more would make browsers slow."""


def write_reports(
    folder: Path,
    results: Sequence[SetResult],
    outcomes: Mapping[str, Callable[[], Iterable[Outcome]]],
    comparisons: Sequence[Comparison] = (),
    baseline: str = "",
) -> list[Path]:
    """Write the report of an evaluation into ``folder`` and return the files.

    ``outcomes`` has, by the name of the set, what reads its outcomes anew; each is read twice, and
    never held in memory as a whole. Beside ``report.html``, ``report.md`` and ``results.json``,
    each set has a folder with ``questions.csv``, ``times.csv``, ``run.trec`` and ``qrels.trec``.
    Times are in ``times.csv`` and in what the first three say of latency; all else is the same
    after each run. Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    surveys: list[Survey] = []
    tables: list[Path] = []
    left = ROWS
    for at, (result, name) in enumerate(zip(results, folder_names_of(results), strict=True)):
        read = outcomes.get(result.name, tuple)
        found = survey(read(), left // (len(results) - at))
        left -= len(found.rows)
        surveys.append(found)
        tables += write_tables(folder / name, read(), ordered(found.names))
    said = {"sets": results, "comparisons": comparisons, "baseline": baseline}
    data = json.dumps(plain(said), ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return [
        write_text(folder / "report.html", page(results, surveys, comparisons, baseline)),
        write_text(folder / "report.md", markdown(results, surveys, comparisons, baseline)),
        write_text(folder / "results.json", data + "\n"),
        *tables,
    ]


def folder_names_of(results: Sequence[SetResult]) -> list[str]:
    """Return the folder of each set, by its place."""
    return folder_names(result.name for result in results)


def plain(value: object) -> Any:
    """Return a value as JSON has it: records as objects, what is no finite number as null."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    return str(value)
