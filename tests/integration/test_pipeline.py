"""Batches and conversations through the public pipeline, with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest
from word_encoder import WordEncoder, build

from cica_qa import Document, Pipeline, Turn
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.errors import QuestionError, SettingsError
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

SEAT = "أين يقع مقر الأمانة العامة؟"


@pytest.fixture(scope="module")
def pipeline(corpus_index: Path, encoder: Encoder) -> Pipeline:
    return Pipeline.of(Retriever(corpus_index, encoder, Settings()))


def test_a_batch_answers_as_single_questions_do_and_keeps_their_order(pipeline: Pipeline) -> None:
    questions = [SEAT, "ما التحديات التي يواجهها المؤتمر؟", "من فاز بكأس العالم 2022؟"]

    answers = pipeline.ask_many(questions)

    alone = [pipeline.ask(question) for question in questions]
    assert [answer.question for answer in answers] == questions
    assert [answer.text for answer in answers] == [answer.text for answer in alone]
    assert [answer.citations for answer in answers] == [answer.citations for answer in alone]
    assert [answer.abstained for answer in answers] == [False, False, True]


def test_a_bad_question_does_not_affect_the_others(pipeline: Pipeline) -> None:
    empty, good, marks = pipeline.ask_many(["  ", SEAT, "؟!"])

    assert (empty.abstained, empty.reason) == (True, "اكتب سؤالًا من فضلك.")
    assert marks.abstained
    assert marks.reason.startswith("لا توجد كلمات في السؤال.")
    assert "نور سلطان، كازاخستان" in good.text
    assert pipeline.ask_many([]) == []


def test_a_list_is_cited_whole_with_its_introduction(pipeline: Pipeline) -> None:
    answer = pipeline.ask("ما التحديات التي يواجهها المؤتمر؟")

    (citation,) = answer.citations
    text = pipeline.document(citation.doc_id).text
    assert answer.text == citation.quote == text[citation.start : citation.end]
    assert answer.text.startswith("على الرغم من أهميته")
    assert answer.text.count("•") == 4
    assert answer.text.endswith("وتتطلب تعاوناً إقليمياً لمواجهتها.")


def test_an_abstention_has_a_reason_and_the_nearest_passages(pipeline: Pipeline) -> None:
    answer = pipeline.ask("من فاز بكأس العالم 2022؟", k=3)

    assert answer.abstained
    assert answer.text == "لم أجد جوابًا مؤكدًا في الوثائق."
    isolated = "، ".join(f"«\u2068{word}\u2069»" for word in ("فاز", "بكأس", "2022"))
    assert answer.reason == f"لم يرد في أقرب المقاطع ذكر: {isolated}."
    assert answer.citations == ()
    assert len(answer.hits) == 3
    assert 0 <= answer.confidence < 0.5


def test_what_says_all_that_a_yes_or_no_question_says_answers_it(
    pipeline: Pipeline, corpus_index: Path, model_cache: Path
) -> None:
    # The reader learnt from no such question, and finds nothing to mark.
    reading = Pipeline.load(corpus_index, settings=Settings(cache_dir=model_cache))
    for either in (pipeline, reading):
        answer = either.ask("هل تهدف المنظمة إلى مكافحة الإرهاب؟")
        assert answer.lead == "نعم"
        assert "ومكافحة الإرهاب" in answer.citations[0].quote
        assert either.ask("هل الصين عضو فيه؟").lead == ""


@pytest.mark.xfail(strict=True, reason="where most of the members are is given, at .5")
def test_a_country_that_no_text_names_is_refused(corpus_index: Path, exact: Settings) -> None:
    assert Pipeline.load(corpus_index, settings=exact).ask("هل الصين عضو فيه؟").abstained


LEASE = """عقد إيجار شقة

المادة 1: المدة
تبدأ المدة في 1 يناير 2025، وتتجدد تلقائيًا ما لم يُخطر أحد الطرفين الآخر قبل شهرين.

المادة 2: التأجير
لا يحق للمستأجر تأجير الشقة من الباطن.
"""


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("هل يتجدد العقد تلقائيا؟", "نعم"),  # «ما لم» denies nothing
        ("هل يجوز للمستأجر تأجير الشقة من الباطن؟", "لا"),
    ],
)
def test_yes_and_no_in_a_contract(question: str, lead: str, model_cache: Path) -> None:
    lease = Document("lease", "عقد إيجار شقة", LEASE)
    settings = Settings(cache_dir=model_cache)
    assert Pipeline.from_documents([lease], settings=settings).ask(question).lead == lead


FREQUENT = """أسئلة شائعة عن متجر النور

كم مدة الضمان على الأجهزة؟
سنتان من تاريخ الشراء.

