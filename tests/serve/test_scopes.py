"""A key sees only its own collections, over every interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from guard_app import collections
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from cica_qa.answer.collections import Collections
from cica_qa.serve.keys import ApiKey, key_digest
from cica_qa.settings import ServeSettings

QUESTION = "أين المقر؟"
LAW = ApiKey("law", key_digest(b"cq_law"), collections=("law",))
NOBODY = ApiKey("nobody", key_digest(b"cq_nobody"), collections=("gone",))
EDITOR = ApiKey("editor", key_digest(b"cq_editor"), write=True, collections=("law",))


@pytest.fixture
def url(make_server: Callable[..., Any]) -> str:
    small = collections()["small"]
    settings = ServeSettings(
        keys=tuple(key.line for key in (LAW, NOBODY, EDITOR)), documents=True, per_minute=10_000
    )
    over = Collections({"news": small, "law": small})
    return str(make_server(settings, over=over).url)


def client(url: str, key: ApiKey) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"X-API-Key": f"cq_{key.name}"}, timeout=60)


def test_a_key_sees_only_its_collections(url: str) -> None:
    with client(url, LAW) as law:
        (one,) = law.get("/v1/collections").json()["collections"]
        assert (one["name"], one["default"]) == ("law", True)
        assert [one["id"] for one in law.get("/v1/models").json()["data"]] == [
            "cica-qa",
            "cica-qa/law",
        ]
        assert law.get("/v1/models/cica-qa/news").status_code == 404
        for path in ("/v1/ask", "/v1/search"):
            field = "question" if path == "/v1/ask" else "query"
            assert law.post(path, json={field: QUESTION}).status_code == 200, "its first"
            assert law.post(path, json={field: QUESTION, "collection": "law"}).status_code == 200
            other = law.post(path, json={field: QUESTION, "collection": "news"})
            assert (other.status_code, "news" in other.json()["detail"]) == (404, True)
            assert other.json()["detail"].endswith("there are: law")
        asked = {"model": "cica-qa/news", "messages": [{"role": "user", "content": QUESTION}]}
        assert law.post("/v1/chat/completions", json=asked).status_code == 404


def test_a_key_changes_only_its_collections(url: str) -> None:
    body = {"title": "م", "text": "نص آخر."}
    with client(url, LAW) as law, client(url, EDITOR) as editor:
        told = law.put("/v1/collections/law/documents/a", json=body)
        assert told.status_code == 403
        assert "may only read" in told.json()["detail"]
        assert told.json()["arabic"] == "هذا المفتاح للقراءة وحدها، ولا يسمح بتغيير الوثائق."
        assert editor.put("/v1/collections/news/documents/a", json=body).status_code == 404
        assert editor.delete("/v1/collections/news/documents/d").status_code == 404


def test_a_key_for_unknown_collections_is_refused(url: str) -> None:
    with client(url, NOBODY) as nobody:
        for path in ("/v1/collections", "/v1/models", "/v1/collections/law/documents"):
            reply = nobody.get(path)
            assert reply.status_code == 403
        assert "news" not in reply.text
        assert nobody.post("/v1/ask", json={"question": QUESTION}).status_code == 403


def test_a_key_sees_only_its_collections_over_mcp(url: str) -> None:
    async def use() -> None:
        headers = {"X-API-Key": "cq_law"}
        async with httpx.AsyncClient(headers=headers, timeout=60) as sent:
            transport = streamable_http_client(f"{url}/mcp", http_client=sent)
            async with Client(transport) as tools:
                listed = (await tools.list_tools()).tools
                assert all("news" not in str(tool.input_schema) for tool in listed)
                assert all("law" in str(tool.input_schema) for tool in listed)
                found = await tools.call_tool("search", {"query": QUESTION})
                assert not found.is_error
                other = await tools.call_tool("search", {"query": QUESTION, "collection": "news"})
                assert other.is_error

    asyncio.run(use())
