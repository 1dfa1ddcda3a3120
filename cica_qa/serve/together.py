"""What several requests want at the same time, done in one go: faster than one by one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from cica_qa.serve.work import Workers

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 8
"""How many are done in one go."""
BESIDE = 2
"""How many goes run side by side: one computes outside Python's lock, the other within."""


class Together(Generic[Item, Result]):
    """Calls ``work`` with the items of requests that wait, in few of the threads of ``workers``.

    What comes alone is done at once. What comes while others are done waits for its turn, in
    order, with all that came meanwhile. To be used from one event loop: unlike
    ``encoders.batching``, it needs no thread for each that waits, nor wakes them all.
    """

    def __init__(
        self, workers: Workers, work: Callable[[Sequence[Item]], Sequence[Result]]
    ) -> None:
        """``work`` returns a result for each item, in their order."""
        self._workers = workers
        self._work = work
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running = 0

    async def result(self, item: Item) -> Result:
        """Return the result of an item. Raises what ``Workers.run`` would."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def begin() -> None:
            self._waiting.append((item, future))
            self._go_on()

        return await self._workers.wait_for(future, begin)

    def _go_on(self) -> None:
        while self._waiting and self._running < BESIDE:
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            items, futures = [item for item, _ in batch], [future for _, future in batch]
            try:
                outcomes = self._workers.start(partial(self._outcomes, items))
            except RuntimeError:  # the threads have ended
                _cancel(futures)
                continue
            self._running += 1
            outcomes.add_done_callback(partial(self._finish, futures))

    def _outcomes(self, items: Sequence[Item]) -> list[Result | Exception]:
        try:
            return list(self._work(items))
        except Exception as error:
            if len(items) == 1:
                return [error]
        # One of them is to blame: the others are not to suffer for it.
        return [outcome for item in items for outcome in self._outcomes([item])]

    def _finish(
        self,
        futures: Sequence[asyncio.Future[Result]],
        outcomes: asyncio.Future[list[Result | Exception]],
    ) -> None:
        self._running -= 1
        if outcomes.cancelled():  # the server stops
            _cancel(futures)
        elif error := outcomes.exception():  # no ``Exception``: a library's panic
            for future in futures:
                future.set_exception(error)
        else:
            for future, outcome in zip(futures, outcomes.result(), strict=True):
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
        self._go_on()


def _cancel(futures: Sequence[asyncio.Future[Result]]) -> None:
    for future in futures:
        future.cancel()
