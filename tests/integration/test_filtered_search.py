"""A search by metadata is the search by the ids of the documents that have it, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from word_encoder import ContextEncoder, build

from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import FilterError
from cica_qa.filters import filter_of
from cica_qa.index import stored_texts
from cica_qa.index.fields import MetadataColumns
from cica_qa.index.store import DiskStore
from cica_qa.index.update import add_documents, delete_documents
from cica_qa.protocols import Scope
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit, Turn

SETTINGS = Settings(reader=False)
QUESTIONS = ["أين نام القط في المدينة؟", "ما نص المادة 2؟", "متى أكل القط السمك؟", "asia 1999"]


def document(number: int) -> Document:
    text = (
        f"المادة 1: القط رقم {number} نام في المدينة.\n\nالمادة 2: أكل القط السمك عام {number}.\n\n"
        f"المادة 3: {'الكلب ' * (number % 5)}مشى في آسيا عام 1999."
    )
    metadata = {
        "format": "plain" if number % 2 else "markdown",
        "pages": str(number),
        "created": f"2024-{number % 12 + 1:02}-15T10:00:00Z",
    } | ({"author": "ليلى"} if number % 3 == 0 else {})
    return Document(f"d{number}", "نظام القطط", text, f"/srv/{number}.txt", metadata)


DOCUMENTS = [document(number) for number in range(24)]
FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({"format": "markdown"}, [number for number in range(24) if number % 2 == 0]),
    ({"author": "ليلى", "format": "plain"}, [3, 9, 15, 21]),
    ({"pages": {"from": 5, "before": 9}}, [5, 6, 7, 8]),
    ({"created": {"from": "2024-12"}}, [11, 23]),
    ({"doc_id": ["d7", "d4", "gone"]}, [4, 7]),
    ({"source": "7.txt"}, [7]),
    ({"pages": [1, "2", 99]}, [1, 2]),
    ({"author": "سعاد"}, []),
    ({"colour": "أحمر"}, []),
]


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several segments, with a document that was deleted and one that was replaced."""
    folder = tmp_path_factory.mktemp("filtered") / "index"
    encoder = ContextEncoder()
    gone = Document("gone", "نظام القطط", DOCUMENTS[4].text, "", DOCUMENTS[4].metadata)
    old = Document("d7", "قديم", "القط القديم.", "", {"format": "markdown", "pages": "2"})
    build([*DOCUMENTS[:7], old, gone, *DOCUMENTS[8:12]], folder, encoder)
    add_documents(folder, DOCUMENTS[12:], encoder, SETTINGS)
    add_documents(folder, [DOCUMENTS[7]], encoder, SETTINGS)
    delete_documents(folder, ["gone"], encoder, SETTINGS)
    return folder


@pytest.fixture(scope="module")
def retriever(index_dir: Path) -> Retriever:
    return Retriever(index_dir, ContextEncoder(), SETTINGS)


def exactly(hits: Sequence[Hit]) -> list[object]:
    return [(hit.passage, hit.score.hex(), hit.rank, hit.match, hit.lookups) for hit in hits]


@pytest.mark.parametrize(("where", "numbers"), FILTERS)
def test_a_filter_is_a_set_of_documents(
    retriever: Retriever, where: dict[str, Any], numbers: list[int]
) -> None:
    ids = [f"d{number}" for number in numbers]
    assert list(retriever.store.documents_of(where=filter_of(where))) == ids
    for found, expected in zip(
        retriever.search_many(QUESTIONS, 7, where=where),
        retriever.search_many(QUESTIONS, 7, documents=ids),
        strict=True,
    ):
        assert exactly(found) == exactly(expected)
        assert {hit.passage.doc_id for hit in found} <= set(ids)
    some = ["d4", "d5", "d9"]
    both = retriever.search(QUESTIONS[0], 50, documents=some, where=where)
    assert {hit.passage.doc_id for hit in both} == set(some) & set(ids)


@pytest.mark.parametrize(("where", "numbers"), [one for one in FILTERS if one[1]])
def test_a_filter_finds_what_an_index_of_its_documents_alone_would(
    retriever: Retriever, where: dict[str, Any], numbers: list[int], tmp_path: Path
) -> None:
    """In meaning to the last bit; by words the same passages, with the rarity of all."""
    build([DOCUMENTS[number] for number in numbers], tmp_path / "index", ContextEncoder())
    alone = Retriever(tmp_path / "index", ContextEncoder(), SETTINGS)
    vector = ContextEncoder().encode_queries(["القط نام في المدينة"])[0]
    vectors = vector[np.newaxis]
    (ours,) = retriever.store.search_dense(vectors, 100, Scope(where=filter_of(where)))
    (theirs,) = alone.store.search_dense(vectors, 100)
    ids = retriever.store.documents_of(where=filter_of(where))
    inside = [at for doc_id in ids for at in retriever.store.passages_of(doc_id)]
    in_place = {at: place for place, at in enumerate(inside)}
    assert sorted((in_place[at], cosine) for at, cosine in ours) == sorted(theirs)
    for question in QUESTIONS:
        found = retriever.search(question, 100, where=where)
        expected = alone.search(question, 100)
        assert {hit.passage for hit in found} == {hit.passage for hit in expected}
        assert found[0].lookups == expected[0].lookups


