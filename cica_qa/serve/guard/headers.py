"""The headers that responses carry, and which host names requests may come with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from cica_qa.serve.guard.names import address_of, host_name
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
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TOO_LONG = "ترويسات الطلب أطول من المسموح."
_OTHER_NAME = "لا يجيب هذا الخادم بهذا الاسم."


class ResponseHeaders:
    """Gives every response its security headers; refuses headers that are too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                headers.update(_SAFE)
                headers.append("Content-Security-Policy", _POLICY)  # what is there holds, too
                message["headers"] = headers.raw
            await send(message)

        size = sum(len(name) + len(value) for name, value in scope.get("headers", ()))
        if size > MAX_HEADER_BYTES:
            detail = f"the headers are longer than {MAX_HEADER_BYTES} bytes; send fewer or shorter"
            await refuse(scope, receive, send_with_headers, 431, detail, _TOO_LONG)
        else:
            await self._app(scope, receive, send_with_headers)


class HostCheck:
    """Refuses names that are not the server's: the name of a hostile page may point here.

    Names of the loopback, the address asked and ``serve.hosts`` are the server's. Where it is
    not asked over the loopback and ``serve.hosts`` is empty, every name is.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] in ("http", "websocket"):
            sent = Headers(scope=scope).getlist("host")
            name = host_name(sent[0]) if len(sent) == 1 else None
            if name is None:
                detail = "send one Host header with the name of the server"
                await refuse(scope, receive, send, 400, detail)
                return
            if not self._answers_to(name, str((scope.get("server") or ("",))[0])):
                detail = f"this server does not answer to {name!r}; name it in serve.hosts"
                await refuse(scope, receive, send, 421, detail, _OTHER_NAME)
                return
        await self._app(scope, receive, send)

    def _answers_to(self, name: str, server: str) -> bool:
        asked, own = address_of(name), address_of(server)
        if name in ("localhost", server) or name in self._hosts:
            return True
        if asked and (asked.is_loopback or asked == own):
            return True
        return not self._hosts and not (own and own.is_loopback)
