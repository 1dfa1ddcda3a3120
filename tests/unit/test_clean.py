"""Invalid questions are refused in two languages; characters that are not text are removed."""

from __future__ import annotations

import pytest

from cica_qa.arabic.clean import clean_question
from cica_qa.arabic.script import arabic_share, is_arabic_text
from cica_qa.errors import QuestionError

EMPTY = ("the question is empty. Type one.", "اكتب سؤالًا من فضلك.")
NO_WORDS = (
    "the question has no words. Ask in words.",
    "لا توجد كلمات في السؤال. اكتب سؤالك بالكلمات من فضلك.",
)


@pytest.mark.parametrize(
    ("question", "messages"),
    [
        ("", EMPTY),
        (" \n\t\u00a0\u2003", EMPTY),
        ("\0\0", EMPTY),
        ("\ud800\udfff", EMPTY),
        ("\u202e\u200f\ufeff", EMPTY),
        ("؟؟!؟", NO_WORDS),
        ("😀🎉", NO_WORDS),
        ("ـــــ", NO_WORDS),
        ("\u064e\u0651", NO_WORDS),
        ("\u200b\u200d", NO_WORDS),
    ],
)
def test_a_question_without_words_is_refused(question: str, messages: tuple[str, str]) -> None:
    with pytest.raises(QuestionError) as caught:
        clean_question(question, 2000)
    assert (str(caught.value), caught.value.arabic) == messages


def test_a_question_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(QuestionError) as caught:
        clean_question("س" * 100_000, 2000)
    assert str(caught.value) == "the question has 100000 characters; 2000 is the most. Shorten it."
    assert caught.value.arabic == (
        "السؤال أطول مما ينبغي: الحد الأقصى لعدد الأحرف هو 2000. اختصره من فضلك."
    )


def test_the_limit_applies_after_cleaning() -> None:
    assert clean_question("  " + "س" * 10 + "\0" * 50, 10) == "س" * 10
    with pytest.raises(QuestionError):
        clean_question("س" * 11, 10)


@pytest.mark.parametrize(
    ("question", "cleaned"),
    [
        ("كم عدد الدول؟", "كم عدد الدول؟"),
        ("  كم\n عدد \t الدول؟ ", "كم عدد الدول؟"),
        ("كم\0عدد\x1b الدول\ud800؟", "كم عدد الدول ؟"),
        ("\u202eكم\u202c عدد\u200f \u2067CICA\u2069؟", "كم عدد CICA؟"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("مُحَمَّدٌ", "مُحَمَّدٌ"),
        ("28", "28"),
        ("What is CICA? 😀", "What is CICA? 😀"),
    ],
)
def test_characters_that_are_not_text_are_removed(question: str, cleaned: str) -> None:
    assert clean_question(question, 2000) == cleaned


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("ما دور المؤتمر؟", 1.0),
        ("ما CICA", 2 / 6),
        ("ماذا تعني CICA؟", 8 / 12),
        ("What is CICA?", 0.0),
        ("Кто?", 0.0),
        ("2024؟", 1.0),
        ("", 1.0),
    ],
)
def test_the_script_of_a_question(question: str, share: float) -> None:
    assert arabic_share(question) == pytest.approx(share)
    assert is_arabic_text(question) == (share >= 0.5)
