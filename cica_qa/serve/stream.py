"""Streaming: from an iterator in a worker thread to server-sent events."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from cica_qa.serve.workers import Workers

T = TypeVar("T")
EVENT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}
"""The schema of one server-sent event, which OpenAPI 3.1 takes as the schema of the stream."""


async def iterate_in_thread(
    workers: Workers, make: Callable[[], Iterator[T]]
) -> AsyncGenerator[T, None]:
    """Iterate over ``make()`` in a worker thread and yield its items on the event loop.

    When the generator is closed, as when the client disconnects, the thread stops after the
    current item. Raises what ``workers.run`` and the iterator raise.
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


async def await_first(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Wait for the first item, so that errors before it still get their own status code."""
    first = await anext(items)

    async def all_items() -> AsyncGenerator[T, None]:
        async with aclosing(items):
            yield first
            async for item in items:
                yield item

    return all_items()


def server_sent_event(name: str, data: object) -> bytes:
    """Return a server-sent event whose data is JSON in plain UTF-8."""
    text = json.dumps(data, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode("utf-8", "replace")


class EventStream(StreamingResponse):
    """A response of server-sent events; the generator is closed when the client disconnects."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        # Proxies must neither cache the events nor buffer them.
        super().__init__(events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        async with aclosing(self._events):
            await super().__call__(scope, receive, send)