هل يمكن إرجاع المنتج بعد فتحه؟
نعم، خلال أربعة عشر يومًا مع الفاتورة الأصلية.

أين تقع فروعكم؟
في الرياض وجدة والدمام.
"""


def test_the_replies_of_a_list_of_questions_are_cited(model_cache: Path) -> None:
    pages = [Document("faq", "أسئلة شائعة", FREQUENT)]
    faq = Pipeline.from_documents(pages, settings=Settings(cache_dir=model_cache))

    assert faq.ask("كم مدة الضمان؟").text == "سنتان من تاريخ الشراء."
    assert faq.ask("وين فروعكم؟").text == "في الرياض وجدة والدمام."
    returned = faq.ask("هل أقدر أرجع المنتج بعد ما أفتحه؟")
    assert returned.text == "نعم، خلال أربعة عشر يومًا مع الفاتورة الأصلية."
    assert faq.ask("من مدير المتجر؟").abstained


def test_a_field_answers_alone(model_cache: Path) -> None:
    text = "مواصفات هاتف نور\n\nالشاشة: 6.5 بوصة\nالسعر: 1200 ريال\nالذاكرة: 8 غيغابايت"
    phone = [Document("phone", "هاتف نور", text)]
    answer = Pipeline.from_documents(phone, settings=Settings(cache_dir=model_cache)).ask(
        "كم سعر الهاتف؟"
    )
    assert answer.text == "السعر: 1200 ريال"
    (start, end) = answer.citations[0].focus[0]
    assert text[start:end] == "1200 ريال"


def test_nobody_misses_the_word_that_only_asks(pipeline: Pipeline) -> None:
    answer = pipeline.ask("ما اسم لاعب التنس؟")

    assert answer.abstained
    assert answer.reason == "لم يرد في أقرب المقاطع ذكر: «\u2068التنس\u2069»."


def test_a_word_that_one_of_the_nearest_passages_has_is_not_called_missing(
    pipeline: Pipeline,
) -> None:
    answer = pipeline.ask("ما هي المراجع التي اعتمد عليها هذا المقال؟")

    assert answer.abstained
    assert any("المراجع" in hit.passage.headings for hit in answer.hits)
    assert answer.reason == "لم يرد في أقرب المقاطع ذكر: «\u2068المقال\u2069»."


def test_the_threshold_is_the_confidence_needed(corpus_index: Path, encoder: Encoder) -> None:
    retriever = Retriever(corpus_index, encoder, Settings())

    assert Pipeline(retriever, ExtractiveAnswerer(1.0)).ask(SEAT).abstained
    assert not Pipeline(retriever, ExtractiveAnswerer(0.0)).ask("من فاز بكأس العالم؟").abstained


def test_a_follow_up_is_understood_from_the_question_before(pipeline: Pipeline) -> None:
    before = Turn("متى عُقد أول اجتماع لوزراء الخارجية؟", "1999")

    answer = pipeline.ask("وأين عُقد؟", [before])

    assert answer.question == "وأين عُقد؟"
    assert "ألماتي، كازاخستان" in answer.text
    assert answer.hits[0].passage.headings == ("خلفية تاريخية",)
    assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4, 5]


def test_a_new_topic_is_not_mixed_with_the_one_before(pipeline: Pipeline) -> None:
    alone = pipeline.ask(SEAT)

    later = pipeline.ask(SEAT, [Turn("ما أهمية الشباب والمرأة في أنشطة المؤتمر؟", "…")])

    assert (later.text, later.hits) == (alone.text, alone.hits)


def test_what_cannot_be_asked_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(QuestionError, match="the question is empty"):
        pipeline.ask("\x00 \ud800")
    with pytest.raises(SettingsError, match="k is 0; ask for at least 1 hit"):
        pipeline.ask(SEAT, k=0)


def test_a_follow_up_is_searched_whole_even_if_what_it_carries_over_is_cut(tmp_path: Path) -> None:
    document = Document("card", "بطاقة", "رقم الهاتف: 920-001-234\nالعنوان: الرياض")
    build([document], tmp_path / "index", WordEncoder())
    settings = Settings(reader=False, max_question_chars=40)
    pipeline = Pipeline.of(Retriever(tmp_path / "index", WordEncoder(), settings))
    before = "ما رقم هاتف مكتب مؤسسة النور للتعليم؟"

    answer = pipeline.ask("وما العنوان؟", [Turn(before, "920-001-234")])

    assert answer.carried == "رقم هاتف مكتب مؤسسة النور للتعليم"
    assert answer.hits[0].match.searched.startswith("وما العنوان؟ رقم هاتف")
