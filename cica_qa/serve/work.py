"""Where requests are worked on: in a few threads beside the event loop, each within its time."""

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
    """As many requests wait as may; ``retry_after`` is in seconds."""

    default_arabic = "الخادم مشغول الآن. أعد المحاولة بعد قليل."
    retry_after = 1


class TooSlowError(CicaError):
    """The request took longer than it may."""

    default_arabic = "استغرق الطلب وقتًا أطول من المسموح. أعد المحاولة بعد قليل."


class Workers:
    """Runs functions in threads: so many at once, so many more waiting, the rest refused.

    A thread cannot be stopped: what took too long keeps its place until it is done.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(settings.at_once, "cica-qa")
        self._inside = 0

    @property
    def inside(self) -> int:
        """How many requests are worked on or wait."""
        return self._inside

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` does. Raises ``BusyError``, ``TooSlowError`` and its errors."""
        self._enter()
        return await self._done(self.start(lambda: function(*args, **kwargs)))

    async def wait_for(self, future: asyncio.Future[T], begin: Callable[[], object]) -> T:
        """Return what ``future`` comes to, a request like those of ``run``, after ``begin()``.

        Raises what ``run`` raises; where that is ``BusyError``, nothing was begun.
        """
        self._enter()
        begin()
        return await self._done(future)

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run ``work`` in a thread as soon as one is free; it counts as no request."""
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
            future.exception()  # seen: nobody may wait for it any more

    async def close(self) -> None:
        """Wait for what runs; begin nothing new."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
