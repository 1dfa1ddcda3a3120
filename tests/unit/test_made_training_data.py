"""Made rows: places of answers, near misses, verdicts, shares."""

from __future__ import annotations

import itertools
import os
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks._common import read_jsonl
from benchmarks.training.made import SHARES, Made, made_rows
from benchmarks.training.made.encyclopaedia import _pages
from benchmarks.training.made.lists import list_row
from benchmarks.training.made.rules import rule_row, to
from benchmarks.training.made.scenes import scene_row, scenes
from benchmarks.training.made.tables import schemas, table_row
from benchmarks.training.made.template import render
from benchmarks.training.made.words import Draw, counted

DATA = Path(
    os.environ.get("CICA_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data")
)
HAS_LAWS = (DATA / "passages" / "saudi_laws_ar.jsonl.gz").is_file()
WORD = re.compile(r"[\w\u064b-\u0652]")


def scripted(count: int, polar: float, seed: int = 5) -> list[Made]:
    rng = Draw(seed)
    rows: list[Made] = []
    makers = (
        lambda: table_row(rng.choice(schemas()), polar, rng),
        lambda: scene_row(rng.choice(scenes()), polar, rng),
        lambda: list_row(polar, rng),
        lambda: rule_row(1 - polar, rng),
    )
    while len(rows) < count:
        rng.start_document()
        if row := rng.choice(makers)():
            rows.append(row)
    return rows


def test_spans_hold_whole_words() -> None:
    rows = [row for row in scripted(3000, 0.0) if row.span]
    assert len(rows) > 1000
    for row in rows:
        start, end = row.span or (0, 0)
        assert row.answer == row.answer.strip() != ""
        assert not (start and WORD.match(row.text[start - 1]) and WORD.match(row.text[start]))
        assert not WORD.match(row.text[end : end + 1]) or not WORD.match(row.text[end - 1])


def test_a_row_says_one_thing() -> None:
    for row in scripted(2000, 0.5):
        if row.verdict != "neither":
            assert row.answerable
            assert row.span is None
        else:
            assert row.answerable == (row.span is not None)


def test_no_slot_is_left_open() -> None:
    for row in scripted(3000, 0.4):
        assert not re.search(r"[{}\[\]]|\\n", row.question + row.text), row


def test_a_cell_of_another_row_does_not_answer() -> None:
    rng = Draw(3)
    fees = next(schema for schema in schemas() if schema.kind == "table_fees")
    seen = 0
    for _ in range(3000):
        rng.start_document()
        row = table_row(fees, 0.0, rng)
        asked = re.fullmatch(r"رسوم (.+)", row.question) if row else None
        if row and asked and not re.search(r"\d| في | لدى | حسب ", asked[1]):
            named = re.search(rf"(?<!\w){re.escape(asked[1])}(?= \||\t|\n|$)", row.text)
            assert named or not row.answerable, row
            seen += not named
    assert seen > 8


def test_forbidden_acts_are_denied_and_affirmed_as_forbidden() -> None:
    rng = Draw(8)
    verdicts = Counter()
    for _ in range(4000):
        row = rule_row(0.0, rng)
        plain = re.fullmatch(r"(?:[^|\n]+ \| )?(?:\S+ )?لا يجوز (\S+ .+)\.", row.text)
        if not plain or " إلا " in row.text or "ستثن" in row.text or "عدا" in row.text:
            continue
        if row.question == f"هل يجوز {plain[1]}؟":
            verdicts["may", row.verdict] += 1
        elif row.question == f"هل لا يجوز {plain[1]}؟":
            verdicts["barred", row.verdict] += 1
    assert set(verdicts) == {("may", "no"), ("barred", "yes")}


def test_a_field_that_was_left_out_is_not_in_the_text() -> None:
    rng = Draw(4)
    cv = next(scene for scene in scenes() if scene.kind == "cv")
    answered = Counter()
    for _ in range(4000):
        rng.start_document()
        row = scene_row(cv, 0.0, rng)
        if row and row.question == "رقم الجوال":
            answered[row.answerable, "الهاتف:" in row.text] += 1
    assert set(answered) == {(True, True), (False, False)}


