"""Parts that are built after the server has started: the chat, MCP, and parts that fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext

import httpx
import pytest
from conftest import Running, running
from starlette.responses import PlainTextResponse

from cica_qa.answer.collections import Collections
from cica_qa.serve import app as app_module
from cica_qa.serve import page as page_module
from cica_qa.serve.deferred import AppWithContext, DeferredApp, started
from cica_qa.settings import Settings

FIRST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An event that the construction of the chat and MCP waits for."""
    opened = threading.Event()
    for module, name in ((page_module, "build_chat"), (app_module, "_tools")):
        make = getattr(module, name)

        def waiting(*given: object, make: object = make) -> AppWithContext:
            assert opened.wait(30)
            return make(*given)

        monkeypatch.setattr(module, name, waiting)
    yield opened
    opened.set()


def test_the_server_answers_before_the_chat_and_mcp_are_built(
    collections: Collections, gate: threading.Event
) -> None:
    with running(collections, Settings(), chat=True) as server, ThreadPoolExecutor(2) as pool:
        url = server.url
        page = pool.submit(httpx.get, url, timeout=60)
        tools = pool.submit(httpx.post, f"{url}/mcp", json=FIRST, headers=ACCEPT, timeout=60)
        assert httpx.get(f"{url}/readyz").json()["status"] == "ready"
        asked = httpx.post(f"{url}/v1/search", json={"query": "أين يقع المقر؟"}, timeout=60)
        assert asked.json()["results"][0]
        assert httpx.get(f"{url}/v1/none").status_code == 404
        assert not page.done()
        assert not tools.done()
        gate.set()
        assert "gradio" in page.result(60).text
        assert [tool["name"] for tool in tools.result(60).json()["result"]["tools"]] == [
            "search",
            "ask",
        ]
        assert httpx.get(f"{url}/theme.css", timeout=60).status_code == 200


def test_a_server_can_stop_before_the_chat_is_built(
    collections: Collections, gate: threading.Event
) -> None:
    with running(collections, Settings(), chat=True) as server:
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        gate.set()


def test_everything_else_is_served_if_the_chat_fails(
    collections: Collections, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> AppWithContext:
        raise RuntimeError("no such colour")

    monkeypatch.setattr(page_module, "build_chat", broken)
    with running(collections, Settings(), chat=True) as server:
        _all_else_is_served(server)
    assert "the chat could not be started" in caplog.text
    assert "no such colour" in caplog.text


def _all_else_is_served(server: Running) -> None:
    reply = httpx.get(server.url, timeout=60)
    assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
    assert "the chat could not be started" in reply.json()["detail"]
    assert httpx.get(f"{server.url}/readyz").status_code == 200
    found = httpx.post(f"{server.url}/mcp", json=FIRST, headers=ACCEPT, timeout=60)
    assert found.status_code == 200


def test_contexts_stay_open_and_close_in_reverse_order() -> None:
    seen: list[str] = []

    def part(name: str) -> DeferredApp:
        @asynccontextmanager
        async def around() -> AsyncIterator[None]:
            seen.append(f"{name} begins")
            yield
            seen.append(f"{name} ends")

        return DeferredApp(name, lambda: (PlainTextResponse(name), around()))

    async def run() -> None:
        parts = [part("one"), part("two")]
        async with started(parts):
            assert [one.app for one in parts] == [None, None]
            while parts[1].app is None:
                await asyncio.sleep(0.01)
        seen.append("after")

    asyncio.run(run())
    assert seen == ["one begins", "two begins", "two ends", "one ends", "after"]


def test_a_cancelled_request_does_not_affect_others_that_wait() -> None:
    gate = threading.Event()

    def make() -> AppWithContext:
        gate.wait(30)
        return PlainTextResponse("there"), nullcontext()

    async def run() -> list[str]:
        part = DeferredApp("it", make)
        sent: list[str] = []

        async def ask() -> None:
            async def send(message: object) -> None:
                sent.append(str(message))

            await part({"type": "http", "method": "GET", "headers": []}, asyncio.Event().wait, send)

        async with started([part]):
            given_up, waiting = asyncio.create_task(ask()), asyncio.create_task(ask())
            await asyncio.sleep(0.01)
            given_up.cancel()
            gate.set()
            await waiting
        assert given_up.cancelled()
        return sent

    assert "there" in asyncio.run(run())[-1]
