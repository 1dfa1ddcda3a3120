"""The worker threads that process requests, with limits on their number and duration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from cica_qa.errors import CicaError
from cica_qa.settings import ServeSettings

P = ParamSpec("P")
T = TypeVar("T")


class BusyError(CicaError):
    """The queue of requests is full; ``retry_after`` is in seconds."""

    default_arabic = "الخادم مشغول الآن. أعد المحاولة بعد قليل."
    retry_after = 1


class TooSlowError(CicaError):
    """The request took longer than allowed."""

    default_arabic = "استغرق الطلب وقتًا أطول من المسموح. أعد المحاولة بعد قليل."


class Workers:
    """Runs functions in threads; a limited number more may wait, and the rest are refused.

    A thread cannot be stopped: a function that timed out keeps its place until it returns.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(settings.at_once, "cica-qa")
        self._inside = 0

    @property
    def inside(self) -> int:
        """The number of requests that are running or waiting."""
        return self._inside

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``function(*args, **kwargs)``, called in a thread.

        Raises ``BusyError``, ``TooSlowError``, and what ``function`` raises.
        """
        self._enter()
        return await self._done(self.start(lambda: function(*args, **kwargs)))

    async def wait_for(self, future: asyncio.Future[T], begin: Callable[[], object]) -> T:
        """Call ``begin()`` and return the result of ``future``, counted as a request.

        Raises what ``run`` raises; after ``BusyError``, ``begin`` has not been called.
        """
        self._enter()
        begin()
        return await self._done(future)

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run ``work`` in a thread as soon as one is free, without counting it as a request."""
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _enter(self) -> None:
        if self._inside >= self._settings.at_once + self._settings.waiting:
            raise BusyError("the server is busy; try again in a second")
        self._inside += 1

    async def _done(self, future: asyncio.Future[T]) -> T:
        future.add_done_callback(self._leave)
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await asyncio.shield(future)
        except TimeoutError as error:
            limit = f"{self._settings.seconds:g} s"
            raise TooSlowError(f"the request took more than {limit}; ask for less") from error

    def _leave(self, future: asyncio.Future[T]) -> None:
        self._inside -= 1
        if not future.cancelled():
            future.exception()  # mark it as retrieved: the client may no longer wait for it

    async def close(self) -> None:
        """Wait for the running functions; waiting ones are cancelled."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
