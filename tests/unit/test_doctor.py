"""The doctor's findings within question sets and between them, and what it does not report."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from cica_qa.evaluation.doctor import check
from cica_qa.evaluation.near import NearTexts
from cica_qa.evaluation.sets import read_set
from cica_qa.evaluation.types import SetProblem

LONG = " ".join(f"كلمة{n}" for n in range(60))


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def told(*paths: Path) -> list[tuple[str, int, str]]:
    return [(Path(p.file).name, p.line, p.kind) for p in check([read_set(p) for p in paths])]


def test_a_sound_set_has_no_problem(tmp_path: Path) -> None:
    rows = [
        {"question": "أين؟", "context": "في آسيا.", "answers": ["آسيا"], "answerable": True},
        {"question": "متى؟", "context": "في آسيا.", "answerable": False},
        {"question": "وأين؟", "answer": "هنا", "prior_question": "من؟"},
        {"question": "وأين؟", "answer": "هناك", "prior_question": "ما؟"},
    ]
    assert told(write(tmp_path / "x", *rows)) == []


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"question": "متى؟", "answerable": True}, "no-answer"),
        ({"question": "متى؟", "answerable": False, "answer": "x"}, "answer-to-unanswerable"),
        ({"question": "متى؟", "context": "نص آخر", "answer": "x"}, "answer-not-in-context"),
        ({"question": "متى؟", "context": "س x", "answers": ["x"], "answer_starts": [1]},
         "wrong-offset"),
        ({"question": "متى؟", "context": ""}, "empty-context"),
        ({"question": "أَيـن", "answer": "آسيا"}, "duplicate-question"),
        ({"question": "اين ؟", "answer": "هنا"}, "conflicting-answers"),
        ({"question": "أين؟", "answerable": False}, "conflicting-answers"),
        ({"question": ""}, "no-question"),
    ],
)  # fmt: skip
def test_each_fault_is_reported_with_file_and_line(
    row: dict[str, object], kind: str, tmp_path: Path
) -> None:
    sound = {"question": "أين؟", "answer": "اسيا", "answerable": True}
    assert told(write(tmp_path / "x", sound, row)) == [("x", 2, kind)]


def test_near_duplicate_contexts_are_reported(tmp_path: Path) -> None:
    near, other = LONG.replace("كلمة59", "غير"), " ".join(reversed(LONG.split()))
    rows = [{"question": f"{n}؟", "context": c} for n, c in enumerate((LONG, other, near))]
    (problem,) = check([read_set(write(tmp_path / "x", *rows))])
    assert (problem.line, problem.kind) == (3, "near-duplicate-context")
    assert "96% the same as" in problem.message
    assert f"{tmp_path / 'x'}:1" in problem.message


def test_overlaps_of_two_sets_are_reported(tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"question": "أين؟"}, {"question": "من؟", "context": LONG})
    two = write(tmp_path / "b", {"question": "كم؟", "context": LONG + " ذيل"}, {"question": "اين"})
    problems = check([read_set(one), read_set(two)])
    assert [(p.file, p.line, p.kind) for p in problems] == [
        (str(two), 1, "overlap"),
        (str(two), 2, "overlap"),
    ]
    assert f"{one}:2" in problems[0].message
    assert f"{one}:1" in problems[1].message


def test_an_unusable_set_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    empty = write(tmp_path / "a", {"question": ""})
    faulty = write(tmp_path / "b", {"question": "أين؟", "answerable": True})
    assert told(empty, faulty) == [
        ("a", 0, "unusable"),
        ("a", 1, "no-question"),
        ("b", 1, "no-answer"),
    ]


def test_problems_are_sorted_and_reported_once(tmp_path: Path) -> None:
    rows = [{"question": "", "id": n} for n in range(3)] + [{"question": "أين؟"}]
    file = write(tmp_path / "x", *rows)
    problems = check([read_set(file), read_set(file)])
    assert [(p.line, p.kind) for p in problems] == [
        (1, "no-question"),
        (2, "no-question"),
        (3, "no-question"),
        (4, "overlap"),
    ]
    assert all(isinstance(problem, SetProblem) for problem in problems)


def similarity(one: list[str], other: list[str]) -> float:
    runs = [{tuple(words[i : i + 5]) for i in range(len(words) - 4)} for words in (one, other)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def test_near_duplicates_are_found_with_exact_similarities() -> None:
    rng, missed, near = random.Random(0), 0, 0
    for _ in range(300):
        one = [str(rng.randrange(10_000)) for _ in range(80)]
        other = [word if rng.random() > 0.02 else "x" for word in one]
        texts, exact = NearTexts(), similarity(one, other)
        assert texts.match_and_add(0, "one", one) == []
        found = texts.match_and_add(0, "other", other)
        near += exact >= 0.8
        missed += exact >= 0.8 and not found
        assert found in ([], [(0, "one", exact)])
        assert exact >= 0.8 or not found
    assert near > 100
    assert missed <= 1


def test_texts_from_one_template_are_compared_with_few() -> None:
    texts = NearTexts()
    mould = LONG.split()
    for n in range(3000):
        words = [f"{word}{n}" if place % 8 == 0 else word for place, word in enumerate(mould)]
        texts.match_and_add(0, str(n), words)
    assert max(map(len, texts._bands.values())) <= 8
