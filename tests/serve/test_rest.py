"""``/v1/ask`` and ``/v1/search`` over a real server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from cica_qa.answer.collections import Collections
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import ServeSettings, Settings
from cica_qa.types import Turn

QUESTION = "كم عدد الدول الأعضاء في المؤتمر؟"
UNKNOWN = "ما سعر تذكرة القطار من القاهرة إلى أسوان؟"


def post(url: str, body: object, path: str = "/v1/ask") -> httpx.Response:
    return raw(url, json.dumps(body).encode(), path)


def raw(url: str, body: bytes, path: str = "/v1/ask") -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return httpx.post(f"{url}{path}", content=body, headers=headers, timeout=60)


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, object] = response.json()
    assert set(told) == {"type", "title", "status", "detail", "arabic", "request_id"}
    assert told["status"] == status
    assert told["request_id"] == response.headers["x-request-id"] != ""
    assert any("\u0600" <= letter <= "\u06ff" for letter in str(told["arabic"]))
    return told


def test_the_answer_is_that_of_the_pipeline(base_url: str, collections: Collections) -> None:
    response = post(base_url, {"question": QUESTION, "history": [], "k": 10})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    said, answer = response.json(), collections[""].ask(QUESTION, k=10)
    assert set(said) == {*answer.__slots__}
    assert said["text"] == answer.text
    assert said["citations"][0]["quote"] == answer.citations[0].quote
    assert [tuple(one) for one in said["citations"][0]["focus"]] == [*answer.citations[0].focus]
    first = answer.hits[0].passage
    assert said["hits"][0]["passage"] == {
        "passage_id": first.passage_id,
        "doc_id": first.doc_id,
        "start": first.start,
        "end": first.end,
        "text": first.text,
        "headings": [*first.headings],
    }
    assert "\\u" not in response.text


def test_history_is_what_a_follow_up_is_about(base_url: str, collections: Collections) -> None:
    before = collections[""].ask(QUESTION)
    history = [{"question": QUESTION, "answer": before.text}]
    said = post(base_url, {"question": "وكم عدد المراقبين؟", "history": history}).json()
    asked = collections[""].ask("وكم عدد المراقبين؟", [Turn(QUESTION, before.text)])
    assert (said["text"], said["carried"]) == (asked.text, asked.carried)
    assert said["carried"]


def test_unanswerable_questions_are_refused(base_url: str) -> None:
    said = post(base_url, {"question": UNKNOWN}).json()
    assert said["abstained"]
    assert said["reason"]
    assert not said["citations"]


def test_search_one_and_many(base_url: str, retriever: Retriever) -> None:
    one = post(base_url, {"query": QUESTION, "k": 3}, "/v1/search").json()["results"]
    many = post(base_url, {"queries": [UNKNOWN, QUESTION], "k": 3}, "/v1/search").json()["results"]
    expected = [hit.passage.passage_id for hit in retriever.search(QUESTION, 3)]
    for result in (one[0], many[1]):
        assert result["query"] == QUESTION
        assert [hit["passage"]["passage_id"] for hit in result["hits"]] == expected
        assert [hit["rank"] for hit in result["hits"]] == [1, 2, 3]
    assert len(many) == 2


def test_search_in_some_documents_and_reranked(base_url: str) -> None:
    def found(**more: object) -> list[str]:
        body = {"query": QUESTION, "k": 4, **more}
        hits = post(base_url, body, "/v1/search").json()["results"][0]["hits"]
        return [hit["passage"]["passage_id"] for hit in hits]

    assert found(documents=["cica.txt"]) == found()
    assert found(documents=["../../etc/passwd"]) == []
    assert len(found(rerank=True)) == 4


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "question: field required"),
        ({"question": ""}, "at least 1"),
        ({"question": "س" * 2001}, "at most 2000"),
        ({"question": QUESTION, "k": 0}, "k: input should be greater than or equal to 1"),
        ({"question": QUESTION, "k": 51}, "k: input should be less than or equal to 50"),
        ({"question": QUESTION, "k": 10**4000}, "k: "),
        ({"question": QUESTION, "k": "5"}, "k: input should be a valid integer"),
        ({"question": QUESTION, "k": True}, "k: input should be a valid integer"),
        ({"question": QUESTION, "history": [{"question": QUESTION}] * 21}, "at most 20"),
        ({"question": QUESTION, "history": [{"answer": "x"}]}, "history.0.question"),
        (
            {"question": QUESTION, "history": [{"question": "س" * 2001}]},
            "history.0.question: string should have at most 2000 characters",
        ),
        (
            {"question": QUESTION, "history": [{"question": "س", "answer": "س" * 100_001}]},
            "history.0.answer: string should have at most 100000 characters",
        ),
        ({"question": None}, "question: input should be a valid string"),
        ({"question": QUESTION, "k": None}, "k: input should be a valid integer"),
        ({"question": QUESTION, "history": None}, "history: input should be a valid list"),
        ({"question": QUESTION, "collection": None}, "collection: input should be a valid string"),
        ({"question": QUESTION, "stream": None}, "stream: input should be a valid boolean"),
        ({"question": QUESTION, "temperature": 1}, "temperature: extra inputs"),
        ({"question": "\ud800" + QUESTION}, "question: input should be a valid string"),
        ({"question": "؟؟؟"}, "the question has no words"),
        ([QUESTION], "valid dictionary"),
        (
            [QUESTION],
            "send a JSON object, with the header 'Content-Type: application/json'",
        ),
        (None, "body"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_invalid_requests_are_explained(base_url: str, body: object, told: str) -> None:
    assert told in str(problem(post(base_url, body), 422)["detail"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "body: give either `query` or `queries`"),
        ({"query": QUESTION, "queries": [QUESTION]}, "give either"),
        ({"queries": []}, "at least 1"),
        ({"queries": [QUESTION] * 33}, "at most 32"),
    ],
)
def test_invalid_searches_are_refused(base_url: str, body: object, told: str) -> None:
    detail = str(problem(post(base_url, body, "/v1/search"), 422)["detail"])
    assert told in detail
    assert "Content-Type" not in detail


def test_bodies_that_are_not_json_are_refused(base_url: str) -> None:
    assert "not JSON" in str(problem(raw(base_url, b'{"question": '), 422)["detail"])
    for body in (b"[" * 100_000, b'{"k": ' + b"9" * 5000 + b"}", b"\xff\xfe{}"):
        problem(raw(base_url, body), 400 if body[:1] != b"\xff" else 422)
    form = httpx.post(f"{base_url}/v1/ask", data={"question": QUESTION})
    assert "'Content-Type: application/json'" in str(problem(form, 422)["detail"])


def test_invalid_characters_are_left_out(base_url: str) -> None:
    said = post(base_url, {"question": f"\x00{QUESTION}\u202e"}).json()
    assert said["question"] == QUESTION


def test_unknown_collections_addresses_and_methods_are_refused(base_url: str) -> None:
    body = {"question": QUESTION, "collection": "nowhere"}
    assert "there are: cica" in str(problem(post(base_url, body), 404)["detail"])
    problem(httpx.get(f"{base_url}/v1/nowhere"), 404)
    wrong = httpx.get(f"{base_url}/v1/ask")
    problem(wrong, 405)
    assert wrong.headers["allow"] == "POST"


def test_collections_have_names(make_server: Callable[..., Any], collections: Collections) -> None:
    both = Collections({"one": collections[""], "two": collections[""]})
    url = make_server(ServeSettings(), over=both).url
    for name in ("", "one", "two"):
        assert post(url, {"question": QUESTION, "collection": name}).status_code == 200
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}


def test_limits_are_those_of_the_settings(make_server: Callable[..., Any]) -> None:
    serve = ServeSettings(max_k=3, max_history=0, max_batch=1)
    url = make_server(Settings(max_question_chars=20, serve=serve)).url
    assert len(post(url, {"question": "عدد الدول؟"}).json()["hits"]) <= 3
    turn = {"question": "من؟", "answer": ""}
    for body in (
        {"question": "س" * 21},
        {"question": "من؟", "k": 4},
        {"question": "من؟", "history": [turn]},
    ):
        problem(post(url, body), 422)
    described = httpx.get(f"{url}/openapi.json").json()["components"]["schemas"]
    assert described["AskRequest"]["properties"]["k"]["maximum"] == 3


def test_a_busy_server_says_when_to_retry(make_server: Callable[..., Any]) -> None:
    running = make_server(ServeSettings(at_once=1, waiting=0))
    url, workers = running.url, running.app.state.workers
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        release.wait(30)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, workers.run(hold))
        assert held.wait(10)
        for body in ({"question": QUESTION}, {"question": QUESTION, "stream": True}):
            busy = post(url, body)
            problem(busy, 503)
            assert busy.headers["retry-after"] == "1"
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/readyz").status_code == 200
        release.set()
    assert post(url, {"question": QUESTION}).status_code == 200


def test_a_request_that_takes_too_long_is_refused(make_server: Callable[..., Any]) -> None:
    url = make_server(ServeSettings(seconds=0.3)).url
    body = {"queries": [QUESTION * 20] * 32, "k": 50}
    problem(post(url, body, "/v1/search"), 504)


def test_many_at_once_each_get_their_own_answer(base_url: str, collections: Collections) -> None:
    questions = [QUESTION, UNKNOWN, "أين يقع مقر الأمانة؟", "متى عُقدت القمة الأولى؟"]
    expected = {question: collections[""].ask(question).text for question in questions}
    with ThreadPoolExecutor(8) as pool:
        asked = questions * 3
        said = [*pool.map(lambda question: post(base_url, {"question": question}).json(), asked)]
    assert [one["text"] for one in said] == [expected[question] for question in asked]
