"""The answers to questions about documents of real kinds are the recorded ones, to the character.

What is recorded is what the default pipeline says in single precision, right or wrong. Changes
are to be looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_answer_texts import assert_recorded, recorded

from cica_qa import Pipeline, Settings, Turn, build_index
from cica_qa.types import Answer

DATA = Path(__file__).parents[1] / "data"
FILE = Path(__file__).parent / "documents.json"
EVERY = 8
"""Of the questions about the real documents, each so many-th is asked."""
OF_A_CASE = 2
"""So many questions of each case, the first ones, are asked."""


def test_the_answers_are_the_recorded_ones(
    tmp_path_factory: pytest.TempPathFactory, exact: Settings, update_golden: bool
) -> None:
    assert_recorded(dict(_answers(tmp_path_factory, exact)), FILE, update_golden)


def _answers(
    factory: pytest.TempPathFactory, settings: Settings
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    real = DATA / "realdocs"
    rows = _rows(real / "questions.jsonl")[::EVERY]
    pipeline = _pipeline(real / "docs", factory, settings)
    for row in rows:
        yield f"realdocs {row['id']}", recorded(_ask(pipeline, row))
    for case in sorted((DATA / "cases").iterdir()):
        if (case / "questions.jsonl").exists():
            pipeline = _pipeline(case / "documents", factory, settings)
            for row in _rows(case / "questions.jsonl")[:OF_A_CASE]:
                yield f"{case.name} {row['question']}", recorded(_ask(pipeline, row))


def _pipeline(documents: Path, factory: pytest.TempPathFactory, settings: Settings) -> Pipeline:
    index = factory.mktemp("documents") / "index"
    build_index(documents, index, settings=settings)
    return Pipeline.load(index, settings=settings)


def _ask(pipeline: Pipeline, row: Mapping[str, Any]) -> Answer:
    before = row.get("prior_question")
    history: Sequence[Turn] = [Turn(before, pipeline.ask(before).text)] if before else []
    return pipeline.ask(row["question"], history)


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
