"""The official client of the Model Context Protocol, over HTTP and over standard input."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from guard_app import LINES
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from cica_qa.answer.collections import Collections
from cica_qa.cli import _parser
from cica_qa.serve.context import Context
from cica_qa.serve.mcp import mcp_app
from cica_qa.serve.workers import Workers
from cica_qa.settings import ServeSettings, Settings

SECRETARIAT = "أين يقع مقر الأمانة العامة؟"
ROOT = Path(__file__).resolve().parents[2]
ARABIC, LATIN = re.compile("[ء-ي]{3}"), re.compile("[A-Za-z]{3}")
Made = Callable[[], Any]


@pytest.fixture(params=["http", "stdio"])
def transport(request: pytest.FixtureRequest) -> Made:
    """What makes a transport or an address for the client."""
    if request.param == "http":
        url = request.getfixturevalue("base_url")
        return lambda: f"{url}/mcp"
    index: Path = request.getfixturevalue("corpus_index")
    command = ["-m", "cica_qa.cli", "mcp", "--index", str(index)]
    return lambda: stdio_client(StdioServerParameters(command=sys.executable, args=command))


def test_a_client_lists_searches_and_asks(transport: Made, collections: Collections) -> None:
    async def use() -> None:
        async with Client(transport()) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert sorted(tools) == ["ask", "search"]
            assert all(tool.annotations.read_only_hint for tool in tools.values())
            for tool in tools.values():
                for field in tool.input_schema["properties"].values():
                    assert ARABIC.search(field["description"])
                    assert LATIN.search(field["description"])
            found = await client.call_tool("search", {"query": SECRETARIAT, "k": 2})
            hits = found.structured_content["hits"]
            expected = collections[""].retriever.search(SECRETARIAT, 2)
            assert [hit["passage"]["passage_id"] for hit in hits] == [
                hit.passage.passage_id for hit in expected
            ]
            answered = await client.call_tool("ask", {"question": SECRETARIAT})
            said = answered.structured_content
            assert json.loads(answered.content[0].text) == said
            assert said["hits"] == []
            assert said["text"] == collections[""].ask(SECRETARIAT).text
            for cited in said["citations"]:
                document = collections[""].document(cited["doc_id"])
                assert document.text[cited["start"] : cited["end"]] == cited["quote"]
            history = [{"question": "متى عُقد أول اجتماع لوزراء الخارجية؟"}]
            more = await client.call_tool("ask", {"question": "وأين عُقد؟", "history": history})
            assert "ألماتي" in more.structured_content["text"]
            for wrong, says in (
                ({"question": "؟؟"}, "لا توجد كلمات في السؤال"),
                ({"question": SECRETARIAT, "collection": "x"}, "there is no collection 'x'"),
            ):
                failed = await client.call_tool("ask", wrong)
                assert failed.is_error
                assert says in failed.content[0].text
            for wrong, says in (
                ({"query": "س", "k": 10**9}, "k: input should be less than or equal to 50"),
                ({"query": "س" * 3000}, "query: string should have at most 2000 characters"),
                ({}, "query: field required"),
                ({"query": "س", "page": 2}, "page: extra inputs are not permitted"),
            ):
                failed = await client.call_tool("search", wrong)
                assert failed.is_error
                assert failed.content[0].text == f"في الطلب قيمة غير صالحة.\n{says}"
            with pytest.raises(MCPError, match="no such tool"):
                await client.call_tool("delete", {})

    asyncio.run(use())


def test_no_stream_stays_open(base_url: str) -> None:
    for method in ("GET", "DELETE"):
        headers = {"Accept": "text/event-stream"}
        response = httpx.request(method, f"{base_url}/mcp", headers=headers)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"question": None}, "question: input should be a valid string"),
        ({"k": None}, "k: input should be a valid integer"),
        ({"collection": None}, "collection: input should be a valid string"),
        ({"history": None}, "history: input should be a valid list"),
        ({"history": [None]}, "history.0: input should be a valid dictionary or instance of turn"),
        ({"history": [{}]}, "history.0.question: field required"),
        (
            {"history": [{"question": "س", "answer": None}]},
            "history.0.answer: input should be a valid string",
        ),
        (
            {"history": [{"question": "س" * 2001}]},
            "history.0.question: string should have at most 2000 characters",
        ),
        (
            {"history": [{"question": "س", "answer": "س" * 100_001}]},
            "history.0.answer: string should have at most 100000 characters",
        ),
        (
            {"history": [{"question": "س"}] * 21},
            "history: list should have at most 20 items after validation, not 21",
        ),
        (
            {"history": [{"question": "س", "role": "user"}]},
            "history.0.role: extra inputs are not permitted",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_arguments_are_reported_one_by_one(
    base_url: str, sent: dict[str, Any], says: str
) -> None:
    async def use() -> None:
        async with Client(f"{base_url}/mcp") as client:
            failed = await client.call_tool("ask", {"question": SECRETARIAT, **sent})
            assert failed.is_error
            assert failed.content[0].text == f"في الطلب قيمة غير صالحة.\n{says}"

    asyncio.run(use())


def test_documents_may_be_left_out_or_null(base_url: str) -> None:
    async def use() -> None:
        async with Client(f"{base_url}/mcp") as client:
            found = [
                (await client.call_tool("search", {"query": SECRETARIAT, **more})).content[0].text
                for more in ({}, {"documents": None})
            ]
            assert found[0] == found[1]
            assert '"hits":[{' in found[0]

    asyncio.run(use())


def test_the_client_shows_why_the_guard_refuses(make_server: Callable[..., Any]) -> None:
    url = f"{make_server(ServeSettings(keys=LINES)).url}/mcp"

    async def use() -> None:
        async with Client(url):
            pass

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(use())
    told = caught.value
    while isinstance(told, ExceptionGroup):
        (told,) = told.exceptions
    assert isinstance(told, MCPError)
    arabic, english = str(told).split("\n")
    assert arabic == "هذا الخادم يطلب مفتاحًا، ولم يصله مفتاح صالح."
    assert english.startswith("a key is needed")
    said = httpx.post(url).json()
    problem = said["error"].pop("data")
    assert (problem["status"], problem["detail"]) == (401, english)
    assert said == {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": str(told)}}


def test_answers_are_counted(base_url: str) -> None:
    def counted() -> list[str]:
        text = httpx.get(f"{base_url}/metrics").text
        return re.findall(r"^cica_qa_answers_total.*$", text, re.MULTILINE)

    async def ask() -> None:
        async with Client(f"{base_url}/mcp") as client:
            await client.call_tool("ask", {"question": SECRETARIAT})

    before = counted()
    asyncio.run(ask())
    assert counted() != before


def test_a_library_leaves_the_log_alone(collections: Collections) -> None:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        mcp_app(Context(collections, Workers(ServeSettings()), Settings()))
        assert (root.handlers, root.level) == ([], level)
    finally:
        root.handlers[:] = kept


def test_nothing_but_the_protocol_on_standard_output(corpus_index: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    command = [sys.executable, "-m", "cica_qa.cli", "mcp", "--index", str(corpus_index)]
    done = subprocess.run(
        command, input=json.dumps(hello).encode() + b"\n", capture_output=True, timeout=120
    )
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"] == "cica-qa"
    assert done.returncode == 0


def test_the_configurations_of_the_page_work(base_url: str, corpus_index: Path) -> None:
    page = (ROOT / "docs/how-to/mcp.md").read_text("utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    local, remote = (json.loads(block)["mcpServers"]["cica-qa"] for block in blocks)
    assert local["command"] == "cica-qa"
    args = [arg.replace("/path/to/index", str(corpus_index)) for arg in local["args"]]
    assert not _parser().parse_args(args).debug
    assert remote["url"].replace("http://127.0.0.1:8000", base_url) == f"{base_url}/mcp"
    assert re.fullmatch("Bearer cq_.*", remote["headers"]["Authorization"])
