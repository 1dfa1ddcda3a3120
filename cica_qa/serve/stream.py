"""Answers that arrive piece by piece: from a thread, over the event loop, to the client."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from cica_qa.serve.work import Workers

T = TypeVar("T")
EVENT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}
"""One server-sent event: in OpenAPI 3.1 the schema of a stream is that of each event."""


async def arriving(workers: Workers, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
    """Yield what ``make()`` yields in one of the threads of ``workers``, within its time.

    Raises what ``workers.run`` and the iterator raise. When the generator is closed, as when
    the client has gone, the thread stops after the item that it is at.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | None] = asyncio.Queue()
    gone = threading.Event()

    def work() -> None:
        for item in make():
            if gone.is_set():
                return
            loop.call_soon_threadsafe(queue.put_nowait, item)

    task = asyncio.create_task(workers.run(work))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (item := await queue.get()) is not None:
            yield item
        await task  # raises what went wrong
    finally:
        gone.set()
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


async def begun(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Wait for the first item: what goes wrong before it still has a status of its own."""
    first = await anext(items)

    async def all_of_them() -> AsyncGenerator[T, None]:
        async with aclosing(items):
            yield first
            async for item in items:
                yield item

    return all_of_them()


def event(name: str, data: object) -> bytes:
    """Return a server-sent event whose data is JSON, in UTF-8 without escapes."""
    text = json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode("utf-8", "replace")


class EventStream(StreamingResponse):
    """A response of server-sent events; the generator is closed when the client goes away."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        # What stands between must neither keep the events nor hold them back.
        super().__init__(events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        async with aclosing(self._events):
            await super().__call__(scope, receive, send)
