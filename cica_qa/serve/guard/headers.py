"""Security headers of responses, and a limit on the headers of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from cica_qa.serve.guard.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_HEADER_BYTES = 32_768
"""The most bytes of all headers of a request together; more are refused (431)."""
# No policy for scripts and styles, as the chat's page has its own inline.
_POLICY = "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_security_headers(headers: MutableHeaders) -> None:
    """Add the headers that every response carries; an existing policy stays in force."""
    headers.update(_SAFE)
    headers.append("Content-Security-Policy", _POLICY)


class ResponseHeaders:
    """Adds the security headers to every response and refuses requests with too long headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                add_security_headers(headers)
                message["headers"] = headers.raw
            await send(message)

        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size > MAX_HEADER_BYTES:
            detail = f"the headers are longer than {MAX_HEADER_BYTES} bytes; send fewer or shorter"
            await refuse(scope, receive, send_with_headers, 431, detail)
        else:
            await self._app(scope, receive, send_with_headers)
