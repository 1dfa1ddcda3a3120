"""Parts of the server that are put together once it answers, so that it is ready sooner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

HEAD_START = 0.5
"""Seconds that the server has to listen and to answer first: imports hold Python's lock."""
Made = tuple[ASGIApp, AbstractAsyncContextManager[object]]
"""An ASGI application and what must run around it."""


class Later:
    """An ASGI application that comes later: requests to it wait until it is there."""

    def __init__(self, name: str, make: Callable[[], Made]) -> None:
        """``make`` may take seconds: it runs in a thread."""
        self._name = name
        self._make = make
        self._made: Future[ASGIApp | None] = Future()  # whichever event loop a request is in

    @property
    def app(self) -> Any:
        """The application; None while it is not there, and where it could not be made."""
        return self._made.result() if self._made.done() else None

    @property
    def routes(self) -> Sequence[Any]:
        """Its routes, none while it is not there."""
        return getattr(self.app, "routes", ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the application."""
        app = await asyncio.shield(asyncio.wrap_future(self._made))
        if app is None:
            raise HTTPException(
                503, f"{self._name} could not be started; the server's log says why"
            )
        await app(scope, receive, send)

    async def open(self, around: AsyncExitStack) -> None:
        """Make the application, and keep ``around`` it what it needs."""
        app = None
        try:
            app, needed = await asyncio.to_thread(self._make)
            await around.enter_async_context(needed)
        except Exception:
            app = None
            log.exception("%s could not be started; all else is served", self._name)
        finally:
            self._made.set_result(app)


@asynccontextmanager
async def opened(parts: Sequence[Later]) -> AsyncIterator[None]:
    """While the block runs, put the parts together, one after the other, and keep them open."""
    ended = asyncio.Event()

    async def keep() -> None:
        async with AsyncExitStack() as around:  # entered and left by one task, as some must be
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), HEAD_START)
            for part in parts:
                if not ended.is_set():
                    await part.open(around)
            await ended.wait()

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        ended.set()
        await keeping
