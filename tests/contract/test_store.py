"""What every ``PassageStore`` must do. A new store joins by a line in ``STORES``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from word_encoder import WordEncoder, build

from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.index.build import row_texts
from cica_qa.index.store import DiskStore
from cica_qa.protocols import PassageStore, Vectors
from cica_qa.settings import Settings
from cica_qa.types import Document

DOCUMENTS = [
    Document(
        "ب.txt",
        "الفواكه",
        "الفواكه\n\nالتفاح\n\nالتفاح أحمر. التفاح حلو. في التفاح ماء كثير.\n\n"
        "الموز\n\nمن أنواع الموز:\n- موز أصفر\n- موز أخضر\n- موز بري\n",
        source="كتاب.txt",
        metadata={"format": "plain", "لغة": "عربية", "": ""},
    ),
    Document("a b/ج.md", "السيارات", "# السيارات\n\nالسيارة سريعة.\u2028 السيارة 🚗 حمراء.\n"),
    Document("نسخة", "التفاح", "التفاح أحمر. التفاح حلو. في التفاح ماء كثير.\n"),
    Document("نسخة ٢", "التفاح", "التفاح أحمر. التفاح حلو. في التفاح ماء كثير.\n"),
]


def disk_store(documents: list[Document], folder: Path) -> PassageStore:
    build(documents, folder)
    return DiskStore.load(folder)[0]


STORES: dict[str, Callable[[list[Document], Path], PassageStore]] = {"disk": disk_store}


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PassageStore:
    return STORES[request.param](DOCUMENTS, tmp_path_factory.mktemp("store") / "index")


def vector_of(question: str) -> Vectors:
    return WordEncoder().encode_queries([Normalizer()(question)])[0]


def best_cosines(question: str) -> list[float]:
    """The cosine of the best row of each passage, worked out from the texts themselves."""
    normalizer, encoder = Normalizer(), WordEncoder()
    cosines = []
    for document in DOCUMENTS:
        for passage in chunk(document):
            rows = [normalizer(text) for text in row_texts(passage, Settings().window_words)]
            cosines.append(float((encoder.encode_passages(rows) @ vector_of(question)).max()))
    return cosines


def test_documents_come_back_as_they_were_in_their_order(store: PassageStore) -> None:
    assert store.document_ids == ("ب.txt", "a b/ج.md", "نسخة", "نسخة ٢")
    assert [store.document(doc_id) for doc_id in store.document_ids] == DOCUMENTS
    with pytest.raises(KeyError):
        store.document("no such document")


def test_passages_come_back_as_they_were_cut(store: PassageStore) -> None:
    passages = [store.passage(index) for index in range(len(store))]
    assert passages == [passage for document in DOCUMENTS for passage in chunk(document)]
    assert len({passage.passage_id for passage in passages}) == len(passages)
    for passage in passages:
        text = store.document(passage.doc_id).text
        assert passage.text == text[passage.start : passage.end]


@pytest.mark.parametrize("question", ["التفاح أحمر", "موز بري", "السيارة سريعة", "غير موجود"])
def test_the_best_row_stands_for_its_passage(store: PassageStore, question: str) -> None:
    found = store.search_dense(vector_of(question), len(store))
    assert sorted(index for index, _ in found) == list(range(len(store)))
    expected = best_cosines(question)
    for index, cosine in found:
        assert cosine == pytest.approx(expected[index], abs=1e-6)
    scores = [cosine for _, cosine in found]
    assert scores == sorted(scores, reverse=True)


def test_equal_scores_stand_in_the_order_of_the_documents(store: PassageStore) -> None:
    found = store.search_dense(vector_of("في التفاح ماء كثير."), 3)
    assert found[0][1] == pytest.approx(1, abs=1e-6)
    ids = [store.passage(index).doc_id for index, _ in found]
    assert ids == ["ب.txt", "نسخة", "نسخة ٢"]
    assert len({cosine for _, cosine in found[1:]}) == 1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_fewer_hits_are_the_first_of_more(store: PassageStore, k: int) -> None:
    vector = vector_of("موز أصفر")
    assert store.search_dense(vector, k) == store.search_dense(vector, 100)[:k]


@pytest.mark.parametrize("k", [0, -1])
def test_no_hits_asked_no_hits_found(store: PassageStore, k: int) -> None:
    assert store.search_dense(vector_of("موز"), k) == []


@pytest.mark.parametrize(
    "wanted", [["ب.txt"], {"نسخة ٢", "a b/ج.md"}, ("نسخة", "no such document"), list("abc"), []]
)
def test_only_the_documents_asked_for_are_searched(
    store: PassageStore, wanted: list[str] | set[str]
) -> None:
    vector = vector_of("التفاح أحمر")
    everything = store.search_dense(vector, 100)
    expected = [found for found in everything if store.passage(found[0]).doc_id in wanted]
    found = store.search_dense(vector, 100, wanted)
    assert [index for index, _ in found] == [index for index, _ in expected]
    assert [cosine for _, cosine in found] == pytest.approx([c for _, c in expected], abs=1e-6)


def test_sentence_scores_are_the_cosines_of_the_sentences(store: PassageStore) -> None:
    normalizer, encoder = Normalizer(), WordEncoder()
    vector = vector_of("موز أخضر حلو")
    for index in range(len(store)):
        passage = store.passage(index)
        scores = store.sentence_scores(vector, index)
        assert len(scores) == len(passage.sentences)
        rows = row_texts(passage, Settings().window_words)[: len(scores)]
        expected = encoder.encode_passages([normalizer(row) for row in rows]) @ vector
        np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_many_rows_of_one_passage_do_not_crowd_out_the_others(
    request: pytest.FixtureRequest, store: PassageStore, tmp_path: Path
) -> None:
    long = " ".join(f"الكلب رقم {number}." for number in range(90))
    documents = [
        Document("long", "", long),
        Document("short", "", "هنا قط."),
        Document("third", "", "هنا حصان."),
    ]
    make = STORES[request.node.callspec.params["store"]]
    crowded = make(documents, tmp_path / "index")
    found = crowded.search_dense(vector_of("الكلب رقم"), len(crowded))
    assert len(found) == len(crowded)
    assert {crowded.passage(i).doc_id for i, _ in found} == {"long", "short", "third"}
