"""A retriever while the index under it changes, and under several threads."""

from __future__ import annotations

import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from word_encoder import WordEncoder, build, damage, segment_of

from cica_qa.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    QuestionError,
    SettingsError,
)
from cica_qa.index.generation import open_generation
from cica_qa.index.publish import write_generation
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

ONE = Document("1", "واحد", "عاصمة فرنسا باريس. نهر السين فيها.")
TWO = Document("2", "اثنان", "عاصمة مصر القاهرة. نهر مصر النيل.")
THREE = Document("3", "ثلاثة", "القط حيوان أليف. الكلب حيوان أليف.")


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    build([ONE, TWO], tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def retriever(index_dir: Path) -> Retriever:
    return Retriever(index_dir, WordEncoder(), Settings())


@pytest.fixture(scope="module")
def article(corpus_index: Path, encoder: Encoder) -> Retriever:
    return Retriever(corpus_index, encoder, Settings())


def found(hits: list[Hit]) -> list[str]:
    return [hit.passage.doc_id for hit in hits]


def break_newest(index_dir: Path) -> str:
    """Publish a generation and flip one bit of it; return its name."""
    name = build([ONE, TWO, THREE], index_dir).generation
    damage(segment_of(index_dir))
    return name


# ---- a new generation ----------------------------------------------------------------------


def test_the_next_search_sees_what_was_published(index_dir: Path, retriever: Retriever) -> None:
    assert "3" not in found(retriever.search("القط حيوان"))
    build([ONE, THREE], index_dir)
    assert found(retriever.search("القط حيوان", 1)) == ["3"]
    assert [document.doc_id for document in retriever.documents()] == ["1", "3"]
    assert "2" not in found(retriever.search("عاصمة مصر"))


def test_where_nothing_was_published_nothing_is_read_again(
    index_dir: Path, retriever: Retriever
) -> None:
    store = retriever.store
    build([ONE, TWO], index_dir)
    assert retriever.store is store


def test_a_damaged_generation_is_not_served_and_said_once(
    index_dir: Path, retriever: Retriever, caplog: pytest.LogCaptureFixture
) -> None:
    before = retriever.search("عاصمة مصر")
    name = break_newest(index_dir)
    for _ in range(3):
        assert retriever.search("عاصمة مصر") == before
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.ERROR,
            f"still serving the index loaded before: the index in {index_dir} is damaged: "
            f"{name}/segment is not what was written. Make it again: "
            f"cica-qa index PATH --index {index_dir}",
        )
    ]
    build([ONE, TWO, THREE], index_dir)
    assert found(retriever.search("القط حيوان", 1)) == ["3"], "the repaired index is picked up"


def test_a_generation_of_another_model_is_not_served(
    index_dir: Path, retriever: Retriever, caplog: pytest.LogCaptureFixture
) -> None:
    before = retriever.search("عاصمة مصر")
    build([ONE, THREE], index_dir, WordEncoder("another"))
    assert retriever.search("عاصمة مصر") == before
    assert "was made with another version of the model 'words'" in caplog.text


def test_an_index_that_is_deleted_goes_on_being_served(
    index_dir: Path, retriever: Retriever, caplog: pytest.LogCaptureFixture
) -> None:
    before = retriever.search("عاصمة مصر")
    shutil.rmtree(index_dir)
    assert retriever.search("عاصمة مصر") == before
    assert retriever.search("عاصمة مصر") == before
    assert len(caplog.records) == 1


def test_searches_beside_a_writer_see_one_generation_each(index_dir: Path) -> None:
    """Version n holds n copies of one sentence, so a mixture could not go unnoticed."""
    # Every document of a version has the version's number in its text and in its id.
    versions = [
        [Document(f"{n}-{i}", "", f"القط رقم {n} نائم.") for i in range(n)] for n in range(1, 16)
    ]
    build(versions[0], index_dir)
    retriever = Retriever(index_dir, WordEncoder(), Settings())
    done = threading.Event()
    seen: set[int] = set()

    def read() -> None:
        while not done.is_set():
            hits = retriever.search("القط نائم", 50)
            (version,) = {int(hit.passage.doc_id.split("-")[0]) for hit in hits}
            assert len(hits) == version
            assert all(f"رقم {version} " in hit.passage.text for hit in hits)
            seen.add(version)

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        try:
            for version in versions[1:]:
                build(version, index_dir)
        finally:
            done.set()
    for reader in readers:
        reader.result()
    assert len(seen) > 3
    assert len(retriever.search("القط", 50)) == 15


# ---- opening -------------------------------------------------------------------------------


def test_another_model_is_refused(index_dir: Path) -> None:
    other = WordEncoder("words-2")
    other.model_id = "some/other-model"
    with pytest.raises(IndexMismatchError) as caught:
        Retriever(index_dir, other, Settings())
    assert str(caught.value) == (
        f"the index in {index_dir} was made with the model 'words', not 'some/other-model'. Use "
        "that model (--model words), or make the index again: "
        f"cica-qa index PATH --index {index_dir}"
    )


def test_the_same_model_by_another_name_is_accepted(index_dir: Path) -> None:
    same = WordEncoder()
    same.model_id = "/elsewhere/words"
    assert Retriever(index_dir, same, Settings()).search("عاصمة فرنسا", 1)[0].passage.doc_id == "1"


