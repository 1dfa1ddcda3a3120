"""The Python API as another program uses it: async, from memory, while documents change."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from word_encoder import WordEncoder, build, damage, segment_of

import cica_qa
from cica_qa import Answer, Citation, Collections, Document, Piece, Pipeline, Retriever, Turn
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.answer.pieces import answer_pieces
from cica_qa.errors import (
    CollectionError,
    DocumentError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    QuestionError,
)
from cica_qa.index.generation import open_generation
from cica_qa.index.publish import build_lock
from cica_qa.index.update import add_documents, delete_documents
from cica_qa.protocols import Encoder, Vectors
from cica_qa.settings import Settings

ONE = Document("1", "واحد", "عاصمة فرنسا باريس. نهر السين فيها.")
TWO = Document("2", "اثنان", "عاصمة مصر القاهرة. نهر مصر النيل.")
THREE = Document("3", "ثلاثة", "القط حيوان أليف. الكلب حيوان أليف.")
CAIRO = Document("cairo", "القاهرة", "القاهرة عاصمة مصر. تقع القاهرة على نهر النيل.")
PARIS = Document("paris", "باريس", "باريس عاصمة فرنسا. تقع باريس على نهر السين.")
SETTINGS = Settings()
MEMBERS = "كم عدد الدول الأعضاء؟"
QUESTIONS = [
    MEMBERS,
    "ما التحديات التي يواجهها المؤتمر؟",
    "أين يقع مقر الأمانة العامة؟ ومن فاز بكأس العالم 2022؟",
    "هل تقع الأمانة العامة في كازاخستان؟",
    "من فاز بكأس العالم 2022؟",
    "السلام عليكم",
]


@pytest.fixture(scope="module")
def pipeline(corpus_index: Path, encoder: Encoder) -> Pipeline:
    return Pipeline(Retriever(corpus_index, encoder, SETTINGS), ExtractiveAnswerer())


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    build([ONE, TWO], tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def retriever(index_dir: Path) -> Retriever:
    return Retriever(index_dir, WordEncoder(), SETTINGS)


def ids(retriever: Retriever) -> list[str]:
    return [document.doc_id for document in retriever.documents()]


def texts(items: Sequence[Piece | Answer]) -> str:
    return "".join(item.text for item in items if isinstance(item, Piece))


# ---- async ---------------------------------------------------------------------------------


def test_many_tasks_get_what_one_caller_gets(pipeline: Pipeline) -> None:
    asked = [pipeline.ask(question) for question in QUESTIONS]
    found = [pipeline.retriever.search(question, 3) for question in QUESTIONS]

    async def together() -> tuple[list[Answer], list[list[cica_qa.Hit]]]:
        answers = asyncio.gather(*(pipeline.aask(question) for question in QUESTIONS * 2))
        hits = asyncio.gather(*(pipeline.retriever.asearch(q, 3) for q in QUESTIONS * 2))
        return await answers, await hits

    answers, hits = asyncio.run(together())
    assert answers == asked * 2
    assert hits == found * 2


def test_async_takes_what_sync_takes(pipeline: Pipeline) -> None:
    history = [Turn(MEMBERS, "28 دولة")]
    (doc_id,) = {document.doc_id for document in pipeline.documents()[:1]}

    async def each() -> tuple[Answer, list[cica_qa.Hit]]:
        hits = await pipeline.retriever.asearch(MEMBERS, 2, documents=[doc_id], rerank=True)
        return await pipeline.aask("وكم عدد المراقبين؟", history, k=3), hits

    answer, hits = asyncio.run(each())
    assert answer == pipeline.ask("وكم عدد المراقبين؟", history, k=3)
    assert hits == pipeline.retriever.search(MEMBERS, 2, documents=[doc_id], rerank=True)


def test_the_event_loop_goes_on_while_a_search_runs(index_dir: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    class Waiting(WordEncoder):
        def encode_queries(self, texts: Sequence[str]) -> Vectors:
            started.set()
            assert go_on.wait(10), "the event loop was blocked"
            return super().encode_queries(texts)

    retriever = Retriever(index_dir, Waiting(), SETTINGS)

    async def search() -> list[cica_qa.Hit]:
        task = asyncio.create_task(retriever.asearch("عاصمة مصر", 1))
        while not started.is_set():
            await asyncio.sleep(0.001)
        go_on.set()  # only a loop that goes on comes here
        return await task

    assert [hit.passage.doc_id for hit in asyncio.run(search())] == ["2"]


def test_errors_come_through_async(pipeline: Pipeline) -> None:
    async def first(question: str) -> object:
        return await anext(pipeline.astream(question))

    for asked in (pipeline.aask("؟!"), pipeline.retriever.asearch("؟!"), first("؟!")):
        with pytest.raises(QuestionError, match="the question has no words"):
            asyncio.run(asked)


# ---- pieces --------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stream_is_the_answer_in_pieces_and_then_the_answer(
    pipeline: Pipeline, question: str
) -> None:
    *parts, last = pipeline.stream(question)

    assert last == pipeline.ask(question)
    assert isinstance(last, Answer)
    assert all(isinstance(part, Piece) and part.text for part in parts)
    assert texts(parts) == last.text
    cited = [part for part in parts if isinstance(part, Piece) and part.citation]
    assert [piece.citation for piece in cited] == list(last.citations)
    assert [piece.text for piece in cited] == [citation.quote for citation in last.citations]

    async def collected() -> list[Piece | Answer]:
        return [item async for item in pipeline.astream(question)]

    assert asyncio.run(collected()) == [*parts, last]


def test_a_stream_follows_the_conversation(pipeline: Pipeline) -> None:
    history = [Turn(MEMBERS, "28 دولة")]
    *_, last = pipeline.stream("وكم عدد المراقبين؟", history, k=3)
    assert last == pipeline.ask("وكم عدد المراقبين؟", history, k=3)


def citation(number: int, quote: str) -> Citation:
    return Citation(number, "1:0-9", "1", 0, len(quote), quote)


FIRST, SECOND = citation(1, "الأول."), citation(2, "الثاني.")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("س", "لا أعرف", abstained=True), [("لا أعرف", None)]),
        (Answer("س", "الأول.", (FIRST,)), [("الأول.", FIRST)]),
        (
            Answer("س", "نعم.\nالأول.", (FIRST,), lead="نعم"),
            [("نعم.\n", None), ("الأول.", FIRST)],
        ),
        (
            Answer("س", "تختلف:\nالأول.\nالثاني.\nملحوظة", (FIRST, SECOND), note="ملحوظة"),
            [
                ("تختلف:\n", None),
                ("الأول.", FIRST),
                ("\n", None),
                ("الثاني.", SECOND),
                ("\nملحوظة", None),
            ],
        ),
        (
            Answer(
                "س",
                "هو الأول [1]. ثم الثاني [2][1]. وانتهى\nملحوظة [3]",
                (FIRST, SECOND),
                note="ملحوظة [3]",
                phrased=True,
            ),
            [
                ("هو الأول [1]. ", FIRST),
                ("ثم الثاني [2][1]. ", SECOND),
                ("وانتهى", None),
                ("\nملحوظة [3]", None),
            ],
        ),
    ],
)
def test_pieces(answer: Answer, expected: list[tuple[str, Citation | None]]) -> None:
    found = list(answer_pieces(answer))
    assert [(piece.text, piece.citation) for piece in found] == expected
    assert texts(found) == answer.text


# ---- adding and deleting -------------------------------------------------------------------


def test_what_is_added_is_found_by_a_retriever_that_is_open(
    index_dir: Path, retriever: Retriever
) -> None:
    encoder = WordEncoder()
    info = add_documents(index_dir, [THREE], encoder, SETTINGS)

    assert (info.added, info.changed, info.removed, info.unchanged) == (("3",), (), (), ("1", "2"))
    assert (info.documents, info.published) == (3, True)
    assert info.encoded == len(encoder.texts) == 3  # two sentences and their window
    assert all("حيوان" in text for text in encoder.texts)
    assert ids(retriever) == ["1", "2", "3"]
    assert retriever.search("القط حيوان", 1)[0].passage.doc_id == "3"


def test_what_is_replaced_keeps_its_place(index_dir: Path, retriever: Retriever) -> None:
    new = Document("1", "واحد", "عاصمة المغرب الرباط.", "new", {"year": "2024"})
    info = add_documents(index_dir, iter([new, THREE]), WordEncoder(), SETTINGS)

    assert (info.added, info.changed, info.unchanged) == (("3",), ("1",), ("2",))
    assert retriever.documents() == [new, TWO, THREE]
    assert retriever.search("المغرب", 1)[0].passage.text == new.text
    assert not any("باريس" in hit.passage.text for hit in retriever.search("فرنسا", 9))


def test_what_is_deleted_is_no_longer_found(index_dir: Path, retriever: Retriever) -> None:
    add_documents(index_dir, [THREE], WordEncoder(), SETTINGS)
    encoder = WordEncoder()
    info = delete_documents(index_dir, ["2"], encoder, SETTINGS)

    assert (info.removed, info.unchanged, info.encoded, encoder.texts) == (
        ("2",),
        ("1", "3"),
        0,
        [],
    )
    assert ids(retriever) == ["1", "3"]
    assert delete_documents(index_dir, "1", WordEncoder(), SETTINGS).removed == ("1",)
    assert retriever.documents() == [THREE]


def test_a_change_gives_the_index_that_a_build_gives(index_dir: Path, tmp_path: Path) -> None:
    add_documents(index_dir, [THREE, CAIRO], WordEncoder(), SETTINGS)
    delete_documents(index_dir, ["1", "3"], WordEncoder(), SETTINGS)
    build([TWO, CAIRO], tmp_path / "built")

    changed, built = (
        Retriever(folder, WordEncoder(), SETTINGS) for folder in (index_dir, tmp_path / "built")
    )
    assert changed.documents() == built.documents() == [TWO, CAIRO]
    for question in ("عاصمة مصر", "على أي نهر تقع القاهرة؟"):
        assert changed.search(question) == built.search(question)


def test_a_change_writes_what_is_new_and_leaves_the_rest(index_dir: Path) -> None:
    before = open_generation(index_dir)
    add_documents(index_dir, [THREE], WordEncoder(), SETTINGS)
    after = open_generation(index_dir)
    assert after.segments[:-1] == before.segments
    assert after.manifest.segments[-1]["counts"] == {"documents": 1, "passages": 1, "vectors": 3}
    delete_documents(index_dir, ["1"], WordEncoder(), SETTINGS)
    deleted = open_generation(index_dir)
    assert deleted.segments == after.segments
    assert not (deleted.folder / "segment").exists()


def test_many_changes_leave_few_segments(index_dir: Path) -> None:
    for number in range(40):
        new = Document(f"n{number}", "", f"القط رقم {number} نائم.")
        add_documents(index_dir, [new], WordEncoder(), SETTINGS)
    generation = open_generation(index_dir)
    assert len(generation.segments) < 4
    assert generation.manifest.counts["documents"] == 42
    kept = {path.parent.name for path, _ in generation.segments} | {generation.name}
    assert len(list((index_dir / "generations").iterdir())) <= 2 * len(kept)


def test_where_nothing_changes_nothing_is_published(index_dir: Path) -> None:
    before = open_generation(index_dir).name
    for info in (
        add_documents(index_dir, [TWO], WordEncoder(), SETTINGS),
        add_documents(index_dir, [], WordEncoder(), SETTINGS),
        delete_documents(index_dir, [], WordEncoder(), SETTINGS),
    ):
        assert (info.published, info.generation, info.documents) == (False, before, 2)


def test_adding_makes_an_index_where_there_is_none(tmp_path: Path) -> None:
    info = add_documents(tmp_path / "new", [TWO, ONE], WordEncoder(), SETTINGS)
    assert (info.added, info.documents) == (("2", "1"), 2)
    assert ids(Retriever(tmp_path / "new", WordEncoder(), SETTINGS)) == ["2", "1"]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([THREE, Document("3", "", "نص")], "the document id '3' is empty or used twice"),
        ([THREE, Document("", "", "نص")], "the document id '' is empty or used twice"),
        ([THREE, Document("4", "", " \n")], "the document '4' is empty. Leave it out"),
        ([Document("4", "", "\ud800 نص")], "the text of document '4' has a lone surrogate"),
    ],
)
def test_one_faulty_document_adds_none(
    index_dir: Path, documents: list[Document], message: str
) -> None:
    before = open_generation(index_dir)
    with pytest.raises(DocumentError, match=message):
        add_documents(index_dir, documents, WordEncoder(), SETTINGS)
    assert open_generation(index_dir) == before


def test_unknown_ids_and_the_last_document_are_not_deleted(index_dir: Path) -> None:
    before = open_generation(index_dir)
    with pytest.raises(DocumentError) as unknown:
        delete_documents(index_dir, ["x", "1", "y"], WordEncoder(), SETTINGS)
    with pytest.raises(DocumentError) as last:
        delete_documents(index_dir, ["1", "2"], WordEncoder(), SETTINGS)

    assert str(unknown.value) == (
        "the index has no document 'x', 'y'. Nothing was deleted; give ids that it has."
    )
    assert unknown.value.arabic == "لا توجد وثيقة بهذا المعرّف، ولم يُحذف شيء."
    assert str(last.value) == (
        "the index would be left without a document. "
        "Nothing was deleted; add another document first."
    )
    assert last.value.arabic == "لا يمكن حذف آخر وثيقة. أضف وثيقة أخرى أولًا."
    assert open_generation(index_dir) == before


def test_deleting_makes_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        delete_documents(tmp_path / "none", ["1"], WordEncoder(), SETTINGS)
    assert not (tmp_path / "none").exists()


def test_a_damaged_index_is_not_made_anew_from_what_is_added(index_dir: Path) -> None:
    damage(segment_of(index_dir))
    with pytest.raises(IndexDamagedError, match="/segment is not what was written"):
        add_documents(index_dir, [THREE], WordEncoder(), SETTINGS)
    with pytest.raises(IndexDamagedError, match="/segment is not what was written"):
        delete_documents(index_dir, ["1"], WordEncoder(), SETTINGS)


def test_another_model_changes_nothing(index_dir: Path, retriever: Retriever) -> None:
    for change in (
        lambda: add_documents(index_dir, [THREE], WordEncoder("words-2"), SETTINGS),
        lambda: delete_documents(index_dir, ["1"], WordEncoder("words-2"), SETTINGS),
    ):
        with pytest.raises(IndexMismatchError, match="was made with another version of the model"):
            change()
    assert ids(retriever) == ["1", "2"]


# ---- at the same time ----------------------------------------------------------------------


def test_changes_of_many_threads_lose_nothing(index_dir: Path, retriever: Retriever) -> None:
    def change(number: int) -> None:
        new = [Document(f"{number}-{i}", "", f"القط رقم {number} {i} نائم.") for i in range(2)]
        add_documents(index_dir, new, WordEncoder(), SETTINGS)
        delete_documents(index_dir, [f"{number}-0"], WordEncoder(), SETTINGS)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(10, 18)))
    assert sorted(ids(retriever)) == ["1", *(f"{number}-1" for number in range(10, 18)), "2"]
    assert {h.passage.doc_id for h in retriever.search("القط نائم", 8)} == {
        f"{number}-1" for number in range(10, 18)
    }


def test_changes_of_many_processes_lose_nothing(index_dir: Path, retriever: Retriever) -> None:
    code = (
        "import sys; from pathlib import Path; from word_encoder import WordEncoder;"
        "from cica_qa.index.update import add_documents; from cica_qa import Document, Settings\n"
        "for number in range(4): add_documents(Path(sys.argv[1]), [Document("
        "f'{sys.argv[2]}-{number}', '', f'القط رقم {number}.')], WordEncoder(), Settings())"
    )
    tests = Path(__file__).resolve().parents[1]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(index_dir), name],
            env={**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"},
        )
        for name in "ab"
    ]
    assert [process.wait(60) for process in started] == [0, 0]
    added = {f"{name}-{number}" for name in "ab" for number in range(4)}
    assert set(ids(retriever)) == {"1", "2"} | added


@pytest.mark.parametrize("wait", [0, 0.1])
def test_a_build_that_does_not_end_is_told(
    index_dir: Path, settings: Settings, wait: float
) -> None:
    for change in (
        lambda: add_documents(index_dir, [THREE], WordEncoder(), SETTINGS, wait=wait),
        lambda: delete_documents(index_dir, ["1"], WordEncoder(), SETTINGS, wait=wait),
        lambda: cica_qa.add_documents([THREE], index_dir, settings=settings, wait=wait),
        lambda: cica_qa.delete_documents(["1"], index_dir, settings=settings, wait=wait),
    ):
        began = time.monotonic()
        with build_lock(index_dir), pytest.raises(IndexBusyError) as caught:
            change()
        assert wait <= time.monotonic() - began < 60
        assert str(caught.value) == (
            f"another build of {index_dir} was still running after {wait:g} s. "
            "Try again when it is done."
        )


def test_questions_beside_changes_get_whole_answers(index_dir: Path) -> None:
    pipeline = Pipeline(Retriever(index_dir, WordEncoder(), SETTINGS), ExtractiveAnswerer(0))
    done = threading.Event()

    def ask() -> int:
        asked = 0
        while not done.is_set() or not asked:
            answer = pipeline.ask("ما عاصمة مصر؟")
            assert (answer.text, len(answer.citations)) == ("عاصمة مصر القاهرة.", 1)
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for _ in range(5):
                add_documents(index_dir, [THREE], WordEncoder(), SETTINGS)
                delete_documents(index_dir, ["3"], WordEncoder(), SETTINGS)
        finally:
            done.set()
        assert all(one.result() > 0 for one in asking)


# ---- from memory ---------------------------------------------------------------------------


@pytest.fixture
def settings(tiny_folder: Path) -> Settings:
    """A model that knows nothing is loaded at once."""
    return Settings(model=str(tiny_folder), reader=False)


def test_documents_in_memory_are_answered_from(model_cache: Path) -> None:
    settings = Settings(cache_dir=model_cache)
    pipeline = Pipeline.from_documents([CAIRO, PARIS], settings=settings)
    folder = pipeline.retriever.index_dir

    answer = pipeline.ask("على أي نهر تقع باريس؟")
    assert answer.text == "تقع باريس على نهر السين."
    assert [one.doc_id for one in answer.citations] == ["paris"]
    assert pipeline.documents() == [CAIRO, PARIS]
    assert folder.is_dir()
    if os.name == "posix":
        assert folder.stat().st_mode & 0o077 == 0, "others may not read it"

    beside = pipeline.retriever.beside(folder)
    del pipeline
    assert folder.is_dir(), "somebody still has it open"
    del beside
    gc.collect()
    assert not folder.exists()


def test_all_that_answers_in_a_process_shares_its_models(
    model_cache: Path, corpus_index: Path
) -> None:
    settings = Settings(cache_dir=model_cache)
    first, second = (Pipeline.from_documents([one], settings=settings) for one in (CAIRO, PARIS))
    kept = Pipeline.load(corpus_index, settings=settings)
    encoder, reader = first.retriever.encoder, first.retriever.reader
    for other in (second, kept):
        assert other.retriever.encoder is encoder
        assert other.retriever.reader is reader is not None
    assert second.ask("على أي نهر تقع باريس؟").text == "تقع باريس على نهر السين."

    alone = Settings(cache_dir=model_cache, threads=1)
    assert Retriever.load(corpus_index, settings=alone).encoder is not encoder


def test_models_are_let_go_with_their_last_user(settings: Settings) -> None:
    retriever = Retriever.from_documents([CAIRO], settings=settings)
    encoder = weakref.ref(retriever.encoder)
    del retriever
    gc.collect()
    assert encoder() is None


def test_a_retriever_from_memory_is_removed_with_its_last_use(settings: Settings) -> None:
    retriever = Retriever.from_documents(iter([CAIRO, PARIS]), settings=settings)
    folder = retriever.index_dir
    assert len(retriever.search("نهر السين", 1)) == 1
    cica_qa.add_documents([ONE], folder, settings=settings)
    assert ids(retriever) == ["cairo", "paris", "1"]
    del retriever
    assert not folder.exists()


def test_what_cannot_be_indexed_leaves_no_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(DocumentError, match="there is no document to index"):
        Retriever.from_documents([], settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_the_process_removes_what_was_in_memory(
    settings: Settings, tmp_path: Path
) -> None:
    code = (
        "from cica_qa import Document, Retriever\n"
        "kept = Retriever.from_documents([Document('1', '', 'عاصمة مصر القاهرة.')])\n"
        "assert kept.index_dir.is_dir() and kept.search('مصر')"
    )
    variables = {"TMPDIR": str(tmp_path), "CICA_MODEL": settings.model}
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **variables}, check=True)
    assert [entry for entry in tmp_path.iterdir() if entry.name.startswith("cica-qa-")] == []


# ---- the public functions ------------------------------------------------------------------


def test_files_are_added_and_deleted_by_the_public_functions(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/ماء.txt").write_text("الماء سائل شفاف.", "utf-8")
    (tmp_path / "texts/empty.txt").write_text("", "utf-8")
    index_dir = str(tmp_path / "index")
    cica_qa.build_index([CAIRO], index_dir, settings=settings)

    info = cica_qa.add_documents(tmp_path / "texts", index_dir, settings=settings)
    assert (info.added, info.unchanged, list(info.skipped)) == (
        ("ماء.txt",),
        ("cairo",),
        ["empty.txt"],
    )
    info = cica_qa.add_documents([PARIS, tmp_path / "texts/ماء.txt"], index_dir, settings=settings)
    assert (info.added, info.unchanged) == (("paris",), ("cairo", "ماء.txt"))
    info = cica_qa.delete_documents(["ماء.txt", "cairo"], index_dir, settings=settings)
    assert (info.removed, info.unchanged, info.encoded) == (("cairo", "ماء.txt"), ("paris",), 0)


def test_a_missing_index_is_said_before_a_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        cica_qa.delete_documents(
            ["1"], tmp_path / "none", settings=Settings(model=str(tmp_path / "no model"))
        )


# ---- collections ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collections(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Collections:
    folder = tmp_path_factory.mktemp("collections")
    settings = Settings(model=str(tiny_folder))
    cica_qa.build_index([THREE], folder / "animals", settings=settings)
    cica_qa.build_index([CAIRO, PARIS], folder / "cities", settings=settings)
    names = ("animals", "cities")
    return Collections.load({name: folder / name for name in names}, settings=settings)


def test_collections_share_one_model_and_one_reader(collections: Collections) -> None:
    assert collections.names == ("animals", "cities")
    first, second = (collections[name].retriever for name in collections.names)
    assert first.encoder is second.encoder
    assert first.reader is not None
    assert first.reader is second.reader
    assert first.settings is second.settings
    assert first.store is not second.store
    assert collections[""] is collections["animals"]


def test_a_collection_is_changed_with_its_loaded_model(collections: Collections) -> None:
    encoder = collections["cities"].retriever.encoder
    info = collections.add("cities", [TWO, ONE])
    assert (info.added, info.unchanged) == (("2", "1"), ("cairo", "paris"))
    assert collections["cities"].retriever.encoder is encoder
    assert ids(collections["cities"].retriever) == ["cairo", "paris", "2", "1"]
    assert "cairo" not in ids(collections["animals"].retriever)
    info = collections.delete("cities", ["1", "2"])
    assert (info.removed, info.encoded) == (("2", "1"), 0)
    assert ids(collections["cities"].retriever) == ["cairo", "paris"]


def test_a_collection_that_is_not_there_is_told(collections: Collections) -> None:
    for change in (
        lambda: collections.add("towns", [ONE]),
        lambda: collections.delete("towns", ["1"]),
        lambda: collections["towns"],
    ):
        with pytest.raises(CollectionError) as caught:
            change()
        assert str(caught.value) == "there is no collection 'towns'; there are: animals, cities"
