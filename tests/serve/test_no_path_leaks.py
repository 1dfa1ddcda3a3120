"""No path of this machine appears in any answer, error, page or metric."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chat_page
import httpx
import pytest
from word_encoder import WordEncoder

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import load_paths
from cica_qa.errors import (
    CicaError,
    IndexDamagedError,
    IndexMissingError,
    IndexWriteError,
    ModelError,
)
from cica_qa.index.build import update_index
from cica_qa.index.fields import without_folders
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.problems import problem_of
from cica_qa.settings import ServeSettings, Settings

SETTINGS = Settings(reader=False)


@pytest.fixture
def client(make_server: Callable[..., Any], tmp_path: Path) -> Iterator[httpx.Client]:
    folder = tmp_path / "documents" / "law"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("مقر الأمانة في مدينة ألماتي.", "utf-8")
    update_index(load_paths([tmp_path / "documents"]), tmp_path / "index", WordEncoder(), SETTINGS)
    pipeline = Pipeline.of(Retriever(tmp_path / "index", WordEncoder(), SETTINGS))
    settings = Settings(reader=False, serve=ServeSettings(documents=True))
    server = make_server(settings, over=Collections({"own": pipeline}), chat=True)
    with httpx.Client(base_url=server.url, timeout=60) as one:
        yield one


def told(client: httpx.Client) -> Iterator[str]:
    """Everything that the server returns, including errors."""
    one = "/v1/collections/own/documents"
    for path in ("/", "/readyz", "/openapi.json", "/v1/collections", "/v1/models", one):
        yield client.get(path).text
    yield client.get(f"{one}/law%2Fa.txt").text
    yield client.delete(f"{one}/law%2Fa.txt").text
    yield client.delete(f"{one}/none").text
    yield client.put(f"{one}/b", json={"title": "", "text": "؟"}).text
    for path in ("/assets/../../x", "/static/none", "/gradio_api/file=/etc/passwd", "/none"):
        yield client.get(path).text
    yield client.post("/v1/ask", json={"question": "أين المقر؟"}).text
    yield client.post("/v1/search", json={"query": "أين المقر؟", "rerank": True}).text
    yield chat_page.asked(client, "أين المقر؟")
    yield client.get("/metrics").text


def paths(tmp_path: Path) -> list[str]:
    package = Path(sys.modules["cica_qa"].__file__ or "").parent
    return [str(tmp_path), str(package), sys.prefix, str(Path.home() / ".cache")]


def test_no_path_appears_in_success_or_failure(client: httpx.Client, tmp_path: Path) -> None:
    known = paths(tmp_path)
    for text in told(client):
        assert [path for path in known if path in text] == []
    shutil.rmtree(tmp_path / "index" / "generations")
    (tmp_path / "index" / "CURRENT").write_text("{}")
    for text in told(client):
        assert [path for path in known if path in text] == []


def test_a_document_names_its_file_without_its_folder(client: httpx.Client) -> None:
    (line,) = client.get("/v1/collections/own/documents").json()["documents"]
    assert (line["doc_id"], line["source"], line["origin"]) == ("law/a.txt", "a.txt", "folder")
    body = {"title": "م", "text": "نص آخر.", "source": "https://example.org/a"}
    client.put("/v1/collections/own/documents/b", json=body)
    sent = client.get("/v1/collections/own/documents/b").json()
    assert (sent["source"], sent["origin"]) == ("https://example.org/a", "network")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/home/somebody/وثيقة.txt", "وثيقة.txt"),
        ("file:///home/somebody/a.txt", "a.txt"),
        ("C:\\Users\\somebody\\a.txt", "a.txt"),
        ("\\\\server\\share\\a.txt", "a.txt"),
        ("docs/a.txt", "docs/a.txt"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("", ""),
    ],
)
def test_a_source_is_shown_without_its_folders(source: str, shown: str) -> None:
    assert without_folders(source) == shown


@pytest.mark.parametrize(
    "error", [IndexMissingError, IndexDamagedError, IndexWriteError, ModelError, OSError]
)
def test_errors_that_name_folders_go_to_the_log(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    made = error("/srv/secret/index is damaged")
    told = problem_of(made, "some-id")
    assert "/srv" not in told.model_dump_json()
    assert told.detail.endswith("the server's log tells more")
    assert "some-id" in caplog.text
    if isinstance(made, CicaError):
        assert told.arabic == made.arabic
        assert "/srv/secret/index is damaged" in caplog.text
