"""Terms of passages and questions, content words, and stems."""

from __future__ import annotations

import pytest

from cica_qa.arabic.analyze import Analyzer, content_words, stem
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer


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


def test_confusable_letters_are_folded() -> None:
    assert fold("أإآٱ ى ة ؤ ئ ء CICA") == "اااا ي ه و ي  cica"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("المؤتمر", "والموتمر"),  # clitics, a hamza left out
        ("للدولة", "الدوله"),  # ه for ة
        ("مستشفى", "المستشفي"),  # ي for ى
        ("اجتماعات", "الاجتماع"),
        ("أعضائها", "اعضاءها"),
        ("يجتمع", "ستجتمع"),  # the imperfect and its future
        ("CICA", "cica"),
        ("الضاهر", "الظاهر"),
        ("كتيييير", "كتير"),
        ("ثمانية وعشرون", "28"),
        ("بثمانٍ وعشرين".replace("ٍ", ""), "28"),
        ("القرن التاسع عشر", "19"),
        ("الثالث", "التالت"),  # MSA and Egyptian
        ("1992م", "سنة 1992"),
        ("1,000", "ألف عام"),
        ("3.5 مليون", "3500000"),
    ],
)
def test_variants_of_a_word_share_terms(one: str, other: str) -> None:
    mine, others = Analyzer().question_terms(one), Analyzer().passage_terms(other)
    assert set(mine["stems"]) & set(others["stems"])
    assert set(mine["grams"]) & set(others["grams"])


@pytest.mark.parametrize(("one", "other"), [("28", "ثمانية"), ("دولة", "سيارة"), ("19", "1990")])
def test_unrelated_words_share_no_stem(one: str, other: str) -> None:
    mine, others = Analyzer().question_terms(one), Analyzer().passage_terms(other)
    assert not set(mine["stems"]) & set(others["stems"])


def test_terms_of_a_question_and_a_passage() -> None:
    analyzer = Analyzer()
    assert analyzer.question_terms("كم دولة في CICA؟") == {
        "stems": ["دول", "~دول", "cica", "~cica"],
        "grams": "_دو دول وله له_ _دول دوله وله_ _ci cic ica ca_ _cic cica ica_".split(),
    }
    assert analyzer.passage_terms("في دول، في")["stems"] == [
        "في",
        "~في",
        *["دول", "~دول"],
        "في",
        "~في",
    ]
    assert analyzer.words("في الأمانة، 1992م") == ["في", "الأمانة", "1992", "م"]
    assert analyzer.passage_terms("؟!") == {"stems": [], "grams": []}


@pytest.mark.parametrize("question", ["ما هو؟", "ايه ده؟", "what is it", "وين؟"])
def test_a_question_of_only_function_words_keeps_them(question: str) -> None:
    assert Analyzer().question_terms(question) == Analyzer().passage_terms(question)


@pytest.mark.parametrize(
    "question",
    ["ما أهداف المؤتمر؟", "ايه أهداف المؤتمر", "وش أهداف المؤتمر", "شنو هي أهداف المؤتمر"],
)
def test_dialect_question_words_are_not_terms(question: str) -> None:
    assert Analyzer().question_terms(question) == Analyzer().passage_terms("أهداف المؤتمر")


@pytest.mark.parametrize(
    ("question", "carrying"),
    [
        ("متى أُسست المنظمة وعلى يد من؟", ["أسست", "المنظمة"]),
        ("على أيدي مين تأسست", ["تأسست"]),
        ("ما الذي في يد التمثال؟", ["يد", "التمثال"]),
        ("ماذا كان على يد التمثال؟", ["كان", "يد", "التمثال"]),
    ],
)
def test_by_whose_hand_does_not_ask_about_a_hand(question: str, carrying: list[str]) -> None:
    assert [*Analyzer().content_word_stems(Normalizer()(question))] == carrying


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("والمؤتمرات", "مؤتمر"),
        ("يكتبون", "كتب"),
        ("سيكتب", "كتب"),
        ("تين", "تين"),  # three letters are left
        ("الى", "الى"),
        ("cities", "cities"),
        # Possessives, behind «ة» and «ات»; no «ت» of the word itself.
        ("مدرستها", "مدرس"),
        ("مدرستنا", "مدرس"),
        ("شركاتهم", "شرك"),
        ("خدماتي", "خدم"),
        ("صوتها", "صوت"),
        ("جهاتها", "جهات"),
        # No verbs in the future.
        ("سياره", "سيار"),
        ("السيارات", "سيار"),
        ("سيارتهم", "سيار"),
        ("سياسيه", "سياس"),
        ("سيدرس", "درس"),
        ("سيسير", "سير"),
    ],
)
def test_stems(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed
