"""Limits: how often a client may ask, and how slowly a request may come."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from cica_qa.serve.guard.refuse import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/healthz", "/readyz")
"""What answers without a key, however often: whether the server lives."""
FILE_OF_PAGE = 0.05
"""What a file of the chat's page counts against the limit: the page is some 50 of them."""
_FILES_OF_PAGE = ("/assets/", "/static/", "/theme.css", "/favicon.ico")
MOST_CLIENTS = 10_000
"""How many clients are remembered; beyond, those that have asked nothing for longest go."""
_MINUTE = 60.0
_FILE = re.compile(r"/v1/collections/[^/]+/files/[^/]+")


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

    def wait(self, client: str) -> float:
        """Return the seconds until there is a token, 0 where there is one."""
        now = self._clock()
        before = max(self._full_at.get(client, now), now)
        wait = before + self._seconds_each - now - _MINUTE
        return wait if wait > 1e-9 else 0.0

    def take(self, client: str, tokens: float = 1.0) -> float:
        """Take tokens: return 0, or the seconds until there is a whole one."""
        wait = self.wait(client)
        if wait:
            return wait
        now = self._clock()
        self._full_at[client] = (
            max(self._full_at.get(client, now), now) + tokens * self._seconds_each
        )
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
        key = scope.get("state", {}).get("key")
        client = f"key {key}" if key else client_of(scope)
        path = scope["path"]
        tokens = FILE_OF_PAGE if path.startswith(_FILES_OF_PAGE) else 1.0
        if wait := 0.0 if path in OPEN_PATHS else self._buckets.take(client, tokens):
            detail, headers = too_many(f"more than {self._per_minute} requests a minute", wait)
            await refuse(scope, receive, send, 429, detail, headers=headers)
        else:
            await self._app(scope, receive, send)


def too_many(what: str, wait: float) -> tuple[str, dict[str, str]]:
    """Say that there were too many, and when to come again: a detail and headers."""
    seconds = max(1, math.ceil(wait))
    return f"{what}; wait {seconds} s", {"Retry-After": str(seconds)}


def client_of(scope: Scope) -> str:
    """Return what counts as one client: an address, of IPv6 the network that one site gets."""
    text = address_of(scope)
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


def address_of(scope: Scope) -> str:
    """Return the address that a request came from."""
    return str((scope.get("client") or ("",))[0])


class ForFiles:
    """Hands files that are brought to one application and all else to another."""

    def __init__(self, files: ASGIApp, others: ASGIApp) -> None:
        self._files = files
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_file = scope.get("method") == "PUT" and _FILE.fullmatch(scope["path"])
        await (self._files if is_file else self._others)(scope, receive, send)


class BodyTime:
    """Refuses a body that takes too long to arrive (408)."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. What waits for its body gets an ``HTTPException``."""
        ends = asyncio.get_running_loop().time() + self._seconds
        whole = False

        async def receive_in_time() -> Message:
            nonlocal whole
            if whole:  # what follows is the end of the connection: that may take its time
                return await receive()
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError as error:
                detail = f"the request did not arrive within {self._seconds:g} s; send it again"
                raise HTTPException(408, detail, {"Connection": "close"}) from error
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)
