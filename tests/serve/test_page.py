"""The chat's page: it has the same limits as all routes, and sends each turn once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import chat_page
import httpx
import pytest
from guard_app import collections

from cica_qa import Answer, Collections, Pipeline, Turn
from cica_qa.filters import Filter, Where
from cica_qa.serve.keys import ApiKey, key_digest
from cica_qa.settings import ServeSettings

QUESTION = "أين المقر في المدينة؟"


class Slow(Pipeline):
    """A slow pipeline that records its questions."""

    seconds = 0.0
    asked: list[tuple[str, tuple[Turn, ...]]]

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
    ) -> Answer:
        self.asked.append((question, tuple(history)))
        time.sleep(self.seconds)
        return super().ask(question, history, k=k, documents=documents, where=where)


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
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.post, "/v1/ask", json={"question": QUESTION}, timeout=60)
        while not slow.asked:
            time.sleep(0.01)
        assert "الخادم مشغول الآن" in chat_page.asked(client, QUESTION)
        assert asked.result().status_code == 200


def test_each_turn_is_sent_once_and_the_last_ones_count(
    open_page: Callable[..., httpx.Client], slow: Slow
) -> None:
    client = open_page(max_history=2)
    shown = [chat_page.asked(client, f"{QUESTION} {at}", count=at) for at in range(5)]
    assert all("cica-answer" in one or "cica-card" in one for one in shown)
    asked = [f"{QUESTION} {at}" for at in range(5)]
    heeded = [
        [turn.question for turn in turns]
        for question, turns in slow.asked
        if question in asked and question != QUESTION
    ]
    assert heeded == [[], asked[:1], asked[:2], asked[1:3], asked[2:4]]
    told = ["إلا السؤالان الأخيران" in one for one in shown]
    assert told == [False, False, True, False, False]


def test_sixty_turns_send_no_more_than_the_new_turn(
    open_page: Callable[..., httpx.Client],
) -> None:
    client = open_page()
    sizes = []
    for at in range(60):
        reply = chat_page.ask(client, QUESTION, count=at)
        sizes.append(len(reply.request.content) + len(reply.content))
    assert max(sizes[21:]) == min(sizes[21:]) <= max(sizes[:20]) + 1


def test_a_restarted_server_asks_for_the_turns_before(
    open_page: Callable[..., httpx.Client], slow: Slow
) -> None:
    client = open_page()
    assert chat_page.ask(client, QUESTION, "kept elsewhere", count=3).json() == {"again": True}
    history = [{"question": f"أين المقر {at}؟", "answer": "في المدينة."} for at in range(3)]
    reply = chat_page.ask(client, QUESTION, "kept elsewhere", count=3, history=history)
    assert "markup" in reply.json()
    assert [turn.question for turn in slow.asked[-1][1]] == [f"أين المقر {at}؟" for at in range(3)]
    assert "markup" in chat_page.ask(client, QUESTION, "kept elsewhere", count=4).json()


def test_a_conversation_of_another_key_is_ignored(
    make_server: Callable[..., Any], slow: Slow
) -> None:
    lines = [ApiKey(name, key_digest(f"cq_{name}".encode())).line for name in ("one", "two")]
    server = make_server(ServeSettings(keys=lines), over=Collections({"slow": slow}), chat=True)
    one, two = (
        httpx.Client(base_url=server.url, headers={"X-API-Key": f"cq_{name}"})
        for name in ("one", "two")
    )
    with one, two:
        assert "markup" in chat_page.ask(one, QUESTION).json()
        assert chat_page.ask(two, QUESTION, count=1).json() == {"again": True}
        assert "markup" in chat_page.ask(one, QUESTION, count=1).json()


@pytest.mark.parametrize("question", ["س" * 2001, "", "؟؟", None, ["x"], {"a": 1}, 7])
def test_an_invalid_question_is_refused_and_the_next_answered(
    open_page: Callable[..., httpx.Client], question: Any
) -> None:
    client = open_page()
    reply = chat_page.ask(client, question)
    assert reply.status_code == 422
    assert reply.json()["arabic"]
    assert 'class="cica-answer"' in chat_page.asked(client, QUESTION, "another")


@pytest.mark.parametrize(
    "question", ["كم عدد الوثائق؟", "عمّ تتحدث هذه الوثائق؟", "عم يتحدث هذا المستند؟"]
)
def test_what_is_asked_of_whole_documents_is_shown_with_its_sources(
    open_page: Callable[..., httpx.Client], question: str
) -> None:
    assert 'class="cica-chip' in chat_page.asked(open_page(), question)


def test_the_page_names_itself_and_nobody_else(open_page: Callable[..., httpx.Client]) -> None:
    page = open_page().get("/", timeout=60).text
    head = page[: page.index("window.gradio_config")]
    assert '<meta property="og:title" content="اسأل وثائقك">' in head
    assert head.count('property="og:title"') == 1
    assert "Gradio" not in head
    assert "raw.githubusercontent.com" not in head
    assert '<html\n\tlang="ar" dir="rtl"' in head
    assert "manifest.json" not in page


def test_its_state_is_known_without_reading_all_documents(
    open_page: Callable[..., httpx.Client],
) -> None:
    told = open_page().get("/page/state", timeout=60).json()
    assert told["documents"] == 1
    assert told["titles"] == ["عنوان"]
    assert told["heading"] == "عنوان"
    assert told["collections"] == ["slow"]
    assert told["question_chars"] == 2000