def test_a_number_is_looked_up_inside_the_filter(retriever: Retriever) -> None:
    hits = retriever.search("ما نص المادة 2؟", 3, where={"pages": 9})
    assert hits[0].passage.doc_id == "d9"
    assert [lookup.found for lookup in hits[0].lookups] == [True]
    assert "المادة 2" in hits[0].passage.text


def test_metadata_is_read_once_for_many_searches(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore.load(index_dir)[0]
    for segment in store.segments:
        segment.texts.__dict__.pop("fields", None)
    made: list[int] = []

    def counting(entries: Any) -> MetadataColumns:
        made.append(1)
        return MetadataColumns(entries)

    monkeypatch.setattr(stored_texts, "MetadataColumns", counting)
    again = Retriever(index_dir, ContextEncoder(), SETTINGS)
    again.search(QUESTIONS[0])
    again.search(QUESTIONS[0], documents=["d7"])
    assert not made
    for where, _ in FILTERS:
        again.search_many(QUESTIONS, where=where)
    assert len(made) == len(store.segments) == 3


def test_a_filter_that_is_changed_under_the_search_by_a_new_document(tmp_path: Path) -> None:
    folder, encoder = tmp_path / "index", ContextEncoder()
    build(DOCUMENTS[:3], folder, encoder)
    retriever = Retriever(folder, encoder, SETTINGS)

    def found() -> set[str]:
        return {hit.passage.doc_id for hit in retriever.search("القط", 50, where={"pages": [1, 9]})}

    assert found() == {"d1"}
    add_documents(folder, [DOCUMENTS[9]], encoder, SETTINGS)
    assert found() == {"d1", "d9"}
    delete_documents(folder, ["d1"], encoder, SETTINGS)
    assert found() == {"d9"}


def test_questions_are_answered_inside_the_filter(retriever: Retriever) -> None:
    pipeline = Pipeline.of(retriever)
    where = {"author": "ليلى", "format": "plain"}
    assert pipeline.ask("كم عدد المستندات؟", where=where).lead == "عدد الوثائق: 4"
    assert pipeline.ask("كم عدد المستندات؟", documents=["d3", "d4"], where=where).lead == (
        "عدد الوثائق: 1"
    )
    for question in ("متى أكل القط السمك؟", "ما المستندات التي تذكر السمك؟"):
        by_ids = pipeline.ask(question, documents=["d3", "d9", "d15", "d21"])
        assert pipeline.ask(question, where=where) == by_ids
        *_, last = pipeline.stream(question, where=where)
        assert last == by_ids
    follow_up = pipeline.ask("وأين مشى؟", [Turn("متى أكل القط؟", "")], where=where)
    assert {hit.passage.doc_id for hit in follow_up.hits} <= {"d3", "d9", "d15", "d21"}
    assert pipeline.ask("متى أكل القط السمك؟", where={"author": "سعاد"}).abstained


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({}, "the filter is empty"),
        (["plain"], "maps keys to values"),
        ({"pages": {"from": "2024"}}, "a date in ISO 8601, but no document has one under 'pages'"),
        ({"format": 5}, "a number, but no document has one under 'format'"),
        ({"author": ["سعاد", 5]}, "a number, but no document has one under 'author'"),
    ],
)
@pytest.mark.parametrize("question", [QUESTIONS[0], "كم عدد المستندات؟"])
def test_a_filter_of_the_wrong_type_is_refused(
    retriever: Retriever, where: Any, told: str, question: str
) -> None:
    for ask in (retriever.search, Pipeline.of(retriever).ask):
        with pytest.raises(FilterError, match=told) as raised:
            ask(question, where=where)
        assert any("\u0600" <= letter <= "\u06ff" for letter in raised.value.arabic)


def test_one_string_is_no_list_of_ids_or_questions(retriever: Retriever) -> None:
    with pytest.raises(TypeError, match="one string"):
        retriever.search(QUESTIONS[0], documents="d1")
    with pytest.raises(TypeError, match="one string"):
        retriever.search_many(QUESTIONS[0])
