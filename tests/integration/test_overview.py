"""Questions about whole documents: what one is about, which mention something, how many."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from cica_qa import Answer, Document, Pipeline, Turn
from cica_qa.answer.overview import overview_request
from cica_qa.arabic.normalize import Normalizer

OLIVES = "تقرير عن زراعة الزيتون\n\nتمتد البساتين على 1500 هكتار. يستعمل المزارعون الري بالتنقيط."
WHEAT = "تقرير عن زراعة القمح\n\nبلغ الإنتاج 45 ألف طن. تعتمد الحقول على الري المحوري."
DATES = "تقرير عن زراعة النخيل\n\nتضم المزرعة 3200 نخلة. يوفر الري بالتنقيط المياه."


@pytest.fixture(scope="module")
def reports() -> Pipeline:
    texts = {"olives": OLIVES, "wheat": WHEAT, "dates": DATES}
    documents = [Document(name, text.split("\n")[0], text) for name, text in texts.items()]
    return Pipeline.from_documents(documents)


def cited(pipeline: Pipeline, question: str) -> list[str]:
    answer = pipeline.ask(question)
    found = {hit.passage.passage_id for hit in answer.hits}
    assert [hit.rank for hit in answer.hits] == list(range(1, len(found) + 1))
    assert {citation.passage_id for citation in answer.citations} <= found
    for citation in answer.citations:
        text = pipeline.document(citation.doc_id).text
        assert text[citation.start : citation.end] == citation.quote
    return sorted({citation.doc_id for citation in answer.citations})


@pytest.mark.parametrize(
    "question",
    ["ما المستندات التي تذكر الري بالتنقيط؟", "اذكر كل الوثائق التي ورد فيها الري بالتنقيط"],
)
def test_all_documents_that_mention_something_are_named(reports: Pipeline, question: str) -> None:
    assert cited(reports, question) == ["dates", "olives"]
    text = reports.ask(question).text
    assert "زراعة الزيتون" in text
    assert "زراعة القمح" not in text


def test_documents_are_counted(reports: Pipeline) -> None:
    answer = reports.ask("كم عدد المستندات؟")
    assert answer.lead == "عدد الوثائق: 3"
    assert cited(reports, "كم عدد المستندات؟") == ["dates", "olives", "wheat"]


@pytest.mark.parametrize(
    "question",
    ["عمّ تتحدث هذه الوثائق؟", "لخص المستندات", "What are the files about?"],
)
def test_all_documents_are_listed_with_their_beginnings(reports: Pipeline, question: str) -> None:
    answer = reports.ask(question)
    titles = "«\u2068تقرير عن زراعة الزيتون\u2069»، «\u2068تقرير عن زراعة القمح\u2069»"
    assert answer.lead == f"الوثائق هي: {titles}، «\u2068تقرير عن زراعة النخيل\u2069»"
    assert answer.text.startswith(f"{answer.lead}.\n")
    assert "بلغ الإنتاج 45 ألف طن." in answer.text
    assert cited(reports, question) == ["dates", "olives", "wheat"]


def test_a_long_document_is_summarised_from_all_its_parts() -> None:
    text = "دليل\n\n" + "\n\n".join(f"القسم {at}\n\nفيه ما يخص {at} من الأمور." for at in range(30))
    pipeline = Pipeline.from_documents([Document("guide", "دليل", text)])
    assert cited(pipeline, "عم يتحدث هذا المستند؟") == ["guide"]
    assert len(pipeline.ask("عم يتحدث هذا المستند؟").citations) == 6


def test_a_document_begins_with_its_first_content() -> None:
    titled = "دليل المكتبة\n\n---\n\nساعات العمل\n\nتفتح المكتبة في التاسعة."
    documents = [Document("guide", "دليل المكتبة", titled), Document("wheat", "زراعة القمح", WHEAT)]
    answer = Pipeline.from_documents(documents).ask("عمّ تتحدث هذه الوثائق؟")
    assert [one.quote for one in answer.citations] == [
        "تفتح المكتبة في التاسعة.",
        "بلغ الإنتاج 45 ألف طن.",
    ]


def test_the_first_of_many_documents_are_listed() -> None:
    many = [Document(f"d{at}", f"كتيب {at}", f"كتيب {at}\n\nفيه صفحات.") for at in range(7)]
    answer = Pipeline.from_documents(many).ask("عمّ تتحدث الوثائق؟")
    assert answer.lead.startswith("من الوثائق، وعددها 7: «\u2068كتيب 0\u2069»، ")
    assert answer.lead.endswith("«\u2068كتيب 4\u2069»")


def test_a_single_document_is_summarised_whatever_its_title() -> None:
    pipeline = Pipeline.from_documents([Document("wheat", "زراعة القمح", WHEAT)])
    assert pipeline.ask("عم تتحدث الوثائق؟").lead == "«\u2068زراعة القمح\u2069»، وممّا ورد فيه:"


def test_a_summary_consists_of_the_words_of_the_document() -> None:
    pipeline = Pipeline.from_documents([Document("wheat", "زراعة القمح", WHEAT)])
    answer = pipeline.ask("عم يتحدث هذا المستند؟")
    assert "زراعة القمح" in answer.text
    assert "بلغ الإنتاج 45 ألف طن." in answer.text
    assert cited(pipeline, "لخص تقرير القمح") == ["wheat"]
    assert not pipeline.ask("لخص المادة الخامسة").text.startswith("«")


@pytest.mark.parametrize(
    ("asked", "kind", "expected"),
    [
        ("عم يتحدث هذا المستند؟", "thing", "outline"),
        ("لخص المحضر", "thing", "outline"),
        ("ما المستندات التي تذكر الري بالتنقيط؟", "list", "mentions"),
        ("كم عدد المستندات؟", "number", "count"),
        ("كم عدد المستندات المطلوبة للتسجيل؟", "number", None),
        ("عم تتحدث هذه الوثائق؟", "thing", "listing"),
        ("ما المستندات المطلوبة للتسجيل؟", "list", None),
        ("ما المستندات؟", "list", None),
        ("متى عُقد الاجتماع؟", "date", None),
        ("ما موضوع البند الثالث؟", "thing", None),
    ],
)
def test_questions_about_whole_documents_are_recognised(
    asked: str, kind: str, expected: str | None
) -> None:
    found = overview_request(Normalizer()(asked), kind)
    assert (found.kind if found else None) == expected


@pytest.mark.parametrize("documents", [["dates"], {"dates", "gone"}])
def test_only_the_chosen_documents_answer(reports: Pipeline, documents: Collection[str]) -> None:
    def asked(question: str) -> Answer:
        return reports.ask(question, documents=documents)

    assert [one.doc_id for one in asked("كم نخلة تضم المزرعة؟").citations] == ["dates"]
    assert asked("كم عدد المستندات؟").lead == "عدد الوثائق: 1"
    mentioning = asked("ما المستندات التي تذكر الري بالتنقيط؟")
    assert {one.doc_id for one in mentioning.citations} == {"dates"}
    wheat = asked("كم بلغ إنتاج القمح؟")
    assert {hit.passage.doc_id for hit in wheat.hits} == {"dates"}
    follow_up = reports.ask("وكم نخلة فيها؟", [Turn("ما مساحة البساتين؟", "")], documents=documents)
    assert {hit.passage.doc_id for hit in follow_up.hits} == {"dates"}


def test_missing_documents_answer_nothing(reports: Pipeline) -> None:
    assert reports.ask("كم نخلة تضم المزرعة؟", documents=["gone"]).abstained