def test_other_weights_under_the_same_name_are_refused(index_dir: Path) -> None:
    with pytest.raises(IndexMismatchError) as caught:
        Retriever(index_dir, WordEncoder("words-2"), Settings())
    assert str(caught.value) == (
        f"the index in {index_dir} was made with another version of the model 'words' or of the "
        f"text analysis. Make it again: cica-qa index PATH --index {index_dir}"
    )


def test_another_normaliser_is_refused(index_dir: Path) -> None:
    manifest = open_generation(index_dir).manifest
    assert manifest.normalizer_fingerprint
    write_generation(index_dir, replace(manifest, normalizer_fingerprint="older"))
    with pytest.raises(IndexMismatchError, match="or of the text analysis"):
        Retriever(index_dir, WordEncoder(), Settings())


def test_a_missing_or_damaged_index_is_said_before_a_model_is_loaded(tmp_path: Path) -> None:
    settings = Settings(model=str(tmp_path / "no model"))
    with pytest.raises(IndexMissingError):
        Retriever.load(tmp_path / "nowhere", settings=settings)
    build([ONE, TWO], tmp_path / "index")
    break_newest(tmp_path / "index")
    with pytest.raises(IndexDamagedError):
        Retriever.load(str(tmp_path / "index"), settings=settings)


# ---- searching -----------------------------------------------------------------------------


def test_hits_explain_their_scores(article: Retriever) -> None:
    hits = article.search("كم عدد الدول الأعضاء؟", 7)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5, 6, 7]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    for hit in hits:
        assert len(hit.match.units) == len(hit.passage.units)
        assert hit.match.dense >= max(hit.match.units) - 1e-6
        assert hit.match.scores["child"] >= hit.match.dense
        addends = [hit.match.scores[name] for name in ("child", "title", "lexical", "alignment")]
        assert hit.score == pytest.approx(sum(addends), abs=1e-6)
    assert hits[0].match.matched == ("عدد", "الدول", "الأعضاء")
    words = hits[0].match.words
    assert list(words) == ["الدول", "الأعضاء"]
    assert all(0.8 < similarity <= 1 for similarity in words.values())


def test_searching_many_is_searching_each(
    corpus_index: Path, exact_encoder: Encoder, question_set: list[dict[str, str]]
) -> None:
    article = Retriever(corpus_index, exact_encoder, Settings())
    questions = [entry["question"] for entry in question_set[:12]]
    together = article.search_many(questions, 4)
    for question, hits in zip(questions, together, strict=True):
        alone = article.search(question, 4)
        assert [hit.passage for hit in hits] == [hit.passage for hit in alone]
        assert [hit.score for hit in hits] == pytest.approx([h.score for h in alone], abs=1e-5)
    assert article.search_many([]) == []


def test_eight_threads_find_what_one_finds(
    article: Retriever, question_set: list[dict[str, str]]
) -> None:
    questions = [entry["question"] for entry in question_set[::3]]
    alone = [article.search(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(article.search, questions * 2)) == alone * 2


def test_more_hits_than_passages_are_all_passages(retriever: Retriever) -> None:
    assert len(retriever.search("عاصمة", 10**9)) == len(retriever.store) == 2


@pytest.mark.parametrize("k", [0, -1, -(10**9)])
def test_fewer_than_one_hit_is_refused(retriever: Retriever, k: int) -> None:
    with pytest.raises(SettingsError, match=f"k is {k}; ask for at least 1 hit"):
        retriever.search("عاصمة", k)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (None, ["2", "1"]),
        (["1"], ["1"]),
        ({"2"}, ["2"]),
        (("1", "2"), ["2", "1"]),
        (["2", "unknown"], ["2"]),
        (["unknown"], []),
        ([], []),
    ],
)
def test_a_search_can_be_limited_to_documents(
    retriever: Retriever, documents: list[str] | None, expected: list[str]
) -> None:
    hits = retriever.search("عاصمة مصر القاهرة.", documents=documents)
    assert found(hits) == expected
    assert [hit.rank for hit in hits] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty. Type one."),
        (" \n\t\u00a0", "the question is empty. Type one."),
        ("\x00\ud800", "the question is empty. Type one."),
        ("؟!… 🙂🙃", "the question has no words. Ask in words."),
        ("س" * 100_000, "the question has 100000 characters; 2000 is the most. Shorten it."),
    ],
)
def test_a_question_that_cannot_be_searched_is_refused(
    retriever: Retriever, question: str, message: str
) -> None:
    with pytest.raises(QuestionError) as caught:
        retriever.search(question)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "question",
    ["عاصمة\x00 مصر", "عاصمة \ud83d مصر", "\u202eعاصمة\u202c مصر", "عَاصِمَةُ مِصْرَ", "عاصمة\nمصر"],
)
def test_characters_that_are_no_text_do_not_matter(retriever: Retriever, question: str) -> None:
    plain = retriever.search("عاصمة مصر")
    assert retriever.search(question) == plain


@pytest.mark.parametrize("question", ["ا", "7", "capital of مصر ؟", "س" * 2000, "' OR 1=1; --"])
def test_odd_questions_have_hits(article: Retriever, question: str) -> None:
    assert len(article.search(question)) == 5
