"""The report as Markdown: the tables of the web page, for a terminal or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from cica_qa.evaluation.report import glossary, words
from cica_qa.evaluation.report.labels import COUNTS, LABELS, LATENCIES
from cica_qa.evaluation.report.page import MAX_PROBLEMS, flatten, slices_by_column
from cica_qa.evaluation.report.survey import Survey
from cica_qa.evaluation.types import Comparison, Estimate, SetResult

_MARKUP = re.compile(r"[\\`*_{}\[\]<>()#+!|~&$@]")
_LONG = 160


def markdown_report(
    results: Sequence[SetResult],
    surveys: Sequence[Survey],
    comparisons: Sequence[Comparison],
    baseline: str,
) -> str:
    """Return the text of ``report.md``, with headings and columns in both languages."""
    lines = [f"# {_label('report')}", "", *_headline(results)]
    if comparisons:
        lines += [*_heading(2, _label("comparison")), *_comparisons(comparisons, baseline)]
    for result, found in zip(results, surveys, strict=True):
        lines += [*_heading(2, escaped(result.name)), *_set(result, found)]
    names = glossary.in_glossary_order(name for result in results for name in result.figures)
    lines += [*_heading(2, _label("glossary")), *_glossary(names)]
    return "\n".join(lines).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """Return foreign text as one line of literal Markdown, bidi-isolated and cut if long."""
    line = " ".join(text.split())
    line = line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"
    return _MARKUP.sub(r"\\\g<0>", words.bidi_isolated(line))


def _label(name: str) -> str:
    return _pair(LABELS[name])


def _pair(text: words.BilingualText) -> str:
    return text.ar if text.ar == text.en else f"{text.ar} · {text.en}"


def _title(name: str) -> str:
    title = glossary.metric(name).title
    shown = _pair(title) if name in glossary.METRICS else escaped(name)
    return f"{shown} ↓" if glossary.metric(name).lower else shown


def _heading(level: int, text: str) -> list[str]:
    return ["", f"{'#' * level} {text}", ""]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _estimate(estimate: Estimate | None, *, sign: bool = False) -> str:
    if estimate is None:
        return words.NOTHING
    value = words.signed(estimate.value) if sign else words.decimal(estimate.value)
    bounds = words.interval(estimate.low, estimate.high, sign=sign)
    return f"{value} [{bounds}]" if bounds else value


def _headline(results: Sequence[SetResult]) -> list[str]:
    names = glossary.headline_metrics(name for result in results for name in result.figures)
    head = [_label("set"), _label("count"), *map(_title, names), _pair(glossary.LATENCY.title)]
    return _table(
        head,
        (
            [
                escaped(result.name),
                f"{result.counts.get('questions', 0):,}",
                *(_estimate(result.figures.get(name)) for name in names),
                words.milliseconds(result.latency.get("p50", float("nan"))),
            ]
            for result in results
        ),
    )


def _comparisons(comparisons: Sequence[Comparison], baseline: str) -> list[str]:
    columns = ("set", "metric", "baseline", "difference", "p", "p_corrected", "verdict")
    rows = (
        [
            escaped(one.set_name),
            _title(one.metric),
            words.decimal(one.baseline),
            _estimate(one.difference, sign=True),
            words.probability(one.p).replace("<", "\\<"),
            words.probability(one.p_corrected).replace("<", "\\<"),
            _pair(glossary.comparison_verdict(one)[1]),
        ]
        for one in comparisons
    )
    lead = [f"{_label('baseline')}: {escaped(baseline)}", ""] if baseline else []
    return [*lead, *_table([_label(name) for name in columns], rows)]


def _set(result: SetResult, found: Survey) -> Iterator[str]:
    yield from _table(
        [_label(name) for name in COUNTS],
        [[f"{result.counts.get(name, 0):,}" for name in COUNTS]],
    )
    yield from _heading(3, _label("all_figures"))
    yield from _table(
        [_label("metric"), _label("value"), _label("count")],
        (
            [_title(name), _estimate(result.figures[name]), f"{result.figures[name].count:,}"]
            for name in glossary.in_glossary_order(result.figures)
        ),
    )
    for column, names, slices in slices_by_column(result.slices):
        yield from _heading(3, f"{_label('slices')}: {escaped(column)}")
        yield from _table(
            [escaped(column), _label("count"), *map(_title, names)],
            (
                [
                    escaped(one.value),
                    f"{one.count:,}",
                    *(_estimate(one.figures.get(n)) for n in names),
                ]
                for one in slices
            ),
        )
    yield from _robustness(result)
    yield from _failures(found)
    yield from _rest(result)


def _robustness(result: SetResult) -> Iterator[str]:
    if not result.drops:
        return
    names = glossary.headline_metrics(name for drop in result.drops for name in drop.figures)
    yield from _heading(3, _label("robustness"))
    yield from _table(
        [_label("noise"), _label("changed"), *map(_title, names)],
        (
            [
                escaped(drop.variant),
                f"{drop.changed:,}",
                *(
                    f"{_estimate(drop.figures.get(name))}; {_label('loss')}: "
                    f"{_estimate(drop.losses.get(name), sign=True)}"
                    for name in names
                ),
            ]
            for drop in result.drops
        ),
    )


def _failures(found: Survey) -> Iterator[str]:
    if not found.failures:
        return
    columns = ("qid", "state", "question", "expected", "given", "confidence")
    yield from _heading(3, _label("failures"))
    yield from _table(
        [_label(name) for name in columns],
        (
            [
                escaped(outcome.question.qid),
                _label(f"kind{kind}"),
                escaped(outcome.question.text),
                escaped(" | ".join(gold.text for gold in outcome.question.golds)),
                escaped(outcome.error or outcome.answer or outcome.reason),
                words.decimal(outcome.confidence, 2),
            ]
            for kind, outcome in found.failures
        ),
    )


def _rest(result: SetResult) -> Iterator[str]:
    if result.latency:
        names = [name for name in LATENCIES if name in result.latency]
        yield from _heading(3, _pair(glossary.LATENCY.title))
        values = [words.milliseconds(result.latency[name]) for name in names]
        yield from _table([_label(name) for name in names], [values])
    if result.problems:
        yield from _heading(3, f"{_label('problems')} ({len(result.problems):,})")
        yield from (f"- {escaped(str(one))}" for one in result.problems[:MAX_PROBLEMS])
    if result.configuration:
        yield from _heading(3, _label("configuration"))
        yield from (
            f"- {escaped(key)}: {escaped(value)}" for key, value in flatten(result.configuration)
        )


def _glossary(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name in glossary.METRICS:
            yield f"- **{_title(name)}**: {_pair(glossary.metric(name).meaning)}"
