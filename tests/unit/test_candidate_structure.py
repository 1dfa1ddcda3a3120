"""Features of candidates from document structure: kinds, labels, headings and lists."""

from __future__ import annotations

import pytest

from cica_qa import Document, Retriever
from cica_qa.answer.candidates import Candidate, find_candidates
from cica_qa.answer.structure import kind_features, list_features, naming_features
from cica_qa.arabic.matching import WordForms
from cica_qa.arabic.normalize import Normalizer
from cica_qa.settings import Settings

CARD = """بطاقة الحديقة

## الرسوم

سعر التذكرة: 20 جنيهًا
سعر الموقف: 5 جنيهات

## القواعد

يمنع في الحديقة ما يأتي:
- إشعال النار.
- قطف الأزهار.
"""
normalize = Normalizer()


@pytest.fixture(scope="module")
def found() -> list[Candidate]:
    document = Document("card", "بطاقة الحديقة", CARD)
    retriever = Retriever.from_documents([document], settings=Settings(reader=False))
    return find_candidates(retriever.search("كم سعر تذكرة الحديقة؟"))


def of(found: list[Candidate], begins: str, *, whole: bool = False) -> Candidate:
    (one,) = (one for one in found if one.text.startswith(begins) and one.is_list == whole)
    return one


def test_a_candidate_has_the_kind_of_its_unit_and_a_list_that_of_its_parts(
    found: list[Candidate],
) -> None:
    field, item = of(found, "سعر التذكرة"), of(found, "إشعال")
    fields, items = of(found, "سعر التذكرة", whole=True), of(found, "يمنع", whole=True)
    assert kind_features(field)["is field"] == kind_features(item)["is item"] == 1
    assert kind_features(fields)["list of fields"] == kind_features(items)["list of items"] == 1
    assert all(sum(kind_features(one).values()) == 1 for one in (field, item, fields, items))


def test_labels_and_headings_named_by_the_question(found: list[Candidate]) -> None:
    asks = WordForms(normalize("كم سعر التذكرة؟"))
    ticket = naming_features(asks, of(found, "سعر التذكرة"), normalize)
    parking = naming_features(asks, of(found, "سعر الموقف"), normalize)
    assert (ticket["label named"], ticket["label unnamed"]) == (1, 0)
    assert parking["label named"] < ticket["label named"]
    assert ticket["heading unnamed"] > 0.5
    assert naming_features(WordForms(normalize("ما الرسوم؟")), of(found, "سعر الموقف"), normalize)[
        "heading named"
    ]


def test_a_missing_label_is_not_unnamed(found: list[Candidate]) -> None:
    told = naming_features(
        WordForms(normalize("هل يجوز قطف الأزهار؟")), of(found, "قطف"), normalize
    )
    assert (told["label named"], told["label unnamed"]) == (0, 0)


def test_lists_know_their_parts_and_parts_their_siblings(
    found: list[Candidate],
) -> None:
    near = [of(found, "إشعال"), of(found, "قطف"), of(found, "يمنع", whole=True)]
    fire, flowers, rules = list_features([*near, of(found, "سعر الموقف")], [0.9, 0.5, 0.2, 1.0])[:3]
    assert rules == {"parts answer": pytest.approx(0.7), "others answer": 0.0}
    assert fire == {"parts answer": 0.0, "others answer": 0.5}
    assert flowers == {"parts answer": 0.0, "others answer": 0.9}
