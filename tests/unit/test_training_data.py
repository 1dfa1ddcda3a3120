"""What the reader is trained and measured on: read, left out, and made of each question."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from benchmarks.training.held_out import real_questions, without_answer
from benchmarks.training.mixture import HELD_OUT, Texts, load, target_of
from benchmarks.training.pairs import NO, YES
from benchmarks.training.recipes import LEFT_OUT, RELEASED, TRUNK
from benchmarks.training.sets import (
    Question,
    kept_for_measuring,
    normalized_span,
    read_lines,
    span_questions,
    verdict_questions,
)

CONTEXT = (
    "وُلِدَ الشاعرُ في مدينةِ حلبَ عامَ ١٩٣٢ لأسرة فقيرة. انتقل بعد ذلك إلى بيروت ليدرس الطب. "
    "نشر ديوانه الأول وهو في العشرين من عمره."
)
VOCALISED = "حلبَ"


def row(question: str, context: str, title: str, answer: str, **more: Any) -> dict[str, Any]:
    return {
        "qid": question,
        "question": question,
        "context": context,
        "title": title,
        "answers": [answer],
        "answer_starts": [context.find(answer)],
        **more,
    }


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text, encoding="utf-8")


def question(answer: str, context: str = CONTEXT, others: tuple[str, ...] = ()) -> Question:
    start = context.index(answer)
    span = start, start + len(answer)
    return Question(
        "made up", "1", "أين وُلِد الشاعر؟", context, span, True, True, answers=(answer,),
        others=list(others),
    )  # fmt: skip


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_corrupt_lines_are_named_skipped_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    file = tmp_path / f"set.jsonl{suffix}"
    text = '{"qid": 1}\n{"qid": 2\n[3]\n\n{"qid": 4}\n'
    file.write_bytes(gzip.compress(text.encode()) if suffix else text.encode())
    assert [one["qid"] for one in read_lines(file)] == [1, 4]
    said = capsys.readouterr().err
    assert [f"line {number} is skipped" in said for number in range(1, 6)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert f"set.jsonl{suffix}: 3 corrupt lines skipped" in said


def test_a_sound_file_is_read_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "set.jsonl", [{"qid": 1}])
    assert list(read_lines(tmp_path / "set.jsonl")) == [{"qid": 1}]
    assert capsys.readouterr().err == ""


def test_a_span_is_the_same_words_after_normalisation() -> None:
    for answer, normal in ((VOCALISED, "حلب"), ("عامَ ١٩٣٢", "عام 1932"), ("الشاعرُ", "الشاعر")):
        start = CONTEXT.index(answer)
        text, (first, last) = normalized_span(CONTEXT, (start, start + len(answer)))
        assert text[first:last] == normal


def test_an_answer_with_a_wrong_offset_is_found(tmp_path: Path) -> None:
    wrong = row("أين؟", CONTEXT, "شاعر", "بيروت")
    absent = row("متى؟", CONTEXT, "شاعر", "دمشق")
    write(tmp_path / "reading" / "one.jsonl.gz", [{**wrong, "answer_starts": [3]}, absent])
    [found] = span_questions(tmp_path, "one")
    assert found.span is not None
    assert CONTEXT[slice(*found.span)] == "بيروت"


def test_a_question_without_an_answer_is_one() -> None:
    unasked = Question("made up", "1", "من؟", CONTEXT, None, False, True)
    target = target_of(unasked, random.Random(1))
    assert target is not None
    assert (target.span, target.answerable) == (None, False)


def test_targets_hold_the_answer_or_say_that_there_is_none() -> None:
    other = "مدينة أخرى يعيش فيها ناس كثيرون ولا يذكر أحد فيها الشاعر."
    targets = [
        target_of(question("بيروت", others=(other,)), random.Random(seed)) for seed in range(300)
    ]
    answering = [target for target in targets if target and target.answerable]
    lacking = {target.text for target in targets if target and not target.answerable}
    assert len(answering) > 150
    assert {target.text[slice(*(target.span or (0, 0)))] for target in answering} == {"بيروت"}
    assert not any("بيروت" in text for text in lacking)
    # Another passage, and the own one without its second sentence.
    assert len(lacking) == 2
    assert any("عام 1932" in text and "ديوانه" in text for text in lacking)


def test_a_passage_that_holds_the_answer_too_is_no_wrong_one() -> None:
    other = "بيروت مدينة كبيرة على شاطئ البحر يقصدها طلاب كثيرون."
    for seed in range(200):
        target = target_of(question("بيروت", others=(other,)), random.Random(seed))
        assert target is None or target.answerable or "بيروت" not in target.text


def test_the_sentence_that_answers_is_taken_out_for_measuring() -> None:
    left = without_answer(question("بيروت"))
    assert left is not None
    assert "بيروت" not in left
    assert "ديوانه" in left
    assert VOCALISED in left
    assert without_answer(question("بيروت", "انتقل إلى بيروت ليدرس.")) is None


def test_the_trunk_has_no_set_that_is_measured_on() -> None:
    assert LEFT_OUT.shares == TRUNK.shares
    assert not {name for name in TRUNK.shares if name in HELD_OUT or name.startswith("xquad")}
    assert "uqa_squad2_dev_noxquad_ur" not in TRUNK.shares
    added = {"xquad_ar", "xquad en-ar", "xquad x-ar", "arcd_train", "ardqa_dev"}
    assert set(RELEASED.shares) == set(TRUNK.shares) | added
    assert sum(RELEASED.shares.values()) == pytest.approx(1)


def test_measured_and_untold_articles_are_left_out_of_squad(tmp_path: Path) -> None:
    write(tmp_path / "xquad_ar.jsonl", [row("أين؟", CONTEXT, "Nikola_Tesla", "بيروت")])
    english = "He was born in Smiljan and later moved to Paris."
    titles = "Nikola_Tesla", "", "Other"
    rows = [row(f"where {title}?", english, title, "Paris") for title in titles]
    write(tmp_path / "reading" / "squad_en.jsonl.gz", rows)
    assert [found.question for found in load(tmp_path, "squad_en")] == ["where Other?"]


def test_texts_of_measured_articles_are_left_out(tmp_path: Path) -> None:
    for name in ("xquad_ar", "ardqa_dev", "arcd_train"):
        write(tmp_path / f"{name}.jsonl", [row("أين؟", CONTEXT, f"مقال {name}", "بيروت")])
    free = (
        "كلام طويل عن أشياء لا صلة لها بما سبق من الشعر والشعراء في هذا البلد أو في غيره من البلاد."
    )
    copied = f"قيل فيه: {CONTEXT}"
    texts = [
        {"title": "حر", "text": free},
        {"title": "منقول", "text": copied},
        {"title": "مقال arcd_train", "text": free + " وزيادة."},
    ]
    write(tmp_path / "wikipedia_distractors.jsonl", texts)
    write(tmp_path / "passages" / "wiki_ar.jsonl.gz", texts)
    write(tmp_path / "passages" / "saudi_laws_ar.jsonl.gz", texts)
    drawn = Texts(tmp_path)
    assert {drawn.draw(random.Random(seed)) for seed in range(60)} == {free}


def test_verdicts_are_trained_on_or_measured_on(tmp_path: Path) -> None:
    rows = [
        {"premise": f"جملة رقم {n}.", "hypothesis": "قول", "label": "entailment", "lang": "ar"}
        for n in range(200)
    ]
    write(tmp_path / "verdicts" / "one.jsonl.gz", rows)
    trained = {one.context for one in verdict_questions(tmp_path, "one")}
    measured = {one.context for one in verdict_questions(tmp_path, "one", measured=True)}
    assert len(trained) + len(measured) == 200
    assert not trained & measured
    assert 5 < len(measured) < 45
    assert all(map(kept_for_measuring, measured))


def test_a_statement_is_asked_as_a_question(tmp_path: Path) -> None:
    rows = [
        {"premise": "نام القط.", "hypothesis": "القط نائم.", "label": label, "lang": "ar"}
        for label in ("entailment", "contradiction", "unheard of")
    ]
    write(tmp_path / "verdicts" / "one.jsonl.gz", rows)
    found = verdict_questions(tmp_path, "one", measured=kept_for_measuring("نام القط."))
    assert [(one.question, one.verdict) for one in found] == [
        ("هل القط نائم؟", YES),
        ("هل القط نائم؟", NO),
    ]


def test_real_questions_come_with_the_lines_that_answer(tmp_path: Path) -> None:
    write(
        tmp_path / "questions.jsonl",
        [
            real("كم الرسم؟", ["ثمانية دنانير"], "number"),
            real("هل يجوز النقل؟", ["لا يجوز النقل"], "yes_no", yes_no="لا"),
            real("ما البنود؟", ["الرسم", "النقل"], "list", must_all=True),
            real("من؟", [], "off_topic", answerable=False),
        ],
    )
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("الرسم ثمانية دنانير.\nلا يجوز النقل.\nختام.\n")
    found = [(one.text, one.golds, one.verdict) for one in real_questions(tmp_path)]
    assert found == [
        ("الرسم ثمانية دنانير.", ("ثمانية دنانير",), None),
        ("لا يجوز النقل.", ("لا يجوز النقل",), NO),
    ]


def real(asked: str, gold: list[str], kind: str, **more: Any) -> dict[str, Any]:
    own = {"question": asked, "gold": gold, "kind": kind, "doc": "a.txt"}
    return {"answerable": True, "must_all": False, **own, **more}


def test_a_statement_about_a_table_is_asked_over_its_fields(tmp_path: Path) -> None:
    row = {
        "statement": "The album is long.",
        "header": ["field", "value"],
        "rows": [["Released", "2007"], ["Length", "42 : 39"]],
        "title": "In Rainbows",
        "label": "contradiction",
        "lang": "en",
    }
    three = {**row, "header": ["a", "b", "c"], "rows": [["1", "2", "3"]]}
    (tmp_path / "one.jsonl").write_text("\n".join(map(json.dumps, (row, three))) + "\n")
    context = "In Rainbows\nReleased: 2007\nLength: 42 : 39"
    (found,) = verdict_questions(tmp_path, "one", measured=kept_for_measuring(context))
    assert found.context == context
    assert (found.question, found.verdict) == ("Is it true that The album is long?", NO)
