"""Arabizi: told apart from other languages, and converted by the sound of its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cica_qa.arabic import arabizi
from cica_qa.arabic.arabizi import ArabiziConverter
from cica_qa.arabic.letters import WORD, fold

PASSAGES = (
    "يقع المتحف في حي النخيل خلف البريد، ويفتح من الرابعة عصرًا، ورسم الاشتراك خمسون دينارًا",
    "يقع مقر الأمانة العامة للمؤتمر في العاصمة، وعدد الدول الأعضاء ثمان وعشرون دولة",
    "رئيس المنتدى يدير ورشة الطلاب، ويطلب من كل طالب تقريرًا عن القرية بصيغة PDF من الطراز E2",
    "يطلب المدير من الموظفين تقرير الجودة، وللمدرسة نظام ضمان",
)


class Known:
    """Known words that the passages lack."""

    spelt: ClassVar = {fold(word): word for word in ("ميزانية", "مدينة", "العمل", "سفينة")}


class Scores:
    def __init__(self, passages: Sequence[str]) -> None:
        self.passages = passages

    def best(self, word: str, k: int) -> list[tuple[int, float]]:
        scored = enumerate(self.at(word, np.arange(len(self.passages))).tolist())
        return sorted((one for one in scored if one[1]), key=lambda one: -one[1])[:k]

    def at(self, word: str, passages: NDArray[np.int64]) -> NDArray[np.float32]:
        stem = fold(word).removeprefix("ال")
        held = [stem in fold(self.passages[at]) for at in passages]
        return np.array(held, np.float32) * 4


@pytest.fixture(scope="module")
def converter() -> ArabiziConverter:
    words = [set(WORD.findall(passage)) for passage in PASSAGES]
    counts = Counter(fold(word) for of_passage in words for word in of_passage)
    spellings = {fold(word): [word] for of_passage in words for word in of_passage}
    return ArabiziConverter(counts, spellings, Scores(PASSAGES), Known)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("fen el mat7af?", "فين المتحف؟"),  # Egyptian
        ("bikam el eshterak", "بكام الاشتراك"),
        ("el mat7af byefta7 emta", "المتحف بيفتح امتى"),
        ("wein almat7af", "وين المتحف"),  # Levantine
        ("Shou hiye el-montada?", "شو هي المنتدى؟"),
        ("addeish rasem el ishtirak", "قديش رسم الاشتراك"),
        ("kam 3adad aldowal ala3tha2", "كم عدد الدول الأعضاء"),  # Gulf
        ("wesh ni6'am el 9'aman", "وش نظام الضمان"),
        ("sh7al 3adad l a3da2", "شحال عدد الأعضاء"),  # Maghrebi
        ("fin ja lma9ar dyal lmou2tamar?", "فين جا المقر ديال المؤتمر؟"),
        ("ayna maqarr al-amana al-3amma lil mo2tamar", "أين مقر الأمانة العامة للمؤتمر"),
    ],
)
def test_arabizi_of_each_dialect_is_converted(
    converter: ArabiziConverter, typed: str, read: str
) -> None:
    assert converter.convert(typed) == read


@pytest.mark.parametrize(
    "question",
    [
        "Where is the museum?",
        "How much is the 3rd subscription in 2021 for men?",
        "Who won?",
        "What does E2 mean on the PDF?",
        "¿Cuál es el precio de la entrada?",
        "Wo liegt das Museum, und wann hat es auf?",
        "Combien coûte l'abonnement du musée ?",
        "PDF",
        "museum opening hours",
        "فين المتحف؟",
        "2021",
    ],
)
def test_other_questions_are_unchanged(converter: ArabiziConverter, question: str) -> None:
    assert converter.convert(question) == question


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("wein el PDF?", "وين ال PDF؟"),
        ("emta el E2 byefta7 fi 2021?", "امتى ال E2 بيفتح في 2021؟"),
        ("fen el pdf beta3 el mat7af?", "فين ال pdf بتاع المتحف؟"),
    ],
)
def test_codes_numbers_and_latin_words_of_the_collection_are_kept(
    converter: ArabiziConverter, typed: str, read: str
) -> None:
    assert converter.convert(typed) == read


def test_words_that_occur_together_are_preferred(converter: ArabiziConverter) -> None:
    assert converter.convert("meen byo6lob mn 6aleb ta2rir 3an el 2arya") == (
        "مين بيطلب من طالب تقرير عن القرية"
    )


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_rankings_are_read_as_deep_as_needed(
    converter: ArabiziConverter, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    typed = "meen byo6lob mn 6aleb ta2rir 3an el 2arya"
    expected = converter.convert(typed)
    monkeypatch.setattr(arabizi, "_DEPTH", depth)
    assert converter.convert(typed) == expected


def test_an_unknown_word_does_not_become_a_word_of_the_collection(
    converter: ArabiziConverter,
) -> None:
    assert converter.convert("kam mizaniyet el mo2tamar") == "كم ميزانية المؤتمر"
    assert converter.convert("fen el sfina") == "فين السفينة"
    # What nobody knows is read letter by letter.
    assert converter.convert("fen el kafeteria 3andokom?") == "فين الكافتريا عاندوكوم؟"


@given(st.text(max_size=80))
def test_any_text_is_accepted(text: str) -> None:
    words = {"المركز": 3, "عدد": 2}
    converter = ArabiziConverter(words, {}, Scores(()))
    assert isinstance(converter.convert(text), str)
    assert isinstance(converter.to_arabic(text), str)
