"""Dialect questions in the function words of MSA; MSA, names and nouns stay as they are."""

from __future__ import annotations

import pytest

from cica_qa.arabic.dialect import is_dialect, to_msa

VOCABULARY = {"بيان", "بيروت", "كتاب", "حياه"}


@pytest.mark.parametrize(
    ("question", "msa"),
    [
        ("إيه أهداف المؤتمر؟", "ماذا أهداف المؤتمر؟"),
        ("ايه الهدف؟", "ما الهدف؟"),
        ("وش هو المؤتمر؟", "ما هو المؤتمر؟"),
        ("شو اللي صار؟", "ما الذي صار؟"),
        ("شنو كيقول الملك؟", "ماذا يقول الملك؟"),
        ("الأجر كام؟", "الأجر كم؟"),
        ("فين المقر؟", "أين المقر؟"),
        ("وين المقر دلوقتي؟", "أين المقر الآن؟"),
        ("امتى اتأسس؟", "متى اتأسس؟"),
        ("إيمتى تأسس؟", "متى تأسس؟"),
        ("فوقاش تأسس؟", "متى تأسس؟"),
        ("شوكت تأسس؟", "متى تأسس؟"),
        ("علاش تأسس؟", "لماذا تأسس؟"),
        ("ليش مو عضو؟", "لماذا ليس عضو؟"),
        ("شلون ينضم العضو؟", "كيف ينضم العضو؟"),
        ("إزاي بينضم العضو؟", "كيف ينضم العضو؟"),
        ("كيفاش غادي ينضم؟", "كيف سوف ينضم؟"),
        ("شحال ديال الدول؟", "كم الدول؟"),
        ("قديش عدد الدول؟", "كم عدد الدول؟"),
        ("شكون المؤسس؟", "من المؤسس؟"),
        ("مين هيرأس المؤتمر ده؟", "من سيرأس المؤتمر هذا؟"),
        ("شو عم يعمل الوزير؟", "ماذا يعمل الوزير؟"),
        ("واش كاين مقر؟", "هل يوجد مقر؟"),
        ("لمين بعتوا البيان؟", "لمن بعتوا البيان؟"),
        ("شنو تأسس ف بيروت؟", "ماذا تأسس في بيروت؟"),
        ("ايه القرار التاني بتاع المؤتمر؟", "ما القرار الثاني المؤتمر؟"),
    ],
)
def test_function_words_are_said_in_msa(question: str, msa: str) -> None:
    assert is_dialect(question)
    assert to_msa(question, VOCABULARY) == msa


@pytest.mark.parametrize(
    "question",
    [
        "ما أهداف المؤتمر؟",
        "أية دولة ترأس المؤتمر؟",  # folds to «ايه»
        "متى تأسست شبكة أيه بي سي؟",
        "ما حق الفيتو؟",
        "من هو ليوناردو دي كابريو؟",
        "ما مال الدولة التي راح تجارها؟",
        "ما زي الجيش؟",
        "ما الدول كما يلي؟",
        "ما مسرحيات برنارد شو؟",
        "من كتب هاكلبيري فين؟",
        "متى ولد جون وين؟",
        "ما هواية بدة؟",
        "من عازف كمان الفرقة؟",
        "What is  CICA?",
        "",
    ],
)
def test_msa_and_other_languages_stay_as_they_are(question: str) -> None:
    assert not is_dialect(question)
    assert to_msa(question, VOCABULARY) == question


def test_words_of_the_collection_keep_what_looks_like_a_prefix() -> None:
    assert to_msa("ايه بيان بيروت؟", VOCABULARY) == "ماذا بيان بيروت؟"
    assert to_msa("ايه بيتقال؟", VOCABULARY) == "ماذا يتقال؟"
    assert to_msa("ايه بيتقال؟") == "ماذا بيتقال؟"  # no vocabulary, no risk taken
