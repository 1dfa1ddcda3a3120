"""Paired comparisons with an earlier run, and minimum values for figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from cica_qa.errors import EvaluationError, SettingsError
from cica_qa.evaluation.journal import JOURNAL_NAME, read_header
from cica_qa.evaluation.runner import EvaluationRun
from cica_qa.evaluation.scoring import LOWER_IS_BETTER
from cica_qa.evaluation.statistics import SIGNIFICANCE_LEVEL, compare
from cica_qa.evaluation.summary import OutcomeTable, tabulate
from cica_qa.evaluation.types import Comparison, QuestionSet, SetResult

COMPARED_METRICS = (
    "nDCG@10",
    "RR@10",
    "R@5",
    "EM",
    "F1",
    "Holds",
    "Sentence",
    "Citation recall",
    "Wrong refusal",
    "Wrong answer",
)


def baseline_table(folder: Path, questions: QuestionSet) -> OutcomeTable:
    """Return the outcomes of the same set from the folder of an earlier evaluation.

    Raises ``EvaluationError`` if there are none, or if the set had other questions.
    """
    path = folder / questions.name / JOURNAL_NAME
    header = read_header(path)
    if header["set_fingerprint"] != questions.fingerprint():
        raise EvaluationError(
            f"the baseline in {folder} was asked another version of {questions.name}. Compare runs "
            "of the same file."
        )
    return tabulate(EvaluationRun(questions, path.parent, tuple(header["variants"])).outcomes())


def compare_tables(name: str, ours: OutcomeTable, theirs: OutcomeTable) -> list[Comparison]:
    """Compare each metric over the questions that both runs asked; p values are uncorrected."""
    places = {qid: at for at, qid in enumerate(theirs.qids)}
    pairs = [(at, places[qid]) for at, qid in enumerate(ours.qids) if qid in places]
    mine, other = np.array(pairs, np.int64).reshape(-1, 2).T
    found = []
    for metric in COMPARED_METRICS:
        a, b = ours.values(metric)[mine], theirs.values(metric)[other]
        both = ~(np.isnan(a) | np.isnan(b))
        if both.any():
            found.append(compare(name, metric, a[both], b[both]))
    return found


def regressions(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Return the comparisons that are significantly worse after correction."""
    return [
        one
        for one in comparisons
        if one.p_corrected < SIGNIFICANCE_LEVEL
        and (one.difference.value > 0) == (one.metric in LOWER_IS_BETTER)
    ]


def parse_floors(text: str) -> dict[str, float]:
    """Parse minimum values such as ``nDCG@10=.9,F1=.7``. Raises ``SettingsError``."""
    floors = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            floors[name.strip()] = float(value)
        except ValueError as error:
            raise SettingsError(
                f"{part!r} is not a metric and its least value; write for example nDCG@10=.9,F1=.7"
            ) from error
    return floors


def shortfalls(results: Sequence[SetResult], floors: Mapping[str, float]) -> list[str]:
    """Return a line for each figure that misses its floor.

    For metrics where lower is better, the floor is a ceiling. Raises ``SettingsError`` for a metric
    that no set has.
    """
    known = {name for result in results for name in result.figures}
    if unknown := [name for name in floors if name not in known]:
        raise SettingsError(
            f"no set has the metric {unknown[0]!r}; there are: {', '.join(sorted(known))}"
        )
    lines = []
    for result in results:
        for name, floor in floors.items():
            if name not in result.figures:
                continue
            value = result.figures[name].value
            below = value > floor if name in LOWER_IS_BETTER else value < floor
            if below:
                side = "above" if name in LOWER_IS_BETTER else "below"
                lines.append(f"{result.name}: {name} is {value:.4f}, {side} {floor}")
    return lines
