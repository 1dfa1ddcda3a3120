"""Questions in Latin letters are answered as if they had been typed in Arabic ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cica_qa import Document, Pipeline, Turn
from cica_qa.terminal import answer_text

CENTRE = """دليل بيت الحرفيين

يقع البيت في شارع الزيتون قرب الجامع الكبير.

تفتح الورشة من الثامنة صباحًا حتى الثانية ظهرًا ما عدا السبت.

رسم الدورة الشهرية أربعون دينارًا، ويعفى منه الطلاب.

يدرّس النجارة المعلم سليم الحلاق.

تباع القطع في متجر CraftHub على الشبكة.
"""


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.from_documents([Document("centre", "دليل بيت الحرفيين", CENTRE)])


@pytest.mark.parametrize(
    ("typed", "arabic", "quote"),
    [
        ("fen el warsha?", "فين الورشة؟", ""),
        ("meen el mo3allem", "مين المعلم", "يدرّس النجارة المعلم سليم الحلاق."),
        ("emta btefta7 el warsha?", "امتى بتفتح الورشة؟", "تفتح الورشة من الثامنة"),
        ("wein el beit", "وين البيت", "يقع البيت في شارع الزيتون"),
        ("bkam el dawra", "بكام الدورة", "رسم الدورة الشهرية أربعون دينارًا"),
    ],
)
def test_the_answer_is_that_to_the_question_in_arabic(
    pipeline: Pipeline, typed: str, arabic: str, quote: str
) -> None:
    answer, asked = pipeline.ask(typed), pipeline.ask(arabic)
    assert replace(answer, question=arabic, read_as="") == asked
    assert (answer.question, answer.read_as) == (typed, arabic)
    assert quote in answer.text
    assert answer_text(answer, {}, show_hits=False).startswith(f"فهمتُ سؤالك هكذا: {arabic}\n")


def test_what_the_documents_do_not_mention_gets_an_honest_no(pipeline: Pipeline) -> None:
    for typed in ("meen ra2is el jam3iya?", "kam 3adad el talamiz?", "emta mat el mo3allem?"):
        answer = pipeline.ask(typed)
        assert (answer.abstained, bool(answer.read_as)) == (True, True)


def test_a_follow_up_goes_on_from_a_question_in_latin_letters(pipeline: Pipeline) -> None:
    first = pipeline.ask("emta btefta7 el warsha?")
    answer = pipeline.ask("وكم رسمها؟", [Turn("emta btefta7 el warsha?", first.text)])
    assert "الورشة" in answer.carried


def test_hits_tell_what_was_searched(pipeline: Pipeline) -> None:
    typed = "bkam el dawra"
    hit = pipeline.retriever.search(typed, k=1)[0]
    assert hit.match.corrected == ((typed, "بكام الدورة"),)
    assert hit.match.searched == "بكم الدورة"


def test_english_and_names_in_latin_letters_stay(pipeline: Pipeline) -> None:
    for question in ("Where is the house?", "CraftHub", "What is sold on CraftHub?"):
        assert pipeline.retriever.in_arabic(question) == question
    assert pipeline.ask("shou fih 3ala CraftHub").read_as == "شو فيه على CraftHub"
