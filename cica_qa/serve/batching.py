"""Micro-batching of requests on the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from cica_qa.serve.workers import Workers

T = TypeVar("T")
R = TypeVar("R")

MAX_BATCH = 8
"""The most items in a batch."""
MAX_RUNNING = 2
"""How many batches run at once: one computes outside Python's lock while the other holds it."""


class RequestBatcher(Generic[T, R]):
    """Calls ``work`` with the items of waiting requests, in few of the threads of ``workers``.

    An item that comes alone is processed at once; items that arrive while batches run wait, in
    order, and form the next batch. For use from one event loop: unlike
    ``models.encoder.batching``, waiting requests hold no thread.
    """

    def __init__(self, workers: Workers, work: Callable[[Sequence[T]], Sequence[R]]) -> None:
        """Batch the calls of ``work``, which returns a result for each item, in order."""
        self._workers = workers
        self._work = work
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running = 0

    async def result(self, item: T) -> R:
        """Return the result of an item. Raises what ``Workers.run`` raises."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()

        def begin() -> None:
            self._waiting.append((item, future))
            self._go_on()

        return await self._workers.wait_for(future, begin)

    def _go_on(self) -> None:
        while self._waiting and self._running < MAX_RUNNING:
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            items, futures = [item for item, _ in batch], [future for _, future in batch]
            try:
                outcomes = self._workers.start(partial(self._outcomes, items))
            except RuntimeError:  # the pool is shut down
                _cancel(futures)
                continue
            self._running += 1
            outcomes.add_done_callback(partial(self._finish, futures))

    def _outcomes(self, items: Sequence[T]) -> list[R | Exception]:
        try:
            return list(self._work(items))
        except Exception as error:
            if len(items) == 1:
                return [error]
        # One item failed: run each by itself, so that the others still get their results.
        return [outcome for item in items for outcome in self._outcomes([item])]

    def _finish(
        self,
        futures: Sequence[asyncio.Future[R]],
        outcomes: asyncio.Future[list[R | Exception]],
    ) -> None:
        self._running -= 1
        if outcomes.cancelled():  # the server is stopping
            _cancel(futures)
        elif error := outcomes.exception():  # a BaseException, such as the panic of a library
            for future in futures:
                future.set_exception(error)
        else:
            for future, outcome in zip(futures, outcomes.result(), strict=True):
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
        self._go_on()


def _cancel(futures: Sequence[asyncio.Future[R]]) -> None:
    for future in futures:
        future.cancel()
