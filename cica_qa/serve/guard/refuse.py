"""How the guard says no, and that all middlewares say it alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from cica_qa.serve.problems import DETAILS, problem, response_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    detail: str,
    arabic: str = "",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a problem, in the shape that the clients of the address read."""
    request_id = str(scope.get("state", {}).get("request_id", ""))
    response = response_of(scope, problem(status, detail, arabic, request_id), headers)
    await response(scope, receive, send)


_STOPPING = "the server is stopping; send the request again in a moment"
_ARABIC = "يتوقف الخادم الآن. أعد المحاولة بعد قليل."


class Shaped:
    """Puts what middlewares refuse in plain text, and what is cut off, into the shape of errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        status, said, begun = 0, b"", False

        async def send_shaped(message: Message) -> None:
            nonlocal status, said, begun
            begun = True
            if message["type"] == "http.response.start" and _is_plain_refusal(message):
                status = message["status"]
            if not status:
                await send(message)
                return
            said += message.get("body", b"")
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                text = said.decode("utf-8", "replace")
                await refuse(scope, receive, send, status, DETAILS.get(text, text))

        try:
            await self._app(scope, receive, send_shaped)
        except asyncio.CancelledError:  # a server that stops gives requests only so long
            if begun:
                raise
            await refuse(scope, receive, send, 503, _STOPPING, _ARABIC, {"Retry-After": "5"})


def _is_plain_refusal(message: Message) -> bool:
    kind = Headers(raw=list(message.get("headers", ()))).get("content-type", "")
    return message["status"] >= 400 and kind.startswith("text/plain")