def test_a_no_is_also_said_with_a_value_of_the_text() -> None:
    rng = Draw(6)
    contract = next(scene for scene in scenes() if scene.kind == "contract")
    elsewhere = 0
    for _ in range(4000):
        rng.start_document()
        row = scene_row(contract, 1.0, rng)
        asked = re.fullmatch(r"هل مدة العقد (.+)؟", row.question) if row else None
        if row and asked and row.verdict != "neither":
            stated = re.search(r"مدة هذا العقد (.+) تبدأ", row.text)
            assert stated
            assert (stated[1] == asked[1]) == (row.verdict == "yes")
            elsewhere += row.verdict == "no" and asked[1] in row.text
    assert elsewhere


def test_an_actor_takes_its_particle() -> None:
    assert [to(who) for who in ("المستأجر", "اللاعب", "موظف الأمن")] == [
        "للمستأجر",
        "للاعب",
        "لموظف الأمن",
    ]


@pytest.mark.parametrize(
    ("number", "noun", "forms"),
    [
        (1, "سنة", {"سنة واحدة"}),
        (2, "يوم", {"يومان"}),
        (3, "سنة", {"3 سنوات", "ثلاث سنوات"}),
        (8, "يوم", {"8 أيام", "ثمانية أيام"}),
        (11, "يوم", {"11 يومًا"}),
        (100, "صفحة", {"100 صفحة"}),
        (103, "متر", {"103 أمتار"}),
    ],
)
def test_counted_nouns_agree(number: int, noun: str, forms: set[str]) -> None:
    rng = random.Random(1)
    assert {counted(number, noun, rng) for _ in range(40)} == forms


def test_a_dual_is_oblique_behind_a_preposition() -> None:
    assert render("خلال {c} من اليوم", {"c": "يومان"}).text == "خلال يومين من اليوم"
    assert render("المدة {c}", {"c": "يومان"}).text == "المدة يومان"


def test_a_particle_joins_the_word_behind_it() -> None:
    assert render("رقم لـ{e}", {"e": "المعلم"}).text == "رقم للمعلم"
    assert render("قبله بـ{e}", {"e": "12 يومًا"}).text == "قبله بـ12 يومًا"


@pytest.mark.skipif(not HAS_LAWS, reason="the passages are not beside the project")
def test_pages_that_tests_are_made_of_are_left_out() -> None:
    titles = {row["title"] for row in read_jsonl(DATA / "arcd_train.jsonl")}
    contexts = "\n".join(row["context"] for row in read_jsonl(DATA / "xquad_ar.jsonl"))
    facts, definitions = _pages(DATA)
    assert len(facts) > 3000
    assert not titles & {page.title for page in (*facts, *definitions)}
    assert not [page for page in facts if page.text[:120] in contexts]


@pytest.mark.skipif(not HAS_LAWS, reason="the passages are not beside the project")
def test_mixture() -> None:
    rows = list(itertools.islice(made_rows(DATA, 7), 6000))
    assert rows[:200] == list(itertools.islice(made_rows(DATA, 7), 200))
    assert rows[:200] != list(itertools.islice(made_rows(DATA, 8), 200))
    assert 0.30 < sum(not row.answerable for row in rows) / len(rows) < 0.40
    verdicts = Counter(row.verdict for row in rows)
    assert abs(verdicts["yes"] - verdicts["no"]) < 0.05 * (verdicts["yes"] + verdicts["no"])
    kinds = Counter(row.kind for row in rows)
    tables = sum(n for kind, n in kinds.items() if kind.startswith(("table", "form", "statement")))
    assert abs(tables / len(rows) - SHARES["table"]) < 0.03
    words = sorted(len(row.text.split()) for row in rows)
    assert words[-1] <= 260
    assert 30 <= words[len(words) // 2] <= 110
