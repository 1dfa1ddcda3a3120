"""Answers streamed as server-sent events."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cica_qa.answer.collections import Collections
from cica_qa.serve.stream import await_first, iterate_in_thread
from cica_qa.serve.workers import Workers
from cica_qa.settings import ServeSettings

QUESTION = "كم عدد الدول الأعضاء في المؤتمر؟"
UNKNOWN = "ما سعر تذكرة القطار من القاهرة إلى أسوان؟"


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def streamed(url: str, body: object, **headers: str) -> httpx.Response:
    return httpx.post(f"{url}/v1/ask", json=body, headers=headers, timeout=60)


@pytest.mark.parametrize("question", [QUESTION, UNKNOWN, "مرحبا"])
def test_pieces_make_up_the_answer(base_url: str, collections: Collections, question: str) -> None:
    response = streamed(base_url, {"question": question, "stream": True})
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "\\u" not in response.text
    *pieces, (last, said) = events(response.text)
    assert last == "answer"
    assert {name for name, _ in pieces} == {"piece"}
    assert "".join(piece["text"] for _, piece in pieces) == said["text"]
    cited = [piece["citation"] for _, piece in pieces if piece["citation"]]
    assert [one["number"] for one in cited] == [one["number"] for one in said["citations"]]
    assert said["text"] == collections[""].ask(question).text


def test_the_accept_header_asks_for_events(base_url: str) -> None:
    response = streamed(base_url, {"question": QUESTION}, Accept="text/event-stream")
    assert events(response.text)[-1][0] == "answer"


def test_an_error_before_the_first_piece_has_a_status(base_url: str) -> None:
    for body in ({"question": "؟؟؟", "stream": True}, {"stream": True}):
        response = streamed(base_url, body)
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"


def test_the_first_item_does_not_wait_for_the_next() -> None:
    async def first() -> float:
        workers = Workers(ServeSettings())

        def slow() -> Iterator[int]:
            yield 1
            time.sleep(0.5)
            yield 2

        began = time.perf_counter()
        items = await await_first(iterate_in_thread(workers, slow))
        waited = time.perf_counter() - began
        assert [item async for item in items] == [1, 2]
        await workers.close()
        return waited

    assert asyncio.run(first()) < 0.4


def test_an_error_in_the_middle_follows_the_earlier_pieces() -> None:
    async def read() -> None:
        workers = Workers(ServeSettings())

        def broken() -> Iterator[int]:
            yield 1
            raise ValueError("no more")

        items = await await_first(iterate_in_thread(workers, broken))
        assert await anext(items) == 1
        with pytest.raises(ValueError, match="no more"):
            await anext(items)
        await workers.close()

    asyncio.run(read())


def test_the_work_stops_when_the_client_disconnects() -> None:
    made: list[int] = []
    going = threading.Event()

    def endless() -> Iterator[int]:
        for number in range(10_000):
            made.append(number)
            yield number
            going.wait(10)

    async def leave() -> None:
        workers = Workers(ServeSettings())
        items = await await_first(iterate_in_thread(workers, endless))
        await anext(items)
        await items.aclose()
        going.set()
        await workers.close()  # waits for the thread
        assert workers.inside == 0

    asyncio.run(leave())
    assert len(made) <= 2
