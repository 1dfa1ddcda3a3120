"""Letters, their logical order, and spaces, from glyphs."""

from __future__ import annotations

import pytest

from cica_qa.documents.pdf.bidi import order_groups, pair_brackets, to_logical_order
from cica_qa.documents.pdf.damage import Signs, Verdict, agreement, judge
from cica_qa.documents.pdf.letters import decode_letter, decode_ligature
from cica_qa.documents.pdf.lexicon import is_common
from cica_qa.documents.pdf.pages import ligature_order
from cica_qa.documents.pdf.reversed import is_reversed, reverse_line
from cica_qa.documents.pdf.spaces import NARROW, WIDE, resolve_gaps


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("اهلل", "الله"),
        ("هلل", "لله"),
        ("إل", "لإ"),
        ("\u4427ل", "لا"),  # Ghostscript: the low bytes of both letters in one
        ("\u4423ل", "لأ"),
        ("\u064e\u0651", "\u0651\u064e"),
        ("َب", "بَ"),
        ("if", "if"),
    ],
)
def test_the_letters_of_a_ligature_are_put_in_order(shown: str, meant: str) -> None:
    assert decode_ligature(shown) == meant


def test_an_ambiguous_ligature_is_ordered_by_the_word_it_makes() -> None:
    assert decode_ligature("خل") is None
    assert ligature_order("لخ", "ا", "طوط") == "لخ"
    assert ligature_order("خل", "ا", "طوط") == "لخ"


def test_a_glyph_mapped_to_an_extra_letter_is_read_as_the_word_requires() -> None:
    assert ligature_order("لك", "ال", "بير") == "ك"
    assert ligature_order("كل", "ال", "بير") == "ك"
    assert ligature_order("بم", "", "للتين") == "مب"  # a ligature in a word that is rare
    assert ligature_order("لـ", "عب", "د") == "ـ"
    assert ligature_order("لـ", "ا", "كهربائي") == "ل"


def test_presentation_forms_are_letters() -> None:
    assert decode_letter(0xFEFB) == "لا"
    assert decode_letter(0xFE8D) == "ا"
    assert decode_letter(0xFDF2) == "الله"
    assert decode_letter(0xF0B7) == "•"


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ("2019 رياربف 14", "14 فبراير 2019"),
        ("P-200 ةخضملا", "المضخة P-200"),
        ("mm 50 رطقلا", "القطر 50 mm"),
        ("3.5 ةبسن", "نسبة 3.5"),
        ("12/05/2023 خيرات", "تاريخ 12/05/2023"),
        ("Max von Laue دصر", "رصد Max von Laue"),
    ],
)
def test_visual_order_becomes_logical_order(seen: str, text: str) -> None:
    assert to_logical_order(list(seen), right_to_left=True) == text


def test_arabic_in_a_left_to_right_line_is_reversed() -> None:
    assert (
        to_logical_order(list("the word باتك ملق here"), right_to_left=False)
        == "the word قلم كتاب here"
    )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("رقم )39( لسنة", "رقم (39) لسنة"),
        ("رقم (39) لسنة", "رقم (39) لسنة"),
        ("((أ) ب)", "((أ) ب)"),
        ("»قول« وبعده", "«قول» وبعده"),
        ("أ) بند", "أ) بند"),
        ("1( بند )ج(", "1) بند (ج)"),
    ],
)
def test_brackets_open_before_they_close(wrong: str, right: str) -> None:
    assert pair_brackets(wrong) == right


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("هاتف 456-123-0599.", "هاتف 0599-123-456."),
        ("هاتف 0599-123-456", "هاتف 0599-123-456"),
        ("بين 2023-2019", "بين 2019-2023"),
        ("الرمز HR-12", "الرمز HR-12"),
    ],
)
def test_groups_of_digits_are_in_logical_order(wrong: str, right: str) -> None:
    assert order_groups(wrong) == right


def test_gaps_of_unclear_width_are_resolved_by_the_words() -> None:
    assert resolve_gaps(f"ا{WIDE}لمكتبة الكبيرة{WIDE}والبيت") == "المكتبة الكبيرة والبيت"
    assert resolve_gaps(f"نشر{NARROW}المرسوم") == "نشر المرسوم"
    assert resolve_gaps(f"ا{NARROW}لمكتبة") == "المكتبة"


def test_text_stored_back_to_front_is_reversed() -> None:
    line = "تفتح المكتبة أبوابها (للقراء) من الساعة 8:30 حتى السابعة"
    back = reverse_line(line)
    assert back != line
    assert is_reversed([back])
    assert not is_reversed([line])
    assert reverse_line(back) == line


def test_common_words_are_known_with_their_clitics() -> None:
    assert all(map(is_common, ("المدرسة", "وكتابهم", "بالكتاب", "الله", "للقانون")))
    assert not any(map(is_common, ("انفصم", "وصتندوقا", "نلأشعح", "اهلل")))


SOUND = "تعلن بلدية الزيتون عن قطع المياه يوم الاثنين المقبل بسبب إصلاح الأنبوب الرئيس في الشارع"
LIES = "ثعلن بلصية الزبتون عر قطغ المباه بوم الاثنبر المقتل تسيب إصلاخ الأنيوت الرئبس فب الشارغ"


def test_a_page_is_judged_by_its_known_words() -> None:
    assert judge(Signs.of([SOUND]), Signs()) is Verdict.SOUND
    assert judge(Signs.of([LIES]), Signs()) is Verdict.DAMAGED
    assert judge(Signs.of(["ǧș7ɁÖǁ Քȿ Քǧ ŵúՔȵǁ"]), Signs()) is Verdict.DAMAGED
    assert judge(Signs.of(["An English page with no Arabic at all"]), Signs()) is Verdict.SOUND


def test_nunation_inside_words_is_damage() -> None:
    sound = Signs.of(["نموذجٌ صحيحٌ كتابًا فتىً في المدرسةِ"])
    damaged = Signs.of(["السنٌة فًي كبرتٌد صفٌحة"])
    assert sound.common == sound.words
    assert damaged.common == 0


def test_a_page_with_few_words_is_judged_with_its_document() -> None:
    few = Signs.of(["انفصم انخايس"])
    assert judge(few, Signs.of([SOUND] * 4)) is Verdict.SOUND
    assert judge(few, Signs.of([LIES] * 4)) is Verdict.DAMAGED


def test_agreement_is_the_share_of_common_words() -> None:
    assert agreement(["كتاب قديم جديد"], ["كتاب", "جديد"]) == pytest.approx(2 / 3)
