"""Exports over REST: uploaded again, they are searched, cited and filtered as before."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import guard_app
import httpx
import pytest
from word_encoder import WordEncoder

from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import load_paths
from cica_qa.index.build import update_index
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.app import create_app
from cica_qa.serve.library import Library
from cica_qa.settings import Settings

DATA = Path(__file__).resolve().parents[1] / "data"
SETTINGS = Settings(reader=False, serve={"documents": True, "per_minute": 10**6})
QUESTION = "متى يفتح المكتب أبوابه؟"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    """A server with a collection, built from a folder, that has pages and tables."""
    brought = folder / "secret place"
    brought.mkdir()
    (brought / "guide.pdf").write_bytes((DATA / "pdf/guide.pdf").read_bytes())
    (brought / "أسعار.csv").write_text("الصنف,السعر\nتمر,12\nزيت,30\n", "utf-8")
    update_index(load_paths([brought]), folder / "index", WordEncoder(), SETTINGS)

    def opened(index: Path) -> Pipeline:
        return Pipeline.of(Retriever(index, WordEncoder(), SETTINGS, lambda: None))

    library = Library(
        {"first": folder / "index"}, opened, WordEncoder(), SETTINGS, folder / "index.collections"
    )
    running = guard_app.running(create_app(library, SETTINGS))
    with (
        running as (host, port),
        httpx.Client(base_url=f"http://{host}:{port}", timeout=60) as http,
    ):
        http.post("/v1/collections", json={"name": "copy"})
        yield http


def bring(client: httpx.Client, data: bytes, name: str = "all.jsonl") -> dict[str, Any]:
    job = client.put(f"/v1/collections/copy/files/{name}", content=data).json()
    while job["state"] in ("queued", "reading", "indexing"):
        time.sleep(0.02)
        job = client.get(f"/v1/jobs/{job['id']}").json()
    return dict(job)


def searched(client: httpx.Client, collection: str, **body: object) -> object:
    asked = {"query": QUESTION, "k": 20, "collection": collection, **body}
    return client.post("/v1/search", json=asked).json()["results"]


def listed(client: httpx.Client, collection: str) -> list[dict[str, Any]]:
    lines = client.get(f"/v1/collections/{collection}/documents").json()["documents"]
    return [{key: value for key, value in one.items() if key != "origin"} for one in lines]


def test_an_uploaded_export_is_searched_and_cited_as_before(client: httpx.Client) -> None:
    export = client.get("/v1/collections/first/export")
    assert export.headers["content-type"] == "application/x-ndjson"
    assert "secret place" not in export.text
    header, *lines = map(json.loads, export.text.splitlines())
    assert header == {"cica_qa_export": 1, "documents": 2}
    assert {line["source"] for line in lines} == {"guide.pdf", "أسعار.csv"}
    assert any(line["pages"] for line in lines)
    job = bring(client, export.content)
    assert (job["state"], job["notes"]) == ("read", [])
    assert sorted(job["documents"]) == ["guide.pdf", "أسعار.csv"]
    assert listed(client, "copy") == listed(client, "first")
    assert searched(client, "copy") == searched(client, "first")
    where = {"format": "csv"}
    assert searched(client, "copy", where=where) == searched(client, "first", where=where) != []
    answers = [
        client.post("/v1/ask", json={"question": QUESTION, "collection": name}).json()
        for name in ("copy", "first")
    ]
    assert answers[0] == answers[1]
    again = client.get("/v1/collections/copy/export").text
    assert again.replace('"origin": "network"', '"origin": "folder"') == export.text


def test_faults_of_an_export_are_reported_in_both_languages(client: httpx.Client) -> None:
    header, *lines = client.get("/v1/collections/first/export").content.splitlines(keepends=True)
    job = bring(client, b"".join([header, b"{}\n", lines[0]]))
    assert (job["state"], job["documents"]) == ("doubtful", [json.loads(lines[0])["doc_id"]])
    assert job["notes"] == ["line 2 is no document (doc_id: Field required) and was left out"]
    assert job["arabic"].startswith("السطر")
    cut = bring(client, header + lines[0])
    assert cut["notes"] == ["the file is cut off: it has 1 documents of 2"]
    assert cut["arabic"] == "الملف مبتور: فيه من الوثائق \u20681\u2069 من \u20682\u2069."
    newer = bring(client, header.replace(b": 1,", b": 9,") + lines[0])
    assert newer["state"] == "skipped"
    assert newer["notes"][0].startswith("all.jsonl was exported by a newer version of cica-qa")
    assert "بإصدار أحدث" in newer["arabic"]
    empty = bring(client, header + b"{}\n")
    assert (empty["state"], empty["documents"]) == ("skipped", [])
    assert empty["arabic"] == "لا وثيقة صالحة في هذا الملف. صدّر الفهرس من جديد."


def test_a_long_first_line_is_not_an_export(client: httpx.Client) -> None:
    text = "تفتح المكتبة من التاسعة. " * 2000
    line = json.dumps({"id": "7", "text": text}, ensure_ascii=False).encode()
    assert bring(client, line, "long.jsonl")["documents"] == ["long.jsonl/7"]
    deep = b'{"cica_qa_export": ' + b"[" * 100_000
    assert bring(client, deep, "deep.jsonl")["state"] == "skipped"


def test_an_export_is_removed_after_reading(client: httpx.Client, folder: Path) -> None:
    def kept() -> list[Path]:
        return sorted(folder.glob("index.collections/*/index.files/*"))

    before = kept()
    assert bring(client, client.get("/v1/collections/first/export").content)["state"] == "read"
    assert kept() == before
    assert bring(client, "تفتح المكتبة في التاسعة.".encode(), "a.txt")["state"] == "read"
    assert len(kept()) == len(before) + 1
