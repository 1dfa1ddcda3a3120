"""What every ``PassageStore`` must do. A new store joins by a line in ``STORES``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from word_encoder import WordEncoder, build

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.errors import FilterError
from cica_qa.filters import Where, filter_of
from cica_qa.index.store import DiskStore
from cica_qa.index.texts import row_texts
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
    build(documents, folder, vector_index="exact")
    return DiskStore.load(folder)[0]


def graph_store(documents: list[Document], folder: Path) -> PassageStore:
    build(documents, folder, vector_index="graph")
    return DiskStore.load(folder)[0]


STORES: dict[str, Callable[[list[Document], Path], PassageStore]] = {
    "disk": disk_store,
    "graph": graph_store,
}
CLOSE = 1e-4  # a store may round its vectors to half precision


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
            rows = row_texts(passage, document.text, normalizer, Settings().window_words)
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
        assert cosine == pytest.approx(expected[index], abs=CLOSE)
    scores = [cosine for _, cosine in found]
    assert scores == sorted(scores, reverse=True)


def test_equal_scores_stand_in_the_order_of_the_documents(store: PassageStore) -> None:
    found = store.search_dense(vector_of("في التفاح ماء كثير."), 3)
    assert found[0][1] == pytest.approx(1, abs=CLOSE)
    ids = [store.passage(index).doc_id for index, _ in found]
    assert ids == ["ب.txt", "نسخة", "نسخة ٢"]
    assert len({cosine for _, cosine in found[1:]}) == 1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_fewer_hits_are_the_first_of_more(store: PassageStore, k: int) -> None:
    vector = vector_of("موز أصفر")
    assert store.search_dense(vector, k) == store.search_dense(vector, 100)[:k]


@pytest.mark.parametrize("wanted", [None, ["ب.txt", "نسخة"], []])
@pytest.mark.parametrize("k", [-1, 0, 1, 2, 100])
def test_several_questions_find_what_each_finds_alone(
    store: PassageStore, k: int, wanted: list[str] | None
) -> None:
    questions = ["موز أصفر", "التفاح أحمر", "في التفاح ماء كثير.", "غير موجود", "موز أصفر"]
    vectors = np.stack([vector_of(question) for question in questions])
    inside = None if wanted is None else store.passages_of(wanted)
    together = store.search_dense_many(vectors, k, inside)
    assert together == [store.search_dense(vector, k, inside) for vector in vectors]
    assert store.search_dense_many(vectors[:0], k, inside) == []


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
    found = store.search_dense(vector, 100, store.passages_of(wanted))
    assert found == expected


def test_children_are_the_sentences_then_the_windows(store: PassageStore) -> None:
    normalizer, analyzer, encoder = Normalizer(), Analyzer(), WordEncoder()
    vector = vector_of("موز أخضر حلو")
    weights = {term: 0.25 + at for at, term in enumerate(question_terms("موز أخضر حلو")["stems"])}
    positions = np.arange(len(store))[::-1]
    cosines, coverage, starts = store.children(vector, positions, weights)
    for position, start, end in zip(positions, starts, [*starts[1:], len(cosines)], strict=True):
        passage = store.passage(int(position))
        document = store.document(passage.doc_id).text
        texts = row_texts(passage, document, normalizer, Settings().window_words)
        assert end - start == len(texts) >= len(passage.units)
        expected = encoder.encode_passages(texts) @ vector
        np.testing.assert_allclose(cosines[start:end], expected, atol=CLOSE)
        held = [set(analyzer.passage_terms(text)["stems"]) for text in texts]
        sums = [sum(w for term, w in weights.items() if term in terms) for terms in held]
        assert coverage[start:end].tolist() == pytest.approx(sums)
        assert cosines[start:end].max() == store.cosines(vector, np.array([position]))[0]


def test_which_passages_hold_which_terms(store: PassageStore) -> None:
    normalizer, analyzer = Normalizer(), Analyzer()
    positions = np.arange(len(store))
    texts = [normalizer(store.passage(index).text) for index in range(len(store))]
    terms = [analyzer.passage_terms(text) for text in texts]
    for field in analyzer.fields:
        asked = [*{term for of_passage in terms for term in of_passage[field]}, "لا"]
        expected = [[term in of_passage[field] for term in asked] for of_passage in terms]
        assert store.holds(field, asked, positions).tolist() == expected


def test_cosines_are_those_of_the_search(store: PassageStore) -> None:
    vector = vector_of("موز أخضر حلو")
    found = store.search_dense(vector, len(store))
    positions = np.array([index for index, _ in found])
    assert store.cosines(vector, positions).tolist() == [cosine for _, cosine in found]
    for index, cosine in found:
        assert store.cosines(vector, np.array([index])).tolist() == [cosine]
        assert cosine == store.children(vector, np.array([index]), {})[0].max()
    assert store.cosines(vector, np.array([], np.int64)).tolist() == []


def test_passages_of_documents_are_theirs(store: PassageStore) -> None:
    owners = [store.passage(index).doc_id for index in range(len(store))]
    for wanted in (["ب.txt"], {"نسخة", "a b/ج.md"}, [], ["no such document"]):
        expected = [index for index, owner in enumerate(owners) if owner in wanted]
        assert store.passages_of(wanted).tolist() == expected
    assert store.passages_of().tolist() == list(range(len(store)))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"title": "التفاح"}, ["نسخة", "نسخة ٢"]),
        ({"title": ["السيارات", "الفواكه"]}, ["ب.txt", "a b/ج.md"]),
        ({"doc_id": "a b/ج.md"}, ["a b/ج.md"]),
        ({"source": "كتاب.txt"}, ["ب.txt"]),
        ({"source": "", "title": "التفاح"}, ["نسخة", "نسخة ٢"]),
        ({"لغة": "عربية"}, ["ب.txt"]),
        ({"لغة": "عربي"}, []),
        ({"format": "plain", "title": "التفاح"}, []),
        ({"nowhere": "عربية"}, []),
        ({"title": []}, []),
        ({"title": {"from": "2020"}, "nowhere": "x"}, FilterError),
        ({"title": 5}, FilterError),
        ({"nowhere": {"from": 5}}, []),
    ],
)
def test_documents_are_chosen_by_their_metadata(
    store: PassageStore, where: Where, expected: list[str] | type[FilterError]
) -> None:
    asked = filter_of(where)
    if isinstance(expected, type):
        for choose in (store.documents_of, store.passages_of):
            with pytest.raises(expected, match="no document has one under 'title'"):
                choose(where=asked)
        return
    assert list(store.documents_of(where=asked)) == expected
    assert store.passages_of(where=asked).tolist() == store.passages_of(expected).tolist()
    some = ["نسخة", "ب.txt", "gone"]
    chosen = [doc_id for doc_id in expected if doc_id in some]
    assert list(store.documents_of(some, asked)) == chosen
    assert store.passages_of(some, asked).tolist() == store.passages_of(chosen).tolist()


def question_terms(question: str) -> dict[str, list[str]]:
    return Analyzer().question_terms(Normalizer()(question))


@pytest.mark.parametrize(
    ("question", "finds"),
    [
        ("هل الموز أصفر؟", ["ب.txt"]),
        ("التفاح الأحمر", ["ب.txt", "نسخة", "نسخة ٢"]),
        ("سيارات سريعة", ["a b/ج.md"]),
        ("ديناصور", []),
    ],
)
def test_words_find_their_passages(store: PassageStore, question: str, finds: list[str]) -> None:
    scores = store.lexical_scores({"stems": question_terms(question)["stems"]})
    assert scores.shape == (len(store),)
    owners = [store.passage(index).doc_id for index in np.flatnonzero(scores)]
    assert sorted(set(owners)) == sorted(finds)


def test_a_heading_finds_the_passage_under_it(store: PassageStore) -> None:
    (best,) = np.flatnonzero(store.lexical_scores({"stems": ["موز"]}))
    assert store.passage(int(best)).headings == ("الموز",)


def test_a_title_is_found_in_its_own_field(store: PassageStore) -> None:
    stems = question_terms("الفواكه")["stems"]
    found = np.flatnonzero(store.lexical_scores({"title": stems}))
    assert found.tolist() == store.passages_of(["ب.txt"]).tolist()


def test_lexical_scores_are_sums_over_fields_and_terms(store: PassageStore) -> None:
    terms = question_terms("موز أصفر وسيارة حمراء")
    parts = [store.lexical_scores({field: [term]}) for field in terms for term in terms[field]]
    np.testing.assert_allclose(store.lexical_scores(terms), np.sum(parts, axis=0), rtol=1e-5)
    assert not store.lexical_scores({}).any()


def test_frequencies_are_counts_of_passages(store: PassageStore) -> None:
    normalizer, analyzer = Normalizer(), Analyzer()
    texts = [normalizer(store.passage(index).text) for index in range(len(store))]
    terms = [analyzer.passage_terms(text) for text in texts]
    for field in analyzer.fields:
        counts = Counter(term for of_passage in terms for term in {*of_passage[field]})
        assert store.passage_frequencies(field, list(counts)) == list(counts.values())
    words = Counter(word for text in texts for word in {*map(fold, analyzer.words(text))})
    assert dict(store.vocabulary()) == dict(words)
    forms = {word for text in texts for word in analyzer.words(text)}
    for folded in words:
        spelt = {form for form in forms if fold(form) == folded}
        assert set(store.spellings().get(folded, [folded])) == spelt
    assert store.passage_frequencies("stems", ["ديناصور"]) == [0]


def test_eight_threads_read_what_one_reads(store: PassageStore) -> None:
    questions = ["التفاح أحمر", "موز بري", "السيارة سريعة", "غير موجود"]

    def read(number: int) -> tuple[object, ...]:
        question = questions[number % 4]
        vector, index = vector_of(question), number % len(store)
        return (
            store.search_dense(vector, 3),
            store.search_dense(vector, 3, store.passages_of(["ب.txt", "نسخة"])),
            store.documents_of(where=filter_of({"title": "التفاح"})),
            store.lexical_scores(question_terms(question)).tolist(),
            store.passage(index),
            store.document(store.passage(index).doc_id),
            store.children(vector, np.array([index]), {"موز": 1.0})[0].tolist(),
        )

    alone = [read(number) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(40))) == alone


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
