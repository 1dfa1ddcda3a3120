"""Today against yesterday: paired comparisons with an earlier run, and floors for figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from cica_qa.errors import EvaluationError, SettingsError
from cica_qa.evaluation.journal import NAME, read_header
from cica_qa.evaluation.runner import Run
from cica_qa.evaluation.scoring import LOWER_IS_BETTER
from cica_qa.evaluation.statistics import compare
from cica_qa.evaluation.summary import Table, table_of
from cica_qa.evaluation.types import Comparison, QuestionSet, SetResult

COMPARED = (
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
SIGNIFICANT = 0.05


def baseline_table(folder: Path, questions: QuestionSet) -> Table:
    """Read the run of the same set in the folder of an earlier evaluation.

    Raises ``EvaluationError`` where there is none, or its questions were others.
    """
    path = folder / questions.name / NAME
    header = read_header(path)
    if header["set_fingerprint"] != questions.fingerprint():
        raise EvaluationError(
            f"the baseline in {folder} was asked another version of {questions.name}. Compare runs "
            "of the same file."
        )
    return table_of(Run(questions, path.parent, tuple(header["variants"])).outcomes())


def compare_tables(name: str, ours: Table, theirs: Table) -> list[Comparison]:
    """Compare, metric by metric, the questions that both were asked; without correction."""
    places = {qid: at for at, qid in enumerate(theirs.qids)}
    pairs = [(at, places[qid]) for at, qid in enumerate(ours.qids) if qid in places]
    mine, other = np.array(pairs, np.int64).reshape(-1, 2).T
    found = []
    for metric in COMPARED:
        a, b = ours.values(metric)[mine], theirs.values(metric)[other]
        both = ~(np.isnan(a) | np.isnan(b))
        if both.any():
            found.append(compare(name, metric, a[both], b[both]))
    return found


def regressions(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Return what got worse by more than chance, after correction."""
    return [
        one
        for one in comparisons
        if one.p_corrected < SIGNIFICANT
        and (one.difference.value > 0) == (one.metric in LOWER_IS_BETTER)
    ]


def parse_floors(text: str) -> dict[str, float]:
    """Read «nDCG@10=.9,F1=.7». Raises ``SettingsError`` for anything else."""
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
    """Return a line for each figure below its floor; metrics where less is better are ceilings.

    Raises ``SettingsError`` for a metric that no set has.
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
