"""What every ``PassageStore`` must do. A new store joins by a line in ``STORES``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from postgres_server import server
from word_encoder import WordEncoder, build

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import FilterError
from cica_qa.filters import Where, filter_of
from cica_qa.index.build import update_index
from cica_qa.index.location import located
from cica_qa.index.opened import open_store
from cica_qa.index.store import DiskStore
from cica_qa.index.texts import row_texts
from cica_qa.protocols import PassageStore, Scope, Vectors
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


def postgres_store(documents: list[Document], folder: Path) -> PassageStore:
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    address = located(server().address(f"c_{name}"))
    update_index(LoadedDocuments(documents), address, WordEncoder(), Settings())
    return open_store(address)[0]


STORES: dict[str, Callable[[list[Document], Path], PassageStore]] = {
    "disk": disk_store,
    "graph": graph_store,
    "postgres": postgres_store,
}
CLOSE = 1e-4  # a store may round its vectors to half precision


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PassageStore:
    return STORES[request.param](DOCUMENTS, tmp_path_factory.mktemp("store") / "index")


def vector_of(question: str) -> Vectors:
    return WordEncoder().encode_queries([Normalizer()(question)])[0]


def nearest(
    store: PassageStore, vector: Vectors, k: int, scope: Scope | None = None
) -> list[tuple[int, float]]:
    (found,) = store.search_dense(vector[np.newaxis], k, scope)
    return found


def positions_in(store: PassageStore) -> list[int]:
    return [at for doc_id in store.document_ids for at in store.passages_of(doc_id)]


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
    passages = [store.passage(index) for index in positions_in(store)]
    assert passages == [passage for document in DOCUMENTS for passage in chunk(document)]
    assert len({passage.passage_id for passage in passages}) == len(passages)
    for passage in passages:
        text = store.document(passage.doc_id).text
        assert passage.text == text[passage.start : passage.end]


@pytest.mark.parametrize("question", ["التفاح أحمر", "موز بري", "السيارة سريعة", "غير موجود"])
def test_the_best_row_stands_for_its_passage(store: PassageStore, question: str) -> None:
    found = nearest(store, vector_of(question), len(store))
    assert sorted(index for index, _ in found) == positions_in(store)
    expected = dict(zip(positions_in(store), best_cosines(question), strict=True))
    for index, cosine in found:
        assert cosine == pytest.approx(expected[index], abs=CLOSE)
    scores = [cosine for _, cosine in found]
    assert scores == sorted(scores, reverse=True)


def test_equal_scores_stand_in_the_order_of_the_documents(store: PassageStore) -> None:
    found = nearest(store, vector_of("في التفاح ماء كثير."), 3)
    assert found[0][1] == pytest.approx(1, abs=CLOSE)
    ids = [store.passage(index).doc_id for index, _ in found]
    assert ids == ["ب.txt", "نسخة", "نسخة ٢"]
    assert len({cosine for _, cosine in found[1:]}) == 1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_fewer_hits_are_the_first_of_more(store: PassageStore, k: int) -> None:
    vector = vector_of("موز أصفر")
    assert nearest(store, vector, k) == nearest(store, vector, 100)[:k]


@pytest.mark.parametrize("wanted", [None, ["ب.txt", "نسخة"], []])
@pytest.mark.parametrize("k", [-1, 0, 1, 2, 100])
def test_several_questions_find_what_each_finds_alone(
    store: PassageStore, k: int, wanted: list[str] | None
) -> None:
    questions = ["موز أصفر", "التفاح أحمر", "في التفاح ماء كثير.", "غير موجود", "موز أصفر"]
    vectors = np.stack([vector_of(question) for question in questions])
    scope = None if wanted is None else Scope(wanted)
    together = store.search_dense(vectors, k, scope)
    assert together == [nearest(store, vector, k, scope) for vector in vectors]
    assert store.search_dense(vectors[:0], k, scope) == []


@pytest.mark.parametrize("k", [0, -1])
def test_no_hits_asked_no_hits_found(store: PassageStore, k: int) -> None:
    assert nearest(store, vector_of("موز"), k) == []
    assert store.search_terms({"stems": ["موز"]}, k) == []
    assert not len(store.passages_with("stems", "موز", k))


@pytest.mark.parametrize(
    "wanted", [["ب.txt"], {"نسخة ٢", "a b/ج.md"}, ("نسخة", "no such document"), list("abc"), []]
)
def test_only_the_documents_asked_for_are_searched(
    store: PassageStore, wanted: list[str] | set[str]
) -> None:
    vector = vector_of("التفاح أحمر")
    everything = nearest(store, vector, 100)
    expected = [found for found in everything if store.passage(found[0]).doc_id in wanted]
    found = nearest(store, vector, 100, Scope(wanted))
    assert found == expected


def test_children_are_the_sentences_then_the_windows(store: PassageStore) -> None:
    normalizer, analyzer, encoder = Normalizer(), Analyzer(), WordEncoder()
    vector = vector_of("موز أخضر حلو")
    weights = {term: 0.25 + at for at, term in enumerate(question_terms("موز أخضر حلو")["stems"])}
    positions = np.array(positions_in(store))[::-1]
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
        assert cosines[start:end].max() == dict(nearest(store, vector, 100))[position]


def test_which_passages_hold_which_terms(store: PassageStore) -> None:
    normalizer, analyzer = Normalizer(), Analyzer()
    positions = np.array(positions_in(store))
    texts = [normalizer(store.passage(index).text) for index in positions_in(store)]
    terms = [analyzer.passage_terms(text) for text in texts]
    for field in analyzer.fields:
        asked = [*{term for of_passage in terms for term in of_passage[field]}, "لا"]
        expected = [[term in of_passage[field] for term in asked] for of_passage in terms]
        assert store.holds(field, asked, positions).tolist() == expected


def test_passages_of_documents_are_theirs(store: PassageStore) -> None:
    positions = positions_in(store)
    assert positions == sorted(set(positions))
    assert len(positions) == len(store)
    for doc_id in store.document_ids:
        assert {store.passage(at).doc_id for at in store.passages_of(doc_id)} == {doc_id}
    assert list(store.passages_of("no such document")) == []


def owners_of(store: PassageStore, scope: Scope) -> set[str]:
    """The documents of all passages that are found in a scope."""
    found = nearest(store, vector_of("موز"), 100, scope)
    return {store.passage(at).doc_id for at, _ in found}


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
        for choose in (
            lambda: store.documents_of(where=asked),
            lambda: nearest(store, vector_of("موز"), 1, Scope(where=asked)),
            lambda: store.search_terms({"stems": ["موز"]}, 1, Scope(where=asked)),
            lambda: store.passages_with("stems", "موز", 1, Scope(where=asked)),
        ):
            with pytest.raises(expected, match="no document has one under 'title'"):
                choose()
        return
    assert list(store.documents_of(where=asked)) == expected
    assert owners_of(store, Scope(where=asked)) == set(expected)
    some = ["نسخة", "ب.txt", "gone"]
    chosen = [doc_id for doc_id in expected if doc_id in some]
    assert list(store.documents_of(some, asked)) == chosen
    assert owners_of(store, Scope(some, asked)) == set(chosen)


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
    found = store.search_terms({"stems": question_terms(question)["stems"]}, 100)
    owners = [store.passage(index).doc_id for index, _ in found]
    assert sorted(set(owners)) == sorted(finds)


def test_a_heading_finds_the_passage_under_it(store: PassageStore) -> None:
    ((best, _),) = store.search_terms({"stems": ["موز"]}, 100)
    assert store.passage(best).headings == ("الموز",)


def test_a_title_is_found_in_its_own_field(store: PassageStore) -> None:
    stems, theirs = question_terms("الفواكه")["stems"], list(store.passages_of("ب.txt"))
    found = store.search_terms({"title": stems}, 100)
    assert sorted(at for at, _ in found) == theirs
    assert theirs in [store.passages_with("title", stem, 100).tolist() for stem in stems]


def test_the_best_by_words_come_first(store: PassageStore) -> None:
    terms = question_terms("في التفاح الأحمر ماء كثير")
    found = store.search_terms(terms, 100)
    assert found == sorted(found, key=lambda one: (-one[1], one[0]))
    assert len({score for _, score in found}) < len(found)  # two documents say the same
    for k in range(len(found)):
        assert store.search_terms(terms, k) == found[:k]


def test_scores_by_words_are_sums_over_fields_and_terms(store: PassageStore) -> None:
    terms = question_terms("موز أصفر وسيارة حمراء")
    positions = np.array(positions_in(store))
    parts = [
        store.term_scores({field: [term]}, positions) for field in terms for term in terms[field]
    ]
    scores = store.term_scores(terms, positions)
    np.testing.assert_allclose(scores, np.sum(parts, axis=0), rtol=1e-5)
    found = dict(store.search_terms(terms, 100))
    assert [found.get(at, 0.0) for at in positions.tolist()] == scores.tolist()
    assert store.term_scores(terms, positions[:0]).shape == (0,)
    assert not store.term_scores({}, positions).any()
    assert store.search_terms({}, 100) == []


@pytest.mark.parametrize("documents", [None, ["نسخة", "ب.txt"], ["a b/ج.md"], []])
@pytest.mark.parametrize("stem", [None, "ماء", "موز", "ديناصور"])
def test_a_scope_leaves_the_others_out(
    store: PassageStore, documents: list[str] | None, stem: str | None
) -> None:
    terms = question_terms("في التفاح الأحمر موز")
    scope = Scope(documents, holding=None if stem is None else ("stems", stem))
    holding = None if stem is None else store.passages_with("stems", stem, 100).tolist()
    expected = [
        (at, score)
        for at, score in store.search_terms(terms, 100)
        if documents is None or store.passage(at).doc_id in documents
        if holding is None or at in holding
    ]
    assert store.search_terms(terms, 100, scope) == expected
    assert store.search_terms(terms, 1, scope) == expected[:1]


def test_frequencies_are_counts_of_passages(store: PassageStore) -> None:
    normalizer, analyzer = Normalizer(), Analyzer()
    texts = [normalizer(store.passage(index).text) for index in positions_in(store)]
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
        vector, index = vector_of(question), positions_in(store)[number % len(store)]
        return (
            nearest(store, vector, 3),
            nearest(store, vector, 3, Scope(["ب.txt", "نسخة"])),
            store.documents_of(where=filter_of({"title": "التفاح"})),
            store.search_terms(question_terms(question), 3),
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
    found = nearest(crowded, vector_of("الكلب رقم"), len(crowded))
    assert len(found) == len(crowded)
    assert {crowded.passage(i).doc_id for i, _ in found} == {"long", "short", "third"}
