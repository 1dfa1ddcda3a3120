"""Questions made of sentences, for training: what is taken out is what they ask for."""

from __future__ import annotations

import random

import pytest

from benchmarks.training.cloze import asked
from cica_qa.arabic.normalize import Normalizer

TEXT = Normalizer()(
    "افتتح الملك فؤاد مكتبة المدينة الكبرى في القاهرة عام 1911 بحضور وزير المعارف وكبار العلماء. "
    "تضم القاعات الجديدة أكثر من 4000 مخطوط نادر جُمعت من مكتبات خاصة في الشام والعراق."
)
ASKED = {seed: list(asked(TEXT, random.Random(seed))) for seed in range(60)}
PAIRS = [(question, TEXT[start:end]) for made in ASKED.values() for question, (start, end) in made]


def beginnings(answer: str) -> set[str]:
    return {question.split()[0] for question, found in PAIRS if found == answer}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("عام 1911", {"متى", "في", "ما"}),
        ("الملك فؤاد مكتبة المدينة", {"من", "ما"}),
        ("القاهرة", {"أين", "في"}),
    ],
)
def test_a_question_begins_with_the_words_that_ask_for_its_answer(
    answer: str, words: set[str]
) -> None:
    assert beginnings(answer)
    assert beginnings(answer) <= words


def test_amounts_are_asked_for_with_what_is_counted() -> None:
    questions = [question for question, answer in PAIRS if "4000" in answer]
    assert questions
    assert all(question.startswith(("كم", "ما عدد", "ما هو عدد")) for question in questions)
    assert any("مخطوط" in question for question in questions)


def test_no_question_holds_its_answer_and_none_asks_for_nothing() -> None:
    assert all(question.endswith("؟") and answer not in question for question, answer in PAIRS)
    assert all(len(question.split()) >= 4 for question, _ in PAIRS)


def test_the_same_chance_makes_the_same_questions() -> None:
    assert list(asked(TEXT, random.Random(7))) == ASKED[7]


def test_at_most_two_are_made_of_a_sentence() -> None:
    assert all(1 <= len(made) <= 4 for made in ASKED.values())


@pytest.mark.parametrize("text", ["", "كلمة", "في من إلى.", "hello world", "1999", "!!! ؟"])
def test_texts_that_say_too_little_are_not_asked_about(text: str) -> None:
    assert list(asked(text, random.Random(1))) == []
