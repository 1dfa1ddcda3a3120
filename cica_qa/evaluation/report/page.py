"""The report as a single self-contained web page."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cica_qa.evaluation.report import glossary, labels, plots, words
from cica_qa.evaluation.report.names import DISPLAY_NAMES, display_name
from cica_qa.evaluation.report.survey import Survey, focus_segments, outcome_state
from cica_qa.evaluation.report.words import BilingualText
from cica_qa.evaluation.slices import slice_columns
from cica_qa.evaluation.types import Comparison, Outcome, SetResult, Slice

MAX_PROBLEMS = 100
MIN_SLICE_SIZE = 5
_FOLDER = Path(__file__).parent
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")


def html_report(
    results: Sequence[SetResult],
    surveys: Sequence[Survey],
    comparisons: Sequence[Comparison],
    baseline: str,
) -> str:
    """Return the text of ``report.html``; ``surveys`` are in the order of ``results``."""
    kept, total = (sum(counts) for counts in _row_counts(surveys))
    rendered = (
        _environment()
        .get_template("page.html")
        .render(
            results=results,
            surveys=surveys,
            comparisons=comparisons,
            baseline=baseline,
            names=glossary.headline_metrics(name for result in results for name in result.figures),
            described=glossary.in_glossary_order(_all_names(results, surveys)),
            latency=any("p50" in result.latency for result in results),
            more=labels.more_rows(f"{kept:,}", words.counted(total, oblique=True).ar)
            if kept < total
            else None,
            data=_embedded(_data(results, surveys)),
        )
    )
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", rendered)


def _row_counts(surveys: Sequence[Survey]) -> tuple[list[int], list[int]]:
    return [len(one.rows) for one in surveys], [one.total for one in surveys]


def _all_names(results: Sequence[SetResult], surveys: Sequence[Survey]) -> set[str]:
    return {name for one in results for name in one.figures} | {
        name for one in surveys for name in one.names
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "t": bilingual,
        "tip": bilingual_attribute,
        "L": labels.LABELS,
        "g": glossary,
        "w": words,
        "plots": plots,
        "COUNTS": labels.COUNTS,
        "LATENCIES": labels.LATENCIES,
        "MIN_SLICE_SIZE": MIN_SLICE_SIZE,
        "MAX_PROBLEMS": MAX_PROBLEMS,
        "more_problems": labels.more_problems,
        "slices_by_column": slices_by_column,
        "flatten": flatten,
        "focus_segments": focus_segments,
        "anchor": anchor,
        "display_name": display_name,
        # The package's own files, which are safe to embed as they are.
        "style": Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704  # own
        "script": Markup((_FOLDER / "page.js").read_text(encoding="utf-8")),  # noqa: S704  # own
    }
    return environment


def bilingual(text: BilingualText | str) -> Markup:
    """Return a text in both languages, of which CSS shows one; a ``str`` names a label."""
    pair = labels.LABELS[text] if isinstance(text, str) else text
    if pair.ar == pair.en:
        return Markup('<bdi dir="auto">{}</bdi>').format(pair.ar)
    return Markup('<span class="t" lang="ar">{}</span><span class="t" lang="en">{}</span>').format(
        pair.ar, pair.en
    )


def bilingual_attribute(kind: str, text: BilingualText | str) -> Markup:
    """Return an attribute in both languages; ``kind`` is «title», «label», «hint» or «text»."""
    pair = labels.LABELS[text] if isinstance(text, str) else text
    return Markup('data-{0}-ar="{1}" data-{0}-en="{2}"').format(kind, pair.ar, pair.en)


def anchor(name: str) -> str:
    """Return the HTML id of a figure in the glossary, with special characters as code points."""
    return "m-" + "".join(c if c.isalnum() else f"-{ord(c):x}" for c in name)


def slices_by_column(slices: Sequence[Slice]) -> list[tuple[str, list[str], list[Slice]]]:
    """Return (column, names of figures, slices from the largest down) for each column."""
    tables = []
    for column in dict.fromkeys(one.column for one in slices):
        own = [one for one in slices if one.column == column]
        own.sort(key=lambda one: (-one.count, one.value))
        tables.append(
            (column, glossary.headline_metrics(name for one in own for name in one.figures), own)
        )
    return tables


def flatten(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested mappings as pairs such as ("index.documents", "3")."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        elif isinstance(value, list | tuple | set | frozenset):
            items = sorted(map(str, value)) if isinstance(value, set | frozenset) else value
            yield name, "، ".join(map(str, items))
        else:
            yield name, "" if value is None or value == {} else str(value)


def _embedded(data: Mapping[str, Any]) -> Markup:
    """Return JSON in which no text can close the script element around it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(safe)  # noqa: S704  # escaped above


def _data(results: Sequence[SetResult], surveys: Sequence[Survey]) -> dict[str, Any]:
    rows = [
        _row(result.name, outcome)
        for result, found in zip(results, surveys, strict=True)
        for outcome in found.rows
    ]
    sliced = Counter(one.column for result in results for one in result.slices)
    return {
        "rows": rows,
        "sets": [result.name for result in results],
        "columns": sorted(sliced),
        "figures": [
            (name, glossary.metric(name).title)
            for name in glossary.in_glossary_order(name for one in surveys for name in one.names)
        ],
        "names": DISPLAY_NAMES,
        "labels": {name: labels.LABELS[name] for name in labels.SCRIPT_LABELS},
    }


def _row(set_name: str, outcome: Outcome) -> dict[str, Any]:
    question = outcome.question
    row = {
        "set": set_name,
        "id": question.qid,
        "variant": outcome.variant,
        "question": question.text,
        "asked": "" if outcome.asked == question.text else outcome.asked,
        "expected": [gold.text for gold in question.golds],
        "answerable": question.answerable,
        "answer": outcome.answer,
        "span": outcome.span,
        "state": outcome_state(outcome),
        "confidence": outcome.confidence if math.isfinite(outcome.confidence) else None,
        "reason": outcome.reason,
        "error": outcome.error,
        "cited": [(one.doc_id, one.start, one.end, focus_segments(one)) for one in outcome.cited],
        "hits": [hit.unit for hit in outcome.found[:10]],
        "figures": {
            name: float(value) for name, value in outcome.figures.items() if math.isfinite(value)
        },
        "columns": slice_columns(question, outcome.asked),
    }
    return {name: value for name, value in row.items() if value not in ("", [], {}, None)}
