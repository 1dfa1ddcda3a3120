"""Waiting requests are served in batches, in order, and one failure does not affect others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import httpx
import pytest

from cica_qa.answer.collections import Collections
from cica_qa.serve.batching import MAX_BATCH, MAX_RUNNING, RequestBatcher
from cica_qa.serve.workers import BusyError, TooSlowError, Workers
from cica_qa.settings import ServeSettings

WAIT = 30
"""Seconds after which a test gives up waiting."""
QUESTIONS = [
    "كم عدد الدول الأعضاء في المؤتمر؟",
    "أين مقر الأمانة؟",
    "متى تأسس المؤتمر؟",
    "Who proposed it?",
    "ما أهداف المؤتمر في مجال الأمن وبناء الثقة بين دول آسيا؟",
]


class Squares:
    """Squares numbers; the first batches wait for a signal, and 13 raises an error."""

    def __init__(self, workers: Workers) -> None:
        self.batches: list[list[int]] = []
        self.may_go = threading.Event()
        self.batcher = RequestBatcher(workers, self.work)

    def work(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        if len(self.batches) <= MAX_RUNNING:
            assert self.may_go.wait(WAIT)
        if 13 in numbers:
            raise ValueError("unlucky")
        return [number**2 for number in numbers]

    async def ask(self, numbers: Sequence[int]) -> list[asyncio.Task[int]]:
        """Ask for numbers one after another; the first batches are running when it returns."""
        tasks = [asyncio.create_task(self.batcher.result(number)) for number in numbers]
        await asyncio.sleep(0)
        while len(self.batches) < MAX_RUNNING:
            await asyncio.sleep(0.001)
        return tasks


def test_a_single_item_is_processed_at_once() -> None:
    async def alone() -> None:
        squares = Squares(Workers(ServeSettings()))
        squares.may_go.set()
        assert await squares.batcher.result(3) == 9
        assert await squares.batcher.result(4) == 16
        assert squares.batches == [[3], [4]]

    asyncio.run(alone())


def test_items_that_arrive_meanwhile_form_one_batch_in_order() -> None:
    async def meanwhile() -> None:
        squares = Squares(Workers(ServeSettings()))
        numbers = list(range(MAX_RUNNING + MAX_BATCH + 2))
        tasks = await squares.ask(numbers)
        squares.may_go.set()
        assert await asyncio.gather(*tasks) == [number**2 for number in numbers]
        rest = numbers[MAX_RUNNING:]
        assert squares.batches[:MAX_RUNNING] == [[number] for number in numbers[:MAX_RUNNING]]
        assert sorted(squares.batches[MAX_RUNNING:]) == [rest[:MAX_BATCH], rest[MAX_BATCH:]]

    asyncio.run(meanwhile())


def test_a_failing_item_does_not_affect_its_batch() -> None:
    async def one_fails() -> None:
        squares = Squares(Workers(ServeSettings()))
        tasks = await squares.ask([1, 2, 3, 13, 5])
        squares.may_go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1, 4, 9, 25]
        assert str(outcomes[3]) == "unlucky"
        assert await squares.batcher.result(6) == 36

    asyncio.run(one_fails())


def test_a_panic_leaves_no_request_waiting() -> None:
    class PanicError(BaseException):
        """The kind of error that a library in Rust raises."""

    async def panics() -> None:
        def work(numbers: Sequence[int]) -> list[int]:
            raise PanicError

        batcher = RequestBatcher(Workers(ServeSettings()), work)
        asked = (batcher.result(number) for number in range(2 * MAX_BATCH))
        outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), WAIT)
        assert {type(outcome) for outcome in outcomes} == {PanicError}

    asyncio.run(panics())


def test_requests_beyond_the_queue_are_refused() -> None:
    async def crowded() -> None:
        workers = Workers(ServeSettings(at_once=2, waiting=3))
        squares = Squares(workers)
        tasks = await squares.ask([1, 2, 3, 4, 5])
        assert workers.inside == 5
        with pytest.raises(BusyError):
            await squares.batcher.result(6)
        squares.may_go.set()
        assert await asyncio.gather(*tasks) == [1, 4, 9, 16, 25]
        assert workers.inside == 0
        assert [number for go in squares.batches for number in go] == [1, 2, 3, 4, 5]

    asyncio.run(crowded())


def test_a_slow_item_times_out_and_the_others_go_on() -> None:
    async def slow() -> None:
        workers = Workers(ServeSettings(seconds=0.2))
        squares = Squares(workers)
        tasks = await squares.ask([1, 2, 3])
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [TooSlowError] * 3
        squares.may_go.set()
        assert await squares.batcher.result(4) == 16
        async with asyncio.timeout(WAIT):
            while workers.inside:  # the threads of cancelled requests are finishing
                await asyncio.sleep(0.001)

    asyncio.run(slow())


def test_a_stopping_server_leaves_no_request_waiting() -> None:
    async def stopping() -> None:
        workers = Workers(ServeSettings(at_once=1))
        squares = Squares(workers)
        numbers = [1, 2, 3]
        tasks = [asyncio.create_task(squares.batcher.result(number)) for number in numbers]
        while not squares.batches:
            await asyncio.sleep(0.001)
        closing = asyncio.create_task(workers.close())
        await asyncio.sleep(0.05)
        squares.may_go.set()
        await asyncio.wait_for(closing, WAIT)
        _, pending = await asyncio.wait(tasks, timeout=WAIT)
        assert not pending
        assert tasks[0].result() == 1
        assert all(task.cancelled() for task in tasks[1:])

    asyncio.run(stopping())


def test_searches_at_the_same_time_find_what_each_finds_alone(
    base_url: str, collections: Collections
) -> None:
    async def at_once() -> list[httpx.Response]:
        asked = [(question, k) for question in QUESTIONS for k in (1, 3)] * 3
        async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
            bodies = [{"query": question, "k": k} for question, k in asked]
            return await asyncio.gather(
                *(client.post("/v1/search", json=body) for body in bodies),
                client.post("/v1/search", json={"query": "؟؟؟"}),
            )

    *found, refused = asyncio.run(at_once())
    assert refused.status_code == 422
    asked = [(question, k) for question in QUESTIONS for k in (1, 3)] * 3
    for (question, k), response in zip(asked, found, strict=True):
        assert response.status_code == 200
        (result,) = response.json()["results"]
        alone = collections[""].retriever.search(question, k)
        assert result["query"] == question
        assert [hit["passage"]["passage_id"] for hit in result["hits"]] == [
            hit.passage.passage_id for hit in alone
        ]
