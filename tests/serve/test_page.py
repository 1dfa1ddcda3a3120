"""The page of the chat: within the same limits as all else, and each turn sent once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import chat_page
import httpx
import pytest
from guard_app import collections

from cica_qa import Answer, Collections, Pipeline, Turn
from cica_qa.settings import ServeSettings

QUESTION = "أين المقر في المدينة؟"


class Slow(Pipeline):
    """Takes a while for each question, and keeps what it was asked."""

    seconds = 0.0
    asked: list[tuple[str, tuple[Turn, ...]]]

    def ask(self, question: str, history: Sequence[Turn] = (), *, k: int = 5) -> Answer:
        self.asked.append((question, tuple(history)))
        time.sleep(self.seconds)
        return super().ask(question, history, k=k)


@pytest.fixture
def slow() -> Slow:
    pipeline = Slow.of(collections()[""].retriever)
    pipeline.asked = []
    return pipeline


@pytest.fixture
def open_page(make_server: Callable[..., Any], slow: Slow) -> Iterator[Callable[..., httpx.Client]]:
    clients = []

    def opened(**serve: Any) -> httpx.Client:
        settings = ServeSettings(per_minute=1_000_000, **serve)
        server = make_server(settings, over=Collections({"slow": slow}), chat=True)
        clients.append(httpx.Client(base_url=server.url))
        return clients[-1]

    yield opened
    for client in clients:
        client.close()


def test_its_questions_count_against_the_limits_of_number_and_waiting(
    open_page: Callable[..., httpx.Client], slow: Slow
) -> None:
    slow.seconds = 0.5
    client = open_page(at_once=2, waiting=2)
    client.get("/", timeout=60)  # the page is there
    with ThreadPoolExecutor(12) as pool:
        shown = list(pool.map(lambda at: chat_page.asked(client, QUESTION, f"s{at}"), range(12)))
        busy = [one for one in shown if "الخادم مشغول الآن" in one]
    assert len(slow.asked) == 4
    assert len(busy) == 8
    assert client.post("/v1/search", json={"query": QUESTION}).status_code == 200


def test_its_questions_count_against_the_limit_of_time(
    open_page: Callable[..., httpx.Client], slow: Slow
) -> None:
    slow.seconds = 1
    client = open_page(seconds=0.2)
    assert "استغرق الطلب وقتًا أطول من المسموح" in chat_page.asked(client, QUESTION)


def test_while_the_api_is_busy_so_is_the_page(
    open_page: Callable[..., httpx.Client], slow: Slow
) -> None:
    slow.seconds = 1
    client = open_page(at_once=1, waiting=0)
    client.get("/", timeout=60)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.post, "/v1/ask", json={"question": QUESTION}, timeout=60)
        while not slow.asked:
            time.sleep(0.01)
        assert "الخادم مشغول الآن" in chat_page.asked(client, QUESTION)
        assert asked.result().status_code == 200


def test_each_turn_is_sent_once_and_the_last_ones_are_heeded(
    open_page: Callable[..., httpx.Client], slow: Slow
) -> None:
    client = open_page(max_history=2)
    shown = [chat_page.asked(client, f"{QUESTION} {at}") for at in range(5)]
    assert [f"{QUESTION} {at}" in one for at, one in enumerate(shown)] == [True] * 5
    assert all(f"{QUESTION} {at - 1}" not in shown[at] for at in range(1, 5))
    assert max(map(len, shown)) < 1.5 * min(map(len, shown))
    heeded = [[turn.question for turn in turns] for _, turns in slow.asked]
    asked = [f"{QUESTION} {at}" for at in range(5)]
    assert heeded == [[], asked[:1], asked[:2], asked[1:3], asked[2:4]]
    told = ["إلا السؤالان الأخيران" in one for one in shown]
    assert told == [False, False, True, False, False]


@pytest.mark.parametrize("number", [-1, 10**6, 1.5, "x", None])
def test_what_the_page_does_not_have_is_refused_and_leaves_the_connection(
    open_page: Callable[..., httpx.Client], number: Any
) -> None:
    client = open_page()
    for _ in range(2):
        body = {"data": ["x", None, False], "fn_index": number, "session_hash": "s"}
        reply = client.post("/gradio_api/queue/join", json=body, timeout=60)
        assert reply.json()["status"] == reply.status_code
        assert reply.status_code == (400 if number is None else 422)


@pytest.mark.parametrize("question", ["س" * 2001, "", "؟؟", None, ["x"], {"a": 1}, 7])
def test_a_question_that_cannot_be_is_no_trouble(
    open_page: Callable[..., httpx.Client], question: Any
) -> None:
    client = open_page()
    reply = chat_page.join(client, question)
    assert reply.status_code in (200, 422)
    assert chat_page.asked(client, QUESTION, "another").count(QUESTION) == 1
