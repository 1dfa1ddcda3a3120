"""The answers to the article's questions are the recorded ones, to the character."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cica_qa.answer.pipeline import Pipeline
from cica_qa.models.encoder import load_encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Answer, Turn

FILE = Path(__file__).parent / "answers.json"


def recorded(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "answer": "" if answer.abstained else answer.text,
        "focus": [
            c.quote[start - c.start : end - c.start]
            for c in answer.citations
            for start, end in c.focus
        ],
        **({"reason": answer.reason} if answer.abstained else {}),
        **({"carried": answer.carried} if answer.carried else {}),
    }


def test_the_answers_are_the_recorded_ones(
    corpus_index: Path,
    exact: Settings,
    question_set: list[dict[str, str]],
    update_golden: bool,
) -> None:
    pipeline = Pipeline.of(Retriever(corpus_index, load_encoder(exact), exact))
    found = {}
    for entry in question_set:
        earlier = entry.get("prior_question")
        history = [Turn(earlier, entry["prior_answer"])] if earlier else []
        found[entry["id"]] = recorded(pipeline.ask(entry["question"], history))
    assert_recorded(found, FILE, update_golden)


def assert_recorded(found: Mapping[str, Any], file: Path, update: bool) -> None:
    """Compare answers with those in a file, which ``update`` writes first."""
    if update:
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    expected = json.loads(file.read_text(encoding="utf-8"))
    changed = [key for key in found if found[key] != expected.get(key)]
    shown = "\n".join(f"{key}: {expected.get(key)}\n  -> {found[key]}" for key in changed)
    assert not changed, f"{shown}\nIf that is better: pytest tests/golden --update-golden"
    assert found.keys() == expected.keys()
