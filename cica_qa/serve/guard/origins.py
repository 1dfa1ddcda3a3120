"""Which web pages may ask: CORS, and what a page of another site may not have done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from cica_qa.serve.guard.refuse import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READABLE = "X-Request-ID, Retry-After, Mcp-Session-Id"
_NAMES = re.compile(r"[\w-]+(?: *, *[\w-]+)*", re.ASCII)
_READS = {"GET", "HEAD", "OPTIONS"}
_FOREIGN = "this page may not ask; if it is one of yours, name its origin in serve.origins"
_ARABIC = "لا يُسمح لهذه الصفحة بأن تسأل هذا الخادم."


class OriginCheck:
    """Lets the pages of ``serve.origins`` ask, and no others.

    It answers preflights itself, since they come without a key, and drops what an app inside
    says of CORS.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(message, origin)
            await send(message)

        method = scope.get("method", "")  # a websocket has none
        preflight = method == "OPTIONS" and {"origin", "access-control-request-method"} <= {
            *headers
        }
        if (preflight or method not in _READS) and self._is_foreign(headers):
            await refuse(scope, receive, send_with_cors, 403, _FOREIGN, _ARABIC)
        elif preflight:
            await _preflight(headers, origin)(scope, receive, send)
        else:
            await self._app(scope, receive, send_with_cors)

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a browser sent this for the page of a site that may not ask."""
        origins, site = headers.getlist("origin"), headers.get("sec-fetch-site")
        if len(origins) > 1:
            return True
        if origins and origins[0] in self._origins:
            return False
        if site is not None:  # pages cannot set it; right even where a proxy changes Host
            return site not in ("same-origin", "none")
        host = headers.get("host", "").lower()
        return bool(origins) and origins[0].lower() not in (f"http://{host}", f"https://{host}")

    def _complete(self, message: Message, origin: str) -> None:
        sent = message.get("headers", ())
        kept = [(n, v) for n, v in sent if not n.lower().startswith(b"access-control-")]
        headers = MutableHeaders(raw=kept)
        if self._origins:
            headers.add_vary_header("Origin")
        if origin in self._origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _READABLE
        message["headers"] = headers.raw


def _preflight(headers: Headers, origin: str) -> Response:
    asked = headers.get("access-control-request-headers", "")
    allowed = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
        "Access-Control-Allow-Headers": asked if _NAMES.fullmatch(asked) else "",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin, Access-Control-Request-Headers",
    }
    return Response(status_code=204, headers=allowed)
