"""What is marked of a sentence: whole names and amounts, all that is listed, what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from cica_qa.answer.answerer import DIFFER, ExtractiveAnswerer
from cica_qa.answer.candidates import Candidate
from cica_qa.answer.marks import Readings, complete, marked, words_said
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.models.reader.reader import SpanReader, Spots
from cica_qa.models.reader.spans import ReadSpan
from cica_qa.types import Answer, Document, Hit

normalize = Normalizer()


@dataclass(frozen=True)
class Pointed:
    """Stands in for a ``Reading``: the first of some words that a stretch has is the best one."""

    text: str
    words: tuple[str, ...]

    def best(self, start: int, end: int) -> ReadSpan | None:
        for at, words in enumerate(self.words):
            found = self.text.find(words, start, end)
            if found >= 0:
                return ReadSpan(found, found + len(words), 5.0 - at)
        return None


@dataclass(frozen=True)
class Pointing:
    """Stands in for the reader: it points at these words, wherever they stand."""

    words: tuple[str, ...]

    def read(self, question: str, texts: Sequence[str], spots: Spots) -> list[Pointed]:
        return [Pointed(text, self.words) for text in texts]


def ask(question: str, *texts: str, points_at: Sequence[str] = ()) -> Answer:
    """The answer from documents whose sentences are all as near, all words as rare."""
    asked = normalize(question)
    words = dict.fromkeys(words_said(asked) - {"متي", "ما", "من", "كيف", "لماذا", "في", "اي"}, 1.0)
    hits = []
    for at, text in enumerate(texts):
        passage = chunk(Document(f"d{at}", "", text))[-1]
        near = (0.9 - at / 100,) * len(passage.units)
        parts = {"sentences": near, "rarity": words, "searched": asked}
        hits.append(Hit(passage, 0.9, at + 1, parts))
    reader = cast(SpanReader, Pointing(tuple(points_at))) if points_at else None
    return ExtractiveAnswerer(0.0, reader).answer(question, hits)


def marks(answer: Answer) -> list[str]:
    return [c.quote[s - c.start : e - c.start] for c in answer.citations for s, e in c.focus]


@pytest.mark.parametrize(
    ("question", "pointed", "marked"),
    [
        ("ما اسم المجلة التي يصدرها؟", "مجلة شهرية عنوانها «آفاق»", "آفاق"),
        ("What is the title of its journal?", "عنوانها «آفاق»", "آفاق"),
        ("ماذا يصدر المؤتمر؟", "مجلة شهرية عنوانها «آفاق»", "مجلة شهرية عنوانها «آفاق»"),
        ("ما اسم المجلة التي يصدرها؟", "مجلة شهرية", "مجلة شهرية"),
        ("ما اسم رئيس تحرير المجلة؟", "سعيد كاتب «الليل»", "سعيد كاتب «الليل»"),
        ("ما الذي يُصنع من الاسمنت؟", "عنوانها «آفاق»", "عنوانها «آفاق»"),
    ],
)
def test_a_name_in_quotes_is_marked_alone(question: str, pointed: str, marked: str) -> None:
    text = "يصدر المؤتمر مجلة شهرية عنوانها «آفاق» يحررها سعيد كاتب «الليل»."
    assert marks(ask(question, text, points_at=[pointed])) == [marked]


@pytest.mark.parametrize(
    ("text", "pointed", "whole"),
    [
        ("قالت الجمعية الطبية الأردنية ذلك.", "الجمعية الطبية", "الجمعية الطبية الأردنية"),
        ("بنى الميناء التجاري الرئيسي هناك.", "الميناء", "الميناء التجاري الرئيسي"),
        ("في القرن الثامن الميلادي ازدهرت.", "الميلادي", "الثامن الميلادي"),
        ("زار الرئيس القاهرة أمس.", "الرئيس", "الرئيس"),
        ("كتبت المهندسة التقرير السنوي.", "المهندسة", "المهندسة"),
        ("رأى الجمعية المصري أولًا.", "الجمعية", "الجمعية"),
        ("دفع القاضي لصاحب الدار الثلاثمئة كلها.", "الثلاثمئة", "الثلاثمئة"),
        ("حكم عبد الله البلاد.", "عبد", "عبد الله"),
        ("حكم عبد الله البلاد.", "الله", "عبد الله"),
        ("ألفه أحمد بن سعيد وطبعه.", "أحمد بن", "أحمد بن سعيد"),
        ("شاهده 90 في المئة منهم.", "90", "90 في المئة"),
        ("يشغل 30,528 كيلومتر مربع منها.", "30,528", "30,528 كيلومتر مربع"),
        ("بلغت 5 ملايين دولار نقدًا.", "5", "5 ملايين دولار"),
        ("حضره 2000 ضيف.", "2000", "2000"),
        ("تأسست في عام 1990 في تونس.", "عام 1990", "عام 1990"),
    ],
)
def test_a_name_and_an_amount_are_marked_whole(text: str, pointed: str, whole: str) -> None:
    start = text.index(pointed)
    found = complete(text, (start, start + len(pointed)), several=False)
    assert text[slice(*found)] == whole


@pytest.mark.parametrize(
    ("text", "pointed", "listed"),
    [
        ("مر بحلب ودمشق وعمان في عام 1900.", "حلب", "حلب ودمشق وعمان"),
        ("من مكوناته: الماء، والسكر، وحمض الليمون.", "الماء", "الماء، والسكر، وحمض الليمون"),
        ("يشمل الصيد، الزراعة، الرعي.", "الصيد", "الصيد، الزراعة، الرعي"),
        ("يصنع الورق أو القماش أو الجلد.", "الورق", "الورق أو القماش أو الجلد"),
        ("يضم الأردن ولبنان، بالإضافة إلى العراق.", "الأردن", "الأردن ولبنان، بالإضافة إلى العراق"),
        ("يزرع القمح والشعير منذ قرون.", "القمح", "القمح والشعير"),
        ("يباع الزيت والصابون، ويصدر إلى الشام.", "الزيت", "الزيت والصابون"),
        ("يصنع الزجاج والخزف الذي اشتهر به.", "الزجاج", "الزجاج والخزف"),
        ("ذكر فيتامين دال، أهمية قصوى له.", "فيتامين دال", "فيتامين دال"),
        ("كتبه خليل، وهو طبيب.", "خليل", "خليل"),
        ("يجمع بين الصور والنص، وبعضهم يعارض.", "الصور والنص", "الصور والنص"),
    ],
)
def test_all_that_is_listed_is_marked_where_several_are_asked_for(
    text: str, pointed: str, listed: str
) -> None:
    start = text.index(pointed)
    place = (start, start + len(pointed))
    assert text[slice(*complete(text, place, several=True))] == listed
    assert text[slice(*complete(text, place, several=False))] == pointed


@pytest.mark.parametrize(
    ("question", "text", "pointed", "marked"),
    [
        (
            "كم ساعة ينام؟",
            "ينام ثماني ساعات، أي ثلث يومه، كل ليلة.",
            "ثماني ساعات، أي ثلث يومه",
            "ثماني ساعات",
        ),
        ("كم بيتًا بُني؟", "بُني فيها 22،338 بيتًا كلها.", "22،338 بيتًا", "22،338 بيتًا"),
        ("كم بيتًا بُني؟", "بُني في حلب، كما قيل، مئة بيت.", "حلب، كما قيل، مئة", "مئة"),
        ("كم مدة البرنامج؟", "البرنامج: 60 درجة، ساعتان كاملتان.", "60 درجة، ساعتان", "ساعتان"),
        ("كم مدة الإجازة؟", "هي عشرة أيام مرة واحدة.", "عشرة أيام مرة واحدة", "عشرة أيام"),
        ("كم طالبًا فيها؟", "فيها 500 طالب في 12 فصلًا.", "500 طالب في 12 فصلًا", "500 طالب"),
        ("كم مدة العقد؟", "هي سنتان ونصف.", "سنتان ونصف", "سنتان ونصف"),
        ("كم مدة العقد؟", "هي 3 سنوات و6 أشهر.", "3 سنوات و6 أشهر", "3 سنوات و6 أشهر"),
        ("كم يومًا يدوم؟", "يدوم 10 أيام إلى 15.", "10 أيام إلى 15", "10 أيام إلى 15"),
        ("أين ينام؟", "ينام في 3 بيوت، أو في الحقل.", "3 بيوت، أو في الحقل", "3 بيوت، أو في الحقل"),
    ],
)
def test_an_amount_is_marked_without_the_clause_behind_it(
    question: str, text: str, pointed: str, marked: str
) -> None:
    assert marks(ask(question, text, points_at=[pointed])) == [marked]


@pytest.mark.parametrize(
    ("question", "pointed", "marked"),
    [
        ("أين توفي؟", "نوبة قلبية", "عمّان"),
        ("أين مات؟", "مسقط رأسه", "عمّان"),
        ("أين دفن؟", "مسقط رأسه", "مسقط رأسه"),
        ("أين توفي؟", "عمّان عام 2014 إثر نوبة", "عمّان"),
        ("في أي مدينة توفي؟", "عمّان عام 2014", "عمّان عام 2014"),
        ("كيف توفي؟", "نوبة قلبية", "نوبة قلبية"),
    ],
)
def test_where_marks_the_place_behind_the_word_that_is_asked_about(
    question: str, pointed: str, marked: str
) -> None:
    text = "توفي في عمّان عام 2014 إثر نوبة قلبية، ودفن في مسقط رأسه."
    assert marks(ask(question, text, points_at=[pointed])) == [marked]


def test_the_reader_is_followed_where_clauses_are_unlike_and_places_two() -> None:
    text = "سمّى المدير من اختارهم، ويتحمل المؤجر الصيانة."
    assert marks(ask("من يتحمل الصيانة؟", text, points_at=["المدير", "المؤجر"])) == ["المدير"]
    text = "عاش في حلب ثم عاش في دمشق."
    assert marks(ask("أين عاش؟", text, points_at=["دمشق"])) == ["دمشق"]


@pytest.mark.parametrize(
    ("question", "text", "pointed", "marked"),
    [
        ("أين درس؟", "درس في زيورخ بين عامي (1912 - 1914).", "زيورخ بين عامي (1912", "زيورخ"),
        ("أين ولد؟", "ولد في مدينة حلب، وكان تاجرًا.", "حلب، وكان تاجرًا", "حلب"),
        ("أين عمل؟", "عمل في حلب، وسكن في حلب.", "حلب، وسكن", "حلب"),
        ("أين سافر؟", "سافر إلى روما حيث عاش.", "روما حيث عاش", "روما حيث عاش"),
    ],
)
def test_where_marks_no_date_and_no_other_clause(
    question: str, text: str, pointed: str, marked: str
) -> None:
    assert marks(ask(question, text, points_at=[pointed])) == [marked]


@pytest.mark.parametrize(
    ("question", "pointed", "marked"),
    [
        ("من يتحمل الصيانة؟", "المستأجر", "المؤجر"),
        ("من يتحمل الوقود والمخالفات؟", "المؤجر", "المستأجر"),
        ("من يتحمل الوقود؟", "المستأجر", "المستأجر"),
        ("من يتحمل التأمين؟", "المستأجر", "المستأجر"),  # neither clause says more of it
    ],
)
@pytest.mark.parametrize("verb", ["يتحمل", "يَتَحَمَّل"])
def test_of_two_clauses_alike_that_which_is_asked_about_is_marked(
    question: str, pointed: str, marked: str, verb: str
) -> None:
    text = f"{verb} المؤجر الصيانة، و{verb} المستأجر الوقود والمخالفات."
    others = [one for one in ("المؤجر", "المستأجر") if one != pointed]
    assert marks(ask(question, text, points_at=[pointed, *others])) == [marked]


def test_two_of_what_is_counted_are_marked_and_no_number_of_the_question() -> None:
    text = "ألّف في عشرين عامًا كتابين ومسرحيةً واحدة."
    assert marks(ask("كم كتابًا ألّف في عشرين عامًا؟", text, points_at=["مسرحية"])) == ["كتابين"]
    text = "كان عمره عشرين، وأصدر ديوانًا هناك."
    assert marks(ask("كم ديوانًا أصدر وعمره عشرين؟", text, points_at=["ديوانًا"])) == ["ديوانًا"]


def test_who_asks_for_several_gets_all_of_them() -> None:
    text = "تولى تأسيس الفرقة سعاد وخليل ومنير."
    assert marks(ask("من هم مؤسسو الفرقة؟", text, points_at=["سعاد"])) == ["سعاد وخليل ومنير"]
    assert marks(ask("من أسس الفرقة؟", text, points_at=["سعاد"])) == ["سعاد"]


def test_what_the_question_says_itself_is_not_marked_where_there_is_more() -> None:
    text = "كان اسم السفينة التي بناها البحار «الأمل»."
    question = "ما اسم السفينة التي بناها البحار؟"
    assert marks(ask(question, text, points_at=["السفينة", "الأمل"])) == ["الأمل"]
    assert marks(ask(question, text, points_at=["السفينة"])) == ["السفينة"]
    text = "كان اسم السَّفِينَةِ التي بناها البحار «الأمل»."
    assert marks(ask(question, text, points_at=["السَّفِينَةِ", "الأمل"])) == ["الأمل"]


def test_a_mark_that_gives_way_leaves_the_score_of_the_sentence() -> None:
    passage = chunk(Document("d", "", "كان اسم السفينة «الأمل»."))[0]
    candidate = Candidate(Hit(passage, 0.9, 1), passage.units[0], 0, 0, 0.9, (), False)
    readings = {passage.passage_id: Pointed(passage.text, ("السفينة", "الأمل"))}
    found = marked(candidate, cast(Readings, readings), words_said("ما اسم السفينة؟"))
    assert found is not None
    assert (passage.text[found.start : found.end], found.score) == ("الأمل", 5.0)


def test_a_reason_keeps_its_marker_and_without_one_the_reader_marks() -> None:
    told = "أُغلق المرفأ لأن العاصفة اشتدت."
    untold = "أُغلق المرفأ، فقد اشتدت العاصفة."
    question = "لماذا أُغلق المرفأ؟"
    assert marks(ask(question, told, points_at=["العاصفة"])) == ["لأن العاصفة اشتدت"]
    assert marks(ask(question, untold, points_at=["اشتدت العاصفة"])) == ["اشتدت العاصفة"]


def test_yes_or_no_and_a_whole_list_have_no_mark() -> None:
    assert marks(ask("هل أُغلق المرفأ؟", "أُغلق المرفأ أمس.", points_at=["أمس"])) == []
    items = "مهام اللجنة كثيرة، منها:\n\n• إعداد التقارير.\n• متابعة القرارات."
    assert marks(ask("ما مهام اللجنة؟", f"تقرير\n\n{items}", points_at=["التقارير"])) == []


@pytest.mark.parametrize(
    ("question", "texts", "differ"),
    [
        (
            "متى تأسست شركة الأفق؟",
            ("تأسست شركة الأفق في عام 1988.", "تأسست شركة الأفق في عام 1990."),
            True,
        ),
        (  # birth and death
            "متى ولد خليل حاوي؟",
            ("ولد خليل حاوي في عام 1919.", "توفي خليل حاوي في عام 1982."),
            False,
        ),
        (  # the same year, once with the day
            "متى تأسست شركة الأفق؟",
            ("تأسست شركة الأفق في 3 مايو 1988.", "تأسست شركة الأفق في عام 1988."),
            False,
        ),
        (  # what one word names can be two things
            "متى توفي؟",
            ("توفي في عام 1922.", "توفي في عام 1952."),
            False,
        ),
    ],
)
def test_documents_differ_about_the_same_thing_alone(
    question: str, texts: tuple[str, str], differ: bool
) -> None:
    assert (ask(question, *texts).lead == DIFFER) is differ
