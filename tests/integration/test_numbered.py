"""Lookup of units by number, structure in an index, and the pages of citations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from word_encoder import WordEncoder

from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.chunk import chunk
from cica_qa.documents.load import LoadedDocuments
from cica_qa.documents.structure import parse_blocks
from cica_qa.errors import DocumentError
from cica_qa.index.build import update_index
from cica_qa.index.inputs import document_hash, validate
from cica_qa.index.store import DiskStore
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Block, Document, Page

LAW = Document(
    "law.txt",
    "نظام تأجير المركبات",
    "نظام تأجير المركبات\n\n"
    "المادة 1\nيقصد بالمؤجر كل منشأة مرخص لها بتأجير المركبات.\n\n"
    "المادة 2\nيسري هذا النظام على المركبات الخفيفة دون غيرها.\n\n"
    "المادة 12\nيحظر على المستأجر مغادرة البلاد بالمركبة دون تفويض مكتوب.\n\n"
    "المادة 21\nيعاقب من يخالف المادة 2 بغرامة قدرها ألف ريال.",
)
CAKE = Document(
    "cake.txt",
    "كعكة التمر",
    "كعكة التمر\n\nطريقة التحضير\n1. يُنقع التمر في ماء ساخن.\n2. يُخفق البيض مع الزيت.\n"
    "3. يُضاف التمر المهروس ثم الدقيق.",
)
MANUAL = Document(
    "manual.txt",
    "دليل المكنسة",
    "دليل المكنسة\n\nالأعطال:\nE1 - انسداد في الأنبوب، أزل العائق.\n"
    "E2 - ارتفاع حرارة المحرك، اترك الجهاز.\n\n7.1 يشمل الضمان المحرك.\n7.2 لا يشمل الضمان الفرش.",
)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    index = tmp_path_factory.mktemp("numbered") / "index"
    encoder = WordEncoder()
    update_index(LoadedDocuments([LAW, CAKE, MANUAL]), index, encoder, Settings())
    return Pipeline.of(Retriever(index, encoder, Settings()))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("ما نص المادة 12؟", "يحظر على المستأجر مغادرة البلاد بالمركبة دون تفويض مكتوب."),
        (
            "ماذا تقول المادة الثانية عشرة",
            "يحظر على المستأجر مغادرة البلاد بالمركبة دون تفويض مكتوب.",
        ),
        ("نص الماده (٢)؟", "يسري هذا النظام على المركبات الخفيفة دون غيرها."),
        ("ما الخطوة الثالثة؟", "يُضاف التمر المهروس ثم الدقيق."),
        ("الخطوة 1", "يُنقع التمر في ماء ساخن."),
        ("ما معنى E2؟", "E2 - ارتفاع حرارة المحرك، اترك الجهاز."),
        ("ماذا يقول البند 7.2؟", "7.2 لا يشمل الضمان الفرش."),
    ],
)
def test_a_numbered_unit_is_found_first(pipeline: Pipeline, question: str, answer: str) -> None:
    found = pipeline.ask(question)
    assert found.text == answer
    assert found.hits[0].passage.passage_id == found.citations[0].passage_id
    assert [(one.found, bool(one.units)) for one in found.hits[0].lookups] == [(True, True)]


def test_hits_report_both_of_two_units_asked_for(pipeline: Pipeline) -> None:
    found = pipeline.ask("ماذا تقول المادة 12، وما معنى E2؟")
    assert [citation.doc_id for citation in found.citations] == ["law.txt", "manual.txt"]
    assert [len(hit.lookups) for hit in found.hits[:2]] == [1, 1]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("ما نص المادة 40؟", "لا توجد المادة 40 في «\u2068نظام تأجير المركبات\u2069»."),
        (
            "ماذا تقول المادة الثالثة؟",
            "لا توجد المادة الثالثة في «\u2068نظام تأجير المركبات\u2069».",
        ),
        ("E4", "لا يوجد E4 في «\u2068دليل المكنسة\u2069»."),
    ],
)
def test_a_missing_unit_is_not_replaced_by_its_neighbour(
    pipeline: Pipeline, question: str, reason: str
) -> None:
    found = pipeline.ask(question)
    assert (found.abstained, found.citations, found.reason) == (True, (), reason)
    assert [(one.found, one.units) for one in found.hits[0].lookups] == [(False, ())]


@pytest.mark.parametrize(
    "question", ["من حضر أول مرة خطوة أول؟", "كم طابقا في البناء 40؟", "ما الساعة الثالثة؟"]
)
def test_words_that_name_no_part_cause_no_lookup(pipeline: Pipeline, question: str) -> None:
    assert all(not hit.lookups for hit in pipeline.ask(question).hits)


def test_only_the_chosen_documents_are_looked_up(pipeline: Pipeline) -> None:
    hits = pipeline.retriever.search("ما نص المادة 12؟", documents=["cake.txt"])
    assert all(not hit.lookups for hit in hits)


def test_structure_and_pages_are_stored_exactly(tmp_path: Path) -> None:
    blocks = tuple(parse_blocks(MANUAL))
    told = Document(
        "told",
        "جدول",
        "الاسم\tالثمن\nكتاب\t40\nقلم\t",
        blocks=(
            Block("row", 0, 11, cells=((0, 5), (6, 11)), header=((0, 5), (6, 11))),
            Block("row", 12, 19, cells=((12, 16), (17, 19)), header=((0, 5), (6, 11))),
            Block(
                "row", 20, 23, cells=((20, 23), (24, 24)), header=((0, 5), (6, 11)), detached=True
            ),
        ),
        pages=(Page("الأولى", 0, 20), Page("2", 20, 24)),
    )
    documents = [replace(MANUAL, blocks=blocks), told]
    update_index(LoadedDocuments(documents), tmp_path / "index", WordEncoder(), Settings())
    store, _ = DiskStore.load(tmp_path / "index")
    assert [store.document(document.doc_id) for document in documents] == documents

    kept = [store.passage(at) for at in range(len(store))]
    assert kept == [passage for document in documents for passage in chunk(document)]


def test_the_hash_of_a_document_covers_structure_and_pages() -> None:
    paged = replace(LAW, pages=(Page("1", 0, 20),))
    blocked = replace(LAW, blocks=(Block("paragraph", 0, 20),))
    assert len({document_hash(one) for one in (LAW, paged, blocked)}) == 3


@pytest.mark.parametrize(
    "document",
    [
        replace(LAW, blocks=(Block("paragraph", 0, 20), Block("paragraph", 10, 30))),
        replace(LAW, blocks=(Block("paragraph", 0, 10_000),)),
        replace(LAW, pages=(Page("1", 5, 3),)),
    ],
)
def test_spans_outside_the_text_are_refused(document: Document) -> None:
    with pytest.raises(DocumentError, match="are not in order inside its text"):
        validate([document])


def test_a_citation_knows_its_page(tmp_path: Path) -> None:
    at = LAW.text.index("المادة 12")
    paged = replace(LAW, pages=(Page("1", 0, at), Page("2", at, len(LAW.text))))
    encoder = WordEncoder()
    update_index(LoadedDocuments([paged]), tmp_path / "index", encoder, Settings())
    pipeline = Pipeline.of(Retriever(tmp_path / "index", encoder, Settings()))
    assert [pipeline.ask(f"ما نص المادة {n}؟").citations[0].page for n in (2, 12)] == ["1", "2"]


def test_a_document_without_such_units_reports_nothing_missing(tmp_path: Path) -> None:
    talk = Document(
        "talk", "محاضرة", "تكلم المحاضر عن النقطة الثالثة وهي الصبر وعن غيرها من النقاط."
    )
    notes = Document("notes", "قائمة", "قائمة\n\nالنقطة 2: شراء الخبز.\n\nانتهت القائمة هنا.")
    encoder = WordEncoder()
    update_index(LoadedDocuments([talk, notes]), tmp_path / "index", encoder, Settings())
    hits = Retriever(tmp_path / "index", encoder, Settings()).search("ما النقطة الثالثة؟")
    assert all(not hit.lookups for hit in hits)
