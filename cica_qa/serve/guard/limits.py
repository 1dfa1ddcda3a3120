"""Limits on how often a client may ask and how slowly a request may arrive."""

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

from cica_qa.serve.guard.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/healthz", "/readyz")
"""The health checks, which need no key and have no limit."""
PAGE_FILE_COST = 0.05
"""The tokens that a file of the chat's page costs: loading the page takes some 50 of them."""
_PAGE_FILES = ("/assets/", "/static/", "/theme.css", "/favicon.ico")
MAX_CLIENTS = 10_000
"""How many clients are remembered; those idle for longest are forgotten first."""
_MINUTE = 60.0
_FILE = re.compile(r"/v1/collections/[^/]+/files/[^/]+")


class TokenBuckets:
    """A token bucket for each client, which holds a minute's worth and refills evenly."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        most: int = MAX_CLIENTS,
    ) -> None:
        self._seconds_each = _MINUTE / per_minute
        self._clock = clock
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()  # client: when its bucket is full

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, client: str) -> float:
        """Return the seconds until the client has a token; 0 if it has one now."""
        now = self._clock()
        before = max(self._full_at.get(client, now), now)
        wait = before + self._seconds_each - now - _MINUTE
        return wait if wait > 1e-9 else 0.0

    def take(self, client: str, tokens: float = 1.0) -> float:
        """Take tokens and return 0, or take none and return the seconds to wait."""
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
    """Refuses clients that ask too often (429), told apart by their key or else by address."""

    def __init__(self, app: ASGIApp, per_minute: int, buckets: TokenBuckets | None = None) -> None:
        self._app = app
        self._per_minute = per_minute
        self._buckets = TokenBuckets(per_minute) if buckets is None else buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        key = scope.get("state", {}).get("key")
        client = f"key {key}" if key else client_of(scope)
        path = scope["path"]
        tokens = PAGE_FILE_COST if path.startswith(_PAGE_FILES) else 1.0
        if wait := 0.0 if path in OPEN_PATHS else self._buckets.take(client, tokens):
            detail, headers = too_many_requests(
                f"more than {self._per_minute} requests a minute", wait
            )
            await refuse(scope, receive, send, 429, detail, headers=headers)
        else:
            await self._app(scope, receive, send)


def too_many_requests(what: str, wait: float) -> tuple[str, dict[str, str]]:
    """Return the detail and the headers of a refusal (429), with the seconds to wait."""
    seconds = max(1, math.ceil(wait))
    return f"{what}; wait {seconds} s", {"Retry-After": str(seconds)}


def client_of(scope: Scope) -> str:
    """Return what identifies a client: its IPv4 address, or the /64 network of an IPv6 address."""
    text = address_of(scope)
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


def address_of(scope: Scope) -> str:
    """Return the IP address that a request came from; "" if it is not known."""
    return str((scope.get("client") or ("",))[0])


class FileUploadSwitch:
    """Sends file uploads to one application and all other requests to another."""

    def __init__(self, uploads: ASGIApp, others: ASGIApp) -> None:
        self._uploads = uploads
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_upload = scope.get("method") == "PUT" and _FILE.fullmatch(scope["path"])
        await (self._uploads if is_upload else self._others)(scope, receive, send)


class BodyTimeout:
    """Refuses requests whose body takes too long to arrive (408)."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. Its ``receive`` raises ``HTTPException`` after the time is up."""
        ends = asyncio.get_running_loop().time() + self._seconds
        whole = False

        async def receive_in_time() -> Message:
            nonlocal whole
            if whole:  # the next message is the disconnect, which may take any time
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
