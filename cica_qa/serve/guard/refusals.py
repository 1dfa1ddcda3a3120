"""Refusals by the guard, in the same format from all of its middlewares."""

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
    """Answer with a problem, in the format that the clients of the address expect."""
    request_id = str(scope.get("state", {}).get("request_id", ""))
    response = response_of(scope, problem(status, detail, arabic, request_id), headers)
    await response(scope, receive, send)


_STOPPING = "the server is stopping; send the request again in a moment"
_ARABIC = "يتوقف الخادم الآن. أعد المحاولة بعد قليل."


class RefusalFormatter:
    """Turns plain-text refusals of middlewares, and requests cut off at shutdown, into problems."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        status, text, begun = 0, b"", False

        async def send_shaped(message: Message) -> None:
            nonlocal status, text, begun
            begun = True
            if message["type"] == "http.response.start" and _is_plain_refusal(message):
                status = message["status"]
            if not status:
                await send(message)
                return
            text += message.get("body", b"")
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                detail = text.decode("utf-8", "replace")
                await refuse(scope, receive, send, status, DETAILS.get(detail, detail))

        try:
            await self._app(scope, receive, send_shaped)
        except asyncio.CancelledError:  # the server is stopping and the request took too long
            if begun:
                raise
            await refuse(scope, receive, send, 503, _STOPPING, _ARABIC, {"Retry-After": "5"})


def _is_plain_refusal(message: Message) -> bool:
    kind = Headers(raw=list(message.get("headers", ()))).get("content-type", "")
    return message["status"] >= 400 and kind.startswith("text/plain")
