"""What is found for each question of ``corpus/questions/cica.jsonl``, and how well.

``ranking.json`` records the first five passages of each question, by the model in single precision:
processors that compute in bf16 change places that are nearly equal. Where a change moves them on
purpose, write it anew and look at what moved::

    pytest tests/golden --update-golden
    git diff tests/golden
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import load_paths
from cica_qa.index.build import update_index
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Hit, Passage, Turn

GOLDEN = Path(__file__).with_name("ranking.json")
REGENERATE = "If that is an improvement: pytest tests/golden --update-golden"
DOCUMENTS = Path(__file__).parents[2] / "corpus/documents"
TITLE = "(العنوان)"  # the question set's name for what precedes the first heading
Entry = dict[str, Any]


@pytest.fixture(scope="module")
def retriever(
    exact: Settings, exact_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Retriever:
    index = tmp_path_factory.mktemp("exact") / "index"
    update_index(load_paths([DOCUMENTS]), index, exact_encoder, exact)
    return Retriever(index, exact_encoder, exact)


@pytest.fixture(scope="module")
def pipeline(corpus_index: Path, encoder: Encoder) -> Pipeline:
    retriever = Retriever(corpus_index, encoder, Settings())
    return Pipeline(retriever, ExtractiveAnswerer(Settings().answer_threshold))


def section(passage: Passage) -> str:
    return passage.headings[-1] if passage.headings else TITLE


def described(entry: Entry, hits: list[Hit]) -> Entry:
    found = [f"{hit.passage.passage_id}  {section(hit.passage)}" for hit in hits]
    return {"question": entry["question"], "found": found}


def changes(before: dict[str, Entry], now: dict[str, Entry]) -> str:
    """The questions whose ranking is another one, side by side."""
    lines = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name, {}), now.get(name, {})
        if old != new:
            lines.append(f"\n{name}  {new.get('question', '(no longer asked)')}")
            for rank in range(5):
                pair = [(table.get("found", []) + [""] * 5)[rank] for table in (old, new)]
                mark = " " if pair[0] == pair[1] else "!"
                lines.append(f"  {mark} {rank + 1}  {pair[0]}  ->  {pair[1]}")
    return "\n".join(lines)


def test_the_ranking_is_the_recorded_one(
    retriever: Retriever, question_set: list[Entry], update_golden: bool
) -> None:
    now = {
        entry["id"]: described(entry, retriever.search(entry["question"], 5))
        for entry in question_set
    }
    if update_golden:
        text = json.dumps(now, ensure_ascii=False, indent=1)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    before = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert before == now, f"{changes(before, now)}\n\n{REGENERATE}"


def test_the_gold_section_is_among_the_first_three(
    pipeline: Pipeline, question_set: list[Entry]
) -> None:
    asked = [e for e in question_set if e["answerable"] and e["dialect"] != "english"]
    assert len(asked) == 48
    missed = []
    for entry in asked:
        history = [Turn(entry["prior_question"], entry["prior_answer"])] if follows(entry) else []
        hits = pipeline.ask(entry["question"], history).hits[:3]
        gold = entry.get("gold_sections", [entry["gold_section"]])
        if not any(section(hit.passage) in gold for hit in hits):
            found = " | ".join(section(hit.passage) for hit in hits)
            missed.append(f"{entry['id']}  {entry['question']}  gold: {gold}  found: {found}")
    assert len(missed) <= 0.1 * len(asked), "\n".join(missed)


def follows(entry: Entry) -> bool:
    return "prior_question" in entry


def test_a_change_is_shown_with_its_question() -> None:
    before = {"s1": {"question": "متى؟", "found": ["a", "b"]}, "s2": {"question": "x", "found": []}}
    now = {"s1": {"question": "متى؟", "found": ["b", "b"]}, "s2": {"question": "x", "found": []}}
    shown = changes(before, now).splitlines()
    assert shown[1:4] == ["s1  متى؟", "  ! 1  a  ->  b", "    2  b  ->  b"]
    assert "s2" not in changes(before, now)
