"""Coverage of words by a text: the same stem, the same number, or shared letters."""

from __future__ import annotations

import pytest

from cica_qa.arabic.matching import WordForms
from cica_qa.arabic.normalize import Normalizer

normalize = Normalizer()

TEXT = "يضم المؤتمر 28 دولة عضوا، وتجتمع الدول الأعضاء كل أربع سنوات في العاصمة."


@pytest.mark.parametrize(
    ("word", "share"),
    [
        ("المؤتمر", 1.0),
        ("الموتمر", 1.0),  # hamza left out
        ("للمؤتمر", 1.0),
        ("العاصمه", 1.0),  # ه for ة
        ("28", 1.0),
        ("4", 1.0),  # «أربع» in the text
        ("تجتمع", 1.0),
        ("تجتمه", 2 / 4),  # one wrong letter
        ("سيارة", 0.0),
        ("7", 0.0),
    ],
)
def test_coverage_of_words(word: str, share: float) -> None:
    assert WordForms(TEXT).coverage(word) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("بدأ تأسيس المؤتمر", "تأسست"),
        ("بدأ تأسيس المؤتمر", "أسست"),
        ("عقد المؤتمر", "عقدت"),
        ("اجتماع الوزراء", "يجتمع"),
        ("يجتمع الوزراء", "الاجتماعات"),
        ("استخدام المياه", "تستخدم"),
        ("اتخاذ القرارات", "تتخذ"),
        ("أهداف المؤتمر", "يهدف"),
        ("أجهزة المؤتمر", "جهاز"),
        ("أعلن الوزير", "يعلن"),
        ("حق التصويت", "يصوت"),
        ("تطوير التعاون", "يطور"),
        ("أين تقع فروعكم", "الفروع"),
        ("في بيوتهم", "البيوت"),
        ("مديرة مدرستها", "المدرسة"),
        ("سياراتهم وسيارتنا", "سيارة"),
        ("رؤيتنا", "رؤية"),
        ("وفاتهم", "الوفاة"),
        ("حياتها", "حياة"),
    ],
)
def test_a_verb_matches_its_noun(text: str, word: str) -> None:
    assert WordForms(text).coverage(word) == 1.0


@pytest.mark.parametrize(
    ("office", "holder", "holders"),
    [
        ("الأمانة العامة", "الأمين", "أمناء"),
        ("وزارة الخارجية", "وزير", "وزراء"),
        ("السفارة في روما", "للسفير", "السفراء"),
        ("أمانته العامة", "أمين", "أمناء"),
        ("الوزارات", "الوزير", "والوزراء"),
    ],
)
def test_an_office_does_not_match_its_holder(office: str, holder: str, holders: str) -> None:
    assert WordForms(office).coverage(holder) < 1.0
    assert WordForms(holder).coverage(office.split()[0]) < 1.0
    assert WordForms(office).coverage(holders) == WordForms(holder).coverage(holders) == 1.0


@pytest.mark.parametrize(
    ("text", "word", "holds"),
    [
        ("ومات فيها", "مات", True),
        ("وموّل المشروع", "مول", True),
        ("ودفن فيها", "دفنت", True),
        # Their «و» is of the word itself.
        ("وجبة الغداء", "جبهة", False),
        ("وجود الماء", "جود", False),
        ("وكيل الوزارة", "كيل", False),
    ],
)
def test_a_conjunction_before_a_short_word_is_split_off(text: str, word: str, holds: bool) -> None:
    assert (WordForms(normalize(text)).coverage(word) == 1.0) is holds


@pytest.mark.parametrize(
    ("text", "word"),
    [("ثابت البناني", "ثياب"), ("أحمد", "مدح"), ("ألمانيا", "مناخ"), ("انسحاب", "سحاب")],
)
def test_words_of_other_roots_do_not_match(text: str, word: str) -> None:
    assert WordForms(text).coverage(word) < 1.0


def test_a_text_without_words_covers_nothing() -> None:
    assert WordForms("؟!").coverage("موتمر") == 0.0


@pytest.mark.parametrize(
    ("text", "word", "itself"),
    [
        ("القضايا الأمنية", "الأمانة", False),
        ("الأمانة العامة", "الأمانة", True),
        ("الأمانة العامة", "للأمانة", True),
        ("يجتمع الوزراء", "الاجتماعات", False),
        ("اجتماعات الوزراء", "الاجتماع", True),
    ],
)
def test_a_related_word_is_not_the_word_itself(text: str, word: str, itself: bool) -> None:
    assert WordForms(text).coverage(word) == 1.0
    assert WordForms(text).contains(word) is itself


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("توفي في عمان", "مات"),
        ("مات في عمان", "وفاته"),
        ("ونال الدكتوراه", "حصلت"),
        ("ثمن الوقود", "البنزين"),
        ("تأجير المركبات", "سيارة"),
        ("بإعادة السيارة", "إرجاع"),
    ],
)
def test_a_synonym_covers_a_word_almost_fully(text: str, word: str) -> None:
    assert WordForms(text).coverage(word) < 0.6
    assert WordForms(text).coverage_with_synonyms(word) == 0.8


@pytest.mark.parametrize(
    ("text", "word", "share"),
    [
        ("ومات في عمان", "مات", 1.0),  # the word itself
        ("مدرسة البنات", "معلمة", 0.0),  # a school is no teacher
        ("إجازة العيد", "أعطال", 0.0),
        ("وعود كثيرة", "رجع", 0.0),  # promises are no «و» and «عود»
        ("وقود السيارة", "أموال", 0.0),
    ],
)
def test_other_words_are_covered_by_their_letters_alone(text: str, word: str, share: float) -> None:
    assert WordForms(text).coverage_with_synonyms(word) == WordForms(text).coverage(word) == share
