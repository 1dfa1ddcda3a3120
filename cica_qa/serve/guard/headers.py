"""The headers that responses carry, and how long those of a request may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from cica_qa.serve.guard.refuse import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_HEADER_BYTES = 32_768
"""All headers of a request together; more get 431."""
# The chat brings its script and style inside its page, so nothing is said about those.
_POLICY = "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def secure(headers: MutableHeaders) -> None:
    """Add what every response carries."""
    headers.update(_SAFE)
    headers.append("Content-Security-Policy", _POLICY)  # what is there holds, too


class ResponseHeaders:
    """Gives every response its security headers; refuses headers that are too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                secure(headers)
                message["headers"] = headers.raw
            await send(message)

        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size > MAX_HEADER_BYTES:
            detail = f"the headers are longer than {MAX_HEADER_BYTES} bytes; send fewer or shorter"
            await refuse(scope, receive, send_with_headers, 431, detail)
        else:
            await self._app(scope, receive, send_with_headers)
