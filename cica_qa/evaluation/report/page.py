"""The report as one page that needs nothing but itself."""

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
from cica_qa.evaluation.report.names import NAMES, named
from cica_qa.evaluation.report.survey import Survey, pieces, state
from cica_qa.evaluation.report.words import Text
from cica_qa.evaluation.slices import slice_columns
from cica_qa.evaluation.types import Comparison, Outcome, SetResult, Slice

PROBLEMS = 100
FEW = 5
_FOLDER = Path(__file__).parent
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")


def page(
    results: Sequence[SetResult],
    surveys: Sequence[Survey],
    comparisons: Sequence[Comparison],
    baseline: str,
) -> str:
    """Return ``report.html``; ``surveys`` go with ``results`` by their place."""
    kept, total = (sum(counts) for counts in _row_counts(surveys))
    rendered = (
        _environment()
        .get_template("page.html")
        .render(
            results=results,
            surveys=surveys,
            comparisons=comparisons,
            baseline=baseline,
            names=glossary.shown(name for result in results for name in result.figures),
            described=glossary.ordered(_all_names(results, surveys)),
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
        "t": both,
        "tip": attribute,
        "L": labels.LABELS,
        "g": glossary,
        "w": words,
        "plots": plots,
        "COUNTS": labels.COUNTS,
        "LATENCIES": labels.LATENCIES,
        "FEW": FEW,
        "PROBLEMS": PROBLEMS,
        "more_problems": labels.more_problems,
        "columns": columns,
        "flat": flat,
        "pieces": pieces,
        "anchor": anchor,
        "named": named,
        "style": Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        "script": Markup((_FOLDER / "page.js").read_text(encoding="utf-8")),  # noqa: S704
    }
    return environment


def both(text: Text | str) -> Markup:
    """A text in both languages, of which the style sheet shows one; a ``str`` names a label."""
    pair = labels.LABELS[text] if isinstance(text, str) else text
    if pair.ar == pair.en:
        return Markup('<bdi dir="auto">{}</bdi>').format(pair.ar)
    return Markup('<span class="t" lang="ar">{}</span><span class="t" lang="en">{}</span>').format(
        pair.ar, pair.en
    )


def attribute(kind: str, text: Text | str) -> Markup:
    """An attribute in both languages: ``kind`` is «title», «label», «hint» or «text»."""
    pair = labels.LABELS[text] if isinstance(text, str) else text
    return Markup('data-{0}-ar="{1}" data-{0}-en="{2}"').format(kind, pair.ar, pair.en)


def anchor(name: str) -> str:
    """The id of a figure in the glossary: letters and digits as they are, the rest by number."""
    return "m-" + "".join(c if c.isalnum() else f"-{ord(c):x}" for c in name)


def columns(slices: Sequence[Slice]) -> list[tuple[str, list[str], list[Slice]]]:
    """The slices by column: its name, its figures, its slices from the largest down."""
    tables = []
    for column in dict.fromkeys(one.column for one in slices):
        own = [one for one in slices if one.column == column]
        own.sort(key=lambda one: (-one.count, one.value))
        tables.append((column, glossary.shown(name for one in own for name in one.figures), own))
    return tables


def flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested mappings, as («index.documents», «3»)."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{name}.")
        elif isinstance(value, list | tuple | set | frozenset):
            items = sorted(map(str, value)) if isinstance(value, set | frozenset) else value
            yield name, "، ".join(map(str, items))
        else:
            yield name, "" if value is None or value == {} else str(value)


def _embedded(data: Mapping[str, Any]) -> Markup:
    """JSON that no text in it can lead out of its script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(safe)  # noqa: S704


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
            for name in glossary.ordered(name for one in surveys for name in one.names)
        ],
        "names": NAMES,
        "labels": {name: labels.LABELS[name] for name in labels.SCRIPT},
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
        "state": state(outcome),
        "confidence": outcome.confidence if math.isfinite(outcome.confidence) else None,
        "reason": outcome.reason,
        "error": outcome.error,
        "cited": [(one.doc_id, one.start, one.end, pieces(one)) for one in outcome.cited],
        "hits": [hit.unit for hit in outcome.found[:10]],
        "figures": {
            name: float(value) for name, value in outcome.figures.items() if math.isfinite(value)
        },
        "columns": slice_columns(question, outcome.asked),
    }
    return {name: value for name, value in row.items() if value not in ("", [], {}, None)}
