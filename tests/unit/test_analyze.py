"""Which words carry a question, and how much of them a text holds."""

from __future__ import annotations

import pytest

from cica_qa.arabic.analyze import content_words, coverage, fold

TEXT = "يضم المؤتمر 28 دولة عضوا، وتجتمع الدول الأعضاء كل أربع سنوات في العاصمة."


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("ما أهداف المؤتمر؟", ["اهداف", "موتمر"]),
        ("متى تأسس المؤتمر؟", ["تاسس", "موتمر"]),
        ("أين تقع الأمانة العامة؟", ["تقع", "امانه", "عامه"]),
        ("وين تقع الامانه العامه", ["تقع", "امانه", "عامه"]),  # Gulf, and as people type
        ("ايش هو المؤتمر", ["موتمر"]),  # Hijazi
        ("فين مقر المؤتمر", ["مقر", "موتمر"]),  # Egyptian
        ("what is CICA?", ["cica"]),
        ("والله", ["الله"]),
        ("بالتعاون والحوار", ["تعاون", "حوار"]),
        ("للوزراء والوزراء الوزراء", ["وزرا"]),
        ("ما هو؟", ["ما", "هو"]),  # nothing else is left to search with
        ("كم 28", ["28"]),
        ("كم عدد الدول الأعضاء؟", ["دول", "اعضا"]),
        ("ما دول الخليج؟", ["دول", "خليج"]),
        ("وأين عقد المؤتمر وكيف؟", ["عقد", "موتمر"]),
        ("؟!", []),
        ("", []),
    ],
)
def test_content_words(question: str, words: list[str]) -> None:
    assert content_words(question) == words


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ("المؤتمر", 1.0),
        ("الموتمر", 1.0),  # hamza left out
        ("العاصمه", 1.0),  # ه for ة
        ("28", 1.0),
        ("تجتمع", 1.0),  # «وتجتمع» in the text
        ("تجتمعون", 0.5),  # three of six 4-grams
        ("تجتمه", 2 / 4),  # one wrong letter
        ("سيارة", 0.0),
        ("المؤتمر سيارة", 0.5),
        ("", 0.0),
    ],
)
def test_coverage(words: str, share: float) -> None:
    assert coverage(content_words(words), TEXT) == pytest.approx(share)


def test_a_text_without_words_covers_nothing() -> None:
    assert coverage(["موتمر"], "؟!") == 0.0


def test_letters_that_writers_mix_up_are_folded() -> None:
    assert fold("أإآٱ ى ة ؤ ئ ء CICA") == "اااا ي ه و ي  cica"
