"""The official client of the Model Context Protocol, over HTTP and over standard input."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from cica_qa.answer.collections import Collections

SECRETARIAT = "أين يقع مقر الأمانة العامة؟"
Made = Callable[[], Any]


@pytest.fixture(params=["http", "stdio"])
def transport(request: pytest.FixtureRequest) -> Made:
    """What makes a transport, or an address, for the client."""
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
            found = await client.call_tool("search", {"query": SECRETARIAT, "k": 2})
            hits = found.structured_content["hits"]
            expected = collections[""].retriever.search(SECRETARIAT, 2)
            assert [hit["passage"]["passage_id"] for hit in hits] == [
                hit.passage.passage_id for hit in expected
            ]
            said = (await client.call_tool("ask", {"question": SECRETARIAT})).structured_content
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
            failed = await client.call_tool("search", {"query": "س", "k": 10**9})
            assert failed.is_error

    asyncio.run(use())
