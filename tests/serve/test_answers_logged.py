"""Every answer is in the access log and in the metrics, whichever interface was used."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import chat_page
import httpx
import openai
import pytest
from mcp.client import Client as McpClient

from cica_qa.answer.collections import Collections
from cica_qa.settings import ServeSettings

KNOWN, UNKNOWN = "أين يقع مقر الأمانة العامة؟", "ما عاصمة البرازيل؟"


def rest(url: str, question: str) -> None:
    httpx.post(f"{url}/v1/ask", json={"question": question}, timeout=60)


def rest_stream(url: str, question: str) -> None:
    httpx.post(f"{url}/v1/ask", json={"question": question, "stream": True}, timeout=60)


def openai_client(url: str, question: str, stream: bool = False) -> None:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none")
    asked: Any = [{"role": "user", "content": question}]
    said: Any = client.chat.completions.create(model="cica-qa", messages=asked, stream=stream)
    assert list(said)


def openai_stream(url: str, question: str) -> None:
    openai_client(url, question, stream=True)


def mcp_client(url: str, question: str) -> None:
    async def ask() -> None:
        async with McpClient(f"{url}/mcp") as client:
            await client.call_tool("ask", {"question": question})

    asyncio.run(ask())


def chat(url: str, question: str) -> None:
    with httpx.Client(base_url=url) as client:
        chat_page.asked(client, question)


WAYS = [
    (rest, "/v1/ask"),
    (rest_stream, "/v1/ask"),
    (openai_client, "/v1/chat/completions"),
    (openai_stream, "/v1/chat/completions"),
    (mcp_client, "/mcp"),
    (chat, "/page/ask"),
]


def answers(url: str) -> dict[str, float]:
    """Return the counted answers by ``abstained``."""
    text = httpx.get(f"{url}/metrics").text
    found = re.findall(r'^cica_qa_answers_total{abstained="(\w+)"} (\S+)$', text, re.MULTILINE)
    return {abstained: float(count) for abstained, count in found}


@pytest.mark.parametrize("log_questions", [False, True])
@pytest.mark.parametrize(("way", "route"), WAYS, ids=lambda value: getattr(value, "__name__", ""))
def test_an_answer_is_logged_and_counted_once(
    way: Callable[[str, str], None],
    route: str,
    log_questions: bool,
    make_server: Callable[..., Any],
    small_collections: Collections,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "cica_qa.serve.access")
    settings = ServeSettings(log_questions=log_questions)
    url = make_server(settings, over=small_collections, chat=way is chat).url
    for question in (KNOWN, UNKNOWN):
        way(url, question)
    assert answers(url) == {"false": 1, "true": 1}

    def lines() -> list[dict[str, Any]]:
        said = [one.getMessage() for one in caplog.records if one.name == "cica_qa.serve.access"]
        return [json.loads(line) for line in said]

    told = [line for line in lines() if "abstained" in line]
    assert [line["abstained"] for line in told] == [False, True]
    assert [line["route"] for line in told] == [route] * 2
    asked = [[KNOWN], [UNKNOWN]] if log_questions else [None, None]
    assert [line.get("questions") for line in told] == asked
    ids = [line["request_id"] for line in told]
    joined = [line["request_id"] for line in lines() if line["route"] == route and "status" in line]
    assert [one for one in joined if one in ids] == ids
