"""What each kind of noise changes in a question, and what it leaves alone."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.evaluation.noise import VARIANTS, add_noise

QUESTION = "متى تأسست المنظمة الدولية للطيران المدني، وأين يقع مقرها الآن؟"
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئپگی"
MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
NAMES = st.sampled_from(sorted(VARIANTS))
TEXT = st.one_of(
    st.text(
        st.sampled_from(f"{LETTERS}{MARKS}ـ ؟،?.«»abİ19٣٩\u200c\u200d\u0300\u0654"), max_size=40
    ),
    st.text(max_size=40),
)
BARE = st.lists(st.text(st.sampled_from(LETTERS), min_size=1, max_size=8), max_size=9).map(" ".join)
quick = settings(max_examples=300, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("variant", "question", "noisy"),
    [
        ("undiacritised", "مَتَى تأسَّسَت المُنظَّمةُ؟", "متى تأسست المنظمة؟"),
        ("undiacritised", "هٰذا لـكم", "هذا لـكم"),
        ("diacritised", "متى تأسست المنظمة؟", "مِتَى تأسسُتُ الِمّنَظُمَةِ؟"),
        ("hamza", "أين مسؤول الجمعية على القرآن؟", "إين مسوول الجمعيه علي القران؟"),
        ("doubled", "أين مقر المنظمة؟", "أين مقرر المنظمة؟"),
        ("dropped", "أين مقر المنظمة؟", "أين مقر المنمة؟"),
        ("arabic-indic-digits", "من 1990 إلى ٢٠٠٥؟", "من ١٩٩٠ إلى 2005؟"),
        ("arabic-indic-digits", "Who won in 1998?", "Who won in ١٩٩٨?"),
        ("presentation-forms", "هل الأب مُدير؟", "ﻫﻞ ﺍﻷﺏ ﻣُﺪﻳﺮ؟"),
        ("presentation-forms", "لا إلّا بـه", "ﻻ ﺇﻟّﺎ ﺑـﻪ"),
        ("tatweel", "أين مقر المنظمة؟", "أيـن مقر المنظمة؟"),
        ("no-question-mark", "متى تأسست؟ ", "متى تأسست"),
        ("no-question-mark", "متى؟ أين ؟!..", "متى؟ أين"),
        ("no-question-mark", "Who won?", "Who won"),
        ("misspelt", "أين مقر المنظمة؟", "أي مقر المنظمة؟"),
    ],
)
def test_each_variant_changes_a_question(variant: str, question: str, noisy: str) -> None:
    assert add_noise(question, variant, "1") == noisy


@pytest.mark.parametrize(
    ("question", "egyptian", "gulf", "levantine", "maghrebi"),
    [
        (
            QUESTION,
            "إمتى تأسست المنظمة الدولية للطيران المدني، وفين يقع مقرها دلوقتي؟",
            "متى تأسست المنظمة الدولية للطيران المدني، ووين يقع مقرها الحين؟",
            "إيمتى تأسست المنظمة الدولية للطيران المدني، ووين يقع مقرها هلق؟",
            "فوقاش تأسست المنظمة الدولية للطيران المدني، وفين يقع مقرها دابا؟",
        ),
        ("ماذا قال؟", "إيه قال؟", "وش قال؟", "شو قال؟", "شنو قال؟"),
        ("ما هو الهدف؟", "إيه الهدف؟", "وش الهدف؟", "شو الهدف؟", "شنو الهدف؟"),
        ("«ما هي العاصمة؟", "«إيه العاصمة؟", "«وش العاصمة؟", "«شو العاصمة؟", "«شنو العاصمة؟"),
        ("ما اسم الملك؟", "إيه اسم الملك؟", "وش اسم الملك؟", "شو اسم الملك؟", "شنو اسم الملك؟"),
        ("لماذا فاز؟", "ليه فاز؟", "ليش فاز؟", "ليش فاز؟", "علاش فاز؟"),
        ("كيف فاز؟", "إزاي فاز؟", "شلون فاز؟", "كيف فاز؟", "كيفاش فاز؟"),
        ("من هو الملك؟", "مين الملك؟", "منو الملك؟", "مين الملك؟", "شكون الملك؟"),
        ("من أسسها؟", "مين أسسها؟", "منو أسسها؟", "مين أسسها؟", "شكون أسسها؟"),
        ("من أين جاء؟", "منين جاء؟", "من وين جاء؟", "من وين جاء؟", "منين جاء؟"),
        ("هل فاز؟", "هو فاز؟", "فاز؟", "فاز؟", "واش فاز؟"),
        ("وهل فاز؟", "وهو فاز؟", "وهل فاز؟", "وهل فاز؟", "وواش فاز؟"),
        ("بكم فاز؟", "بكام فاز؟", "بكم فاز؟", "بقديش فاز؟", "بشحال فاز؟"),
    ],
)  # fmt: skip
def test_question_words_as_the_dialects_say_them(
    question: str, egyptian: str, gulf: str, levantine: str, maghrebi: str
) -> None:
    said = [
        add_noise(question, name, "1") for name in ("egyptian", "gulf", "levantine", "maghrebi")
    ]
    assert said == [egyptian, gulf, levantine, maghrebi]


def test_levantine_has_two_words_for_how_many() -> None:
    said = {add_noise("كم دولة؟", "levantine", str(seed)) for seed in range(20)}
    assert said == {"كم دولة؟", "قديش دولة؟"}


@pytest.mark.parametrize("variant", ["egyptian", "gulf", "levantine", "maghrebi"])
@pytest.mark.parametrize(
    "question",
    [
        "ما زال المدير هنا",
        "من بين الدول الأعضاء اذكر واحدة",
        "المسافة 100 كم",
        "طلب من المدير",
        "أعلن ما جاء فيه",
        "الكمية والكيفية والهلال",
        "كمٌ",
    ],
)
def test_words_that_are_no_question_words_stay(variant: str, question: str) -> None:
    assert add_noise(question, variant, "1") == question


@pytest.mark.parametrize("text", ["", "  ", "Who is the head", "«…»(", "谁", "\ud800"])
def test_a_text_with_nothing_to_change_stays(text: str) -> None:
    assert [variant for variant in VARIANTS if add_noise(text, variant, "1") != text] == []


def test_a_lone_question_mark_stays() -> None:
    assert add_noise("؟", "no-question-mark", "1") == "؟"


def test_unknown_variants_are_refused() -> None:
    with pytest.raises(ValueError, match="no variant 'loud': there are undiacritised, "):
        add_noise(QUESTION, "loud", "1")


@pytest.mark.parametrize("variant", ["diacritised", "doubled", "dropped", "tatweel", "misspelt"])
def test_the_seed_determines_the_noise(variant: str) -> None:
    noisy = [add_noise(QUESTION, variant, str(seed)) for seed in range(30)]
    assert noisy == [add_noise(QUESTION, variant, str(seed)) for seed in range(30)]
    assert len(set(noisy)) > 15


@quick
@given(TEXT, NAMES, st.text(max_size=5))
def test_any_text_is_accepted(text: str, variant: str, seed: str) -> None:
    assert add_noise(text, variant, seed) == add_noise(text, variant, seed)


@quick
@given(TEXT, st.integers(0, 9))
def test_nfkc_gives_presentation_forms_back(text: str, seed: int) -> None:
    noisy = add_noise(text, "presentation-forms", str(seed))
    assert unicodedata.normalize("NFKC", noisy) == unicodedata.normalize("NFKC", text)


@quick
@given(TEXT, st.integers(0, 9))
def test_added_diacritics_can_be_removed(text: str, seed: int) -> None:
    bare = add_noise(text, "undiacritised", "1")
    noisy = add_noise(bare, "diacritised", str(seed))
    assert add_noise(noisy, "undiacritised", "1") == bare
    assert add_noise(bare, "undiacritised", "1") == bare
    assert Normalizer()(noisy) == Normalizer()(bare)


@quick
@given(TEXT, st.integers(0, 9))
def test_no_letter_gets_a_second_mark(text: str, seed: int) -> None:
    marks = re.compile(f"[{MARKS}]{{2,}}")
    assert marks.findall(add_noise(text, "diacritised", str(seed))) == marks.findall(text)


def test_about_half_of_the_letters_are_diacritised() -> None:
    added = [
        len(add_noise(QUESTION, "diacritised", str(seed))) - len(QUESTION) for seed in range(99)
    ]
    letters = sum(map(str.isalpha, QUESTION))
    assert 0.4 < sum(added) / 99 / letters < 0.6


@quick
@given(BARE, st.integers(0, 9))
def test_tatweel_is_inserted_between_joined_letters(text: str, seed: int) -> None:
    noisy = add_noise(text, "tatweel", str(seed))
    assert noisy.replace("ـ", "") == text
    assert not re.search("[اأإآدذرزوؤءىة]ـ|ـء|ـ(?: |$)", noisy.replace("ىـ", "يـ"))


@quick
@given(BARE, st.integers(0, 9))
def test_doubling_and_dropping_keep_the_words(text: str, seed: int) -> None:
    for variant, step, shortest in (("doubled", 1, 3), ("dropped", -1, 4)):
        pairs = list(
            zip(text.split(" "), add_noise(text, variant, str(seed)).split(" "), strict=True)
        )
        changed = [(word, noisy) for word, noisy in pairs if word != noisy]
        long = sum(len(word) >= shortest for word, _ in pairs)
        assert all(len(noisy) - len(word) == step for word, noisy in changed)
        assert len(changed) == (max(1, round(0.3 * long)) if long else 0)


def test_most_hamza_swaps_are_undone_by_folding() -> None:
    noisy = add_noise("إلى أي مدينة انتقل مدير الأكاديمية العليا؟", "hamza", "2")
    assert noisy != "إلى أي مدينة انتقل مدير الأكاديمية العليا؟"
    assert fold(noisy) == fold("إلى أي مدينة انتقل مدير الأكاديمية العليا؟")


def test_swapping_digits_twice_restores_them() -> None:
    once = add_noise("بين 1990 و٢٠٠٥", "arabic-indic-digits", "1")
    assert add_noise(once, "arabic-indic-digits", "1") == "بين 1990 و٢٠٠٥"
