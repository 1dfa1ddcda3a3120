"""Limits: how often a client may ask, how large a request may be and how slowly it may come."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from cica_qa.serve.guard.keys import is_open
from cica_qa.serve.guard.names import client_of
from cica_qa.serve.guard.refuse import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_CLIENTS = 10_000
"""How many clients are remembered; beyond, those that have asked nothing for longest go."""
_MINUTE = 60.0


class Buckets:
    """A bucket of tokens for each client: a minute's worth, refilled evenly."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_CLIENTS,
    ) -> None:
        self._seconds_each = _MINUTE / per_minute
        self._clock = clock
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()  # when a bucket is full again

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, client: str) -> float:
        """Take a token: return 0, or the seconds until there is one."""
        now = self._clock()
        before = max(self._full_at.get(client, now), now)
        after = before + self._seconds_each
        wait = after - now - _MINUTE
        if wait > 1e-9:
            return wait
        self._full_at[client] = after
        self._full_at.move_to_end(client)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return 0.0


class RateLimit:
    """Refuses who asks too often, by the name of the key or else by address."""

    def __init__(self, app: ASGIApp, per_minute: int, buckets: Buckets | None = None) -> None:
        self._app = app
        self._per_minute = per_minute
        self._buckets = Buckets(per_minute) if buckets is None else buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] in ("http", "websocket") and not is_open(scope):
            wait = self._buckets.take(_client(scope))
            if wait:
                seconds = max(1, math.ceil(wait))
                detail = f"more than {self._per_minute} requests a minute; wait {seconds} s"
                headers = {"Retry-After": str(seconds)}
                await refuse(scope, receive, send, 429, detail, headers=headers)
                return
        await self._app(scope, receive, send)


def _client(scope: Scope) -> str:
    key = scope.get("state", {}).get("key")
    if key:
        return f"key {key}"
    return client_of(str((scope.get("client") or ("",))[0]))


class BodyLimit:
    """Refuses a body that is too large (413) or takes too long to arrive (408)."""

    def __init__(self, app: ASGIApp, most_bytes: int, seconds: float) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lengths = Headers(scope=scope).getlist("content-length")
        body = _Body(scope, receive, send, self._most_bytes, self._seconds)
        if any(not (length.isascii() and length.isdecimal()) for length in lengths):
            await refuse(scope, receive, send, 400, "Content-Length is no number; send one")
        elif any(len(length) > 15 or int(length) > self._most_bytes for length in lengths):
            await body.refuse_size()
        else:
            try:
                await self._app(scope, body.receive, body.send)
            except ClientDisconnect:
                if not body.refused:
                    raise


class _Body:
    """The body of one request as it arrives.

    Once it is refused, the app inside sees a client that has gone, and nothing that it still
    sends goes out: so it does not matter how the app treats errors.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, most_bytes: int, seconds: float
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._ends = asyncio.get_running_loop().time() + seconds
        self._count = 0
        self._whole = self._answered = False
        self.refused = False

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        if self._whole:  # what follows is the end of the connection: that may take its time
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            detail = f"the request did not arrive within {self._seconds:g} s; send it again"
            return await self._refuse(408, detail, {"Connection": "close"})
        if message["type"] == "http.request":
            self._count += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._count > self._most_bytes:
                return await self.refuse_size()
        return message

    async def refuse_size(self) -> Message:
        limit = f"the request is larger than {self._most_bytes} bytes; send less at once"
        return await self._refuse(413, limit)

    async def _refuse(
        self, status: int, detail: str, headers: dict[str, str] | None = None
    ) -> Message:
        self.refused = True
        if not self._answered:
            await refuse(self._scope, self._receive, self._send, status, detail, headers=headers)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.refused:
            self._answered = True
            await self._send(message)
