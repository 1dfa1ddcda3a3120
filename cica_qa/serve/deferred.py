"""Parts of the server that are built after it has started to listen, so it is ready sooner."""

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
"""Seconds that the server gets to start and to answer before imports take Python's lock."""
AppWithContext = tuple[ASGIApp, AbstractAsyncContextManager[object]]
"""An ASGI application and the context manager that must stay open while it runs."""


class DeferredApp:
    """An ASGI application that is built later; requests to it wait until it is ready."""

    def __init__(self, name: str, make: Callable[[], AppWithContext]) -> None:
        """Defer ``make``, which may take seconds: it runs in a thread."""
        self._name = name
        self._make = make
        # A concurrent future, since requests may come from another event loop.
        self._made: Future[ASGIApp | None] = Future()

    @property
    def app(self) -> Any:
        """The application; None until it is ready, or if it could not be built."""
        return self._made.result() if self._made.done() else None

    @property
    def routes(self) -> Sequence[Any]:
        """The routes of the application; none until it is ready."""
        return getattr(self.app, "routes", ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises ``HTTPException`` (503) if the application failed to start."""
        app = await asyncio.shield(asyncio.wrap_future(self._made))
        if app is None:
            raise HTTPException(
                503, f"{self._name} could not be started; the server's log says why"
            )
        await app(scope, receive, send)

    async def start(self, stack: AsyncExitStack) -> None:
        """Build the application and enter its context into ``stack``; failures are logged."""
        app = None
        try:
            app, context = await asyncio.to_thread(self._make)
            await stack.enter_async_context(context)
        except Exception:
            app = None
            log.exception("%s could not be started; all else is served", self._name)
        finally:
            self._made.set_result(app)


@asynccontextmanager
async def started(parts: Sequence[DeferredApp]) -> AsyncIterator[None]:
    """Build the parts in the background, in order, and keep them open until the block ends."""
    ended = asyncio.Event()

    async def keep() -> None:
        # Some contexts must be entered and left by the same task.
        async with AsyncExitStack() as stack:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), HEAD_START)
            for part in parts:
                if not ended.is_set():
                    await part.start(stack)
            await ended.wait()

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        ended.set()
        await keeping
