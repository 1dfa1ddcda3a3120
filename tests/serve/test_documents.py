"""Collections and documents over a real server; tests that change them use their own index."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from word_encoder import WordEncoder, build

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.index.publish import build_lock
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.documents import ChangingError, _ChangeTurns
from cica_qa.settings import ServeSettings, Settings
from cica_qa.types import Document

TEXT = "تأسست مكتبة الواحة في عام 1987. تفتح المكتبة أبوابها يوميًا من الثامنة صباحًا."


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    first = Document("a", "المتحف", "افتُتح متحف النخيل في عام 1990.", metadata={"x": "y"})
    build([first], tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def url(index_dir: Path, make_server: Callable[..., Any]) -> str:
    settings = Settings(reader=False, serve=ServeSettings(documents=True))
    pipeline = Pipeline.of(Retriever(index_dir, WordEncoder(), settings))
    running = make_server(settings, over=Collections({"own": pipeline}))
    return f"{running.url}/v1/collections/own/documents"


def found(url: str, query: str) -> dict[str, str]:
    """Return what a search finds now: texts by document id."""
    base = url.split("/v1/")[0]
    results = httpx.post(f"{base}/v1/search", json={"query": query}, timeout=60).json()["results"]
    return {hit["passage"]["doc_id"]: hit["passage"]["text"] for hit in results[0]["hits"]}


def test_collections_and_documents_are_listed_and_read(
    base_url: str, collections: Collections
) -> None:
    document = collections[""].documents()[0]
    listed = httpx.get(f"{base_url}/v1/collections").json()["collections"]
    assert [(one["name"], one["documents"], one["default"]) for one in listed] == [
        ("cica", 1, True)
    ]
    url = f"{base_url}/v1/collections/cica/documents"
    assert httpx.get(url).json() == {
        "documents": [
            {
                "doc_id": document.doc_id,
                "title": document.title,
                "source": Path(document.source).name,
                "origin": "folder",
                "length": len(document.text),
                "format": "plain",
                "pages": 0,
                "date": "",
            }
        ],
        "offset": 0,
        "total": 1,
    }
    assert httpx.get(url, params={"offset": 1}).json()["documents"] == []
    whole = httpx.get(f"{url}/{quote(document.doc_id)}").json()
    assert whole["text"] == document.text
    assert whole["metadata"] == dict(document.metadata)


def test_changes_are_refused_unless_allowed(base_url: str) -> None:
    url = f"{base_url}/v1/collections/cica/documents"
    for response in (
        httpx.put(f"{url}/a", json={"title": "", "text": TEXT}),
        httpx.post(url, json={"documents": []}),
        httpx.delete(f"{url}/cica.txt"),
    ):
        assert response.status_code == 403
        assert "CICA_SERVE__DOCUMENTS" in response.json()["detail"]


def test_add_search_replace_delete(url: str) -> None:
    query = "متى تأسست مكتبة الواحة؟"
    where = f"{url}/b"
    assert "b" not in found(url, query)
    put = httpx.put(where, json={"title": "المكتبة", "text": TEXT, "source": "s"}, timeout=60)
    assert put.status_code == 200, put.text
    assert (put.json()["added"], put.json()["documents"]) == (["b"], 2)
    assert "1987" in found(url, query)["b"]
    other = httpx.put(where, json={"title": "المكتبة", "text": TEXT.replace("1987", "1988")})
    assert other.json()["changed"] == ["b"]
    assert "1988" in found(url, query)["b"]
    assert httpx.delete(where, timeout=60).json()["removed"] == ["b"]
    assert httpx.get(where).status_code == 404
    assert httpx.delete(where).status_code == 404
    assert "b" not in found(url, query)
    assert httpx.get(url).json()["documents"][0]["doc_id"] == "a"


def test_a_batch_is_added_and_listed_in_pages(url: str) -> None:
    entries = [{"doc_id": f"n{at}", "title": str(at), "text": f"{TEXT} {at}"} for at in range(3)]
    changed = httpx.post(url, json={"documents": entries}, timeout=60).json()
    assert changed["added"] == ["n0", "n1", "n2"]
    page = httpx.get(url, params={"offset": 1, "limit": 2}).json()
    assert [one["doc_id"] for one in page["documents"]] == ["n0", "n1"]
    assert page["total"] == 4


@pytest.mark.parametrize("doc_id", ["../../etc/passwd", "a/b.md", "وثيقة رقم ١", "100%", "a?b#c"])
def test_an_id_is_never_a_path(url: str, index_dir: Path, doc_id: str) -> None:
    before = sorted(path.name for path in index_dir.parent.iterdir())
    where = httpx.URL(f"{url}/").copy_with(raw_path=f"{url_path(url)}/{quote(doc_id, '')}".encode())
    put = httpx.put(where, json={"title": "م", "text": TEXT}, timeout=60)
    assert put.json()["added"] == [doc_id]
    assert httpx.get(where).json()["doc_id"] == doc_id
    assert sorted(path.name for path in index_dir.parent.iterdir()) == before


def url_path(url: str) -> str:
    return httpx.URL(url).path


@pytest.mark.parametrize(
    "body",
    [
        {"title": "م", "text": ""},
        {"title": "م", "text": "؟!"},
        {"title": "م"},
        {"title": "م", "text": TEXT, "metadata": {"a": 1}},
        {"title": "م", "text": TEXT, "path": "/etc/passwd"},
        {"title": "م" * 1001, "text": TEXT},
    ],
)
def test_invalid_documents_are_refused(url: str, body: dict[str, object]) -> None:
    assert httpx.put(f"{url}/b", json=body, timeout=60).status_code == 422
    assert httpx.get(url).json()["total"] == 1


def test_a_batch_with_a_fault_changes_nothing(url: str) -> None:
    good = {"doc_id": "b", "title": "م", "text": TEXT}
    for bad in ([good, good], [good, {**good, "doc_id": "c\n"}], [good, {**good, "doc_id": ""}]):
        assert httpx.post(url, json={"documents": bad}, timeout=60).status_code == 422
    assert httpx.get(url).json()["total"] == 1


def test_a_change_is_refused_during_another_build(url: str, index_dir: Path) -> None:
    with build_lock(index_dir):
        for busy in (
            httpx.put(f"{url}/b", json={"title": "م", "text": TEXT}, timeout=60),
            httpx.delete(f"{url}/a", timeout=60),
        ):
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
            assert busy.headers["content-type"] == "application/problem+json"
            told = busy.json()
            assert told["detail"] == "another change of the documents is at work; try again in 5 s"
            assert told["arabic"] == "يجري الآن تغيير آخر للوثائق. أعد المحاولة بعد قليل."
        assert httpx.delete(f"{url}/none").status_code == 404
    assert httpx.get(url).json()["total"] == 1
    assert httpx.put(f"{url}/b", json={"title": "م", "text": TEXT}, timeout=60).status_code == 200


def test_waiting_for_a_build_stays_within_the_time_of_a_request(
    index_dir: Path, make_server: Callable[..., Any]
) -> None:
    settings = Settings(reader=False, serve=ServeSettings(documents=True, at_once=1, seconds=2))
    pipeline = Pipeline.of(Retriever(index_dir, WordEncoder(), settings))
    server = make_server(settings, over=Collections({"own": pipeline}))
    address = f"{server.url}/v1/collections/own/documents"
    entry = {"doc_id": "b", "title": "م", "text": TEXT}
    with build_lock(index_dir), ThreadPoolExecutor(4) as pool:
        changing = [
            pool.submit(httpx.post, address, json={"documents": [entry]}, timeout=60)
            for _ in range(4)
        ]
        while not server.app.state.workers.inside:
            time.sleep(0.001)
        asked = httpx.post(f"{server.url}/v1/search", json={"query": "متحف النخيل"}, timeout=60)
        assert asked.status_code == 200, "the only thread is not kept from questions"
        assert {one.result().status_code for one in changing} == {503}


def test_a_change_that_waits_too_long_is_refused() -> None:
    async def wait_for_oneself() -> None:
        turns = _ChangeTurns(0.01)
        async with turns.next():
            with pytest.raises(ChangingError, match="try again in 5 s"):
                async with turns.next():
                    pass
        async with turns.next():
            pass

    asyncio.run(wait_for_oneself())


def test_unknown_collections_are_refused(url: str) -> None:
    other = url.replace("/own/", "/other/")
    assert httpx.get(other).status_code == 404
    assert httpx.put(f"{other}/b", json={"title": "م", "text": TEXT}).status_code == 404
