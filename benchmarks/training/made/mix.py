"""The endless mixture of generated rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.training.made.encyclopaedia import wiki_row
from benchmarks.training.made.laws import law_row, ruling_row
from benchmarks.training.made.lists import list_row
from benchmarks.training.made.row import Made, with_arabic_digits
from benchmarks.training.made.rules import rule_row
from benchmarks.training.made.scenes import scene_row, scenes
from benchmarks.training.made.tables import schemas, table_row
from benchmarks.training.made.wording import asked
from benchmarks.training.made.words import Draw

SHARES = {
    "table": 0.28,
    "scene": 0.38,
    "list": 0.09,
    "rule": 0.10,
    "law": 0.05,
    "ruling": 0.02,
    "wiki": 0.08,
}
"""The share of rows that each generator makes."""
_POLAR = 0.22
"""The share of yes/no questions over tables, scenes and lists."""
_LONGEST = 1100
"""The maximum length of a text, in characters."""


def made_rows(data: Path, seed: int) -> Iterator[Made]:
    """Yield generated rows endlessly; `data` contains the folder `passages`."""
    rng = Draw(seed)
    makers: dict[str, Callable[[], Made | None]] = {
        "table": lambda: table_row(rng.choice(schemas()), _POLAR, rng),
        "scene": lambda: scene_row(rng.choice(scenes()), _POLAR, rng),
        "list": lambda: list_row(_POLAR, rng),
        "rule": lambda: rule_row(0.3, rng),
        "law": lambda: law_row(data, rng),
        "ruling": lambda: ruling_row(data, rng),
        "wiki": lambda: wiki_row(data, rng),
    }
    names, weights = list(SHARES), list(SHARES.values())
    ahead = dict.fromkeys(names, 0)
    while True:
        name = rng.choices(names, weights)[0]
        make = makers[name]
        row = None
        while row is None or not _wanted(row, ahead[name]):
            rng.start_document()
            row = make()
        ahead[name] += (row.verdict == "yes") - (row.verdict == "no")
        row = replace(row, question=asked(row.question, rng))
        yield with_arabic_digits(row) if rng.random() < 0.25 else row


def _wanted(row: Made, ahead: int) -> bool:
    """Return whether the row fits the window and keeps its generator's yes and no balanced."""
    if not 15 <= len(row.text) <= _LONGEST or (row.span and not row.answer):
        return False
    return not (row.verdict == "yes" and ahead > 3) and not (row.verdict == "no" and ahead < -3)
