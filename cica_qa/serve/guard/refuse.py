"""How the guard says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cica_qa.serve.problems import problem, response_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

POLICY_VIOLATION = 1008
"""The code that a websocket is closed with that may not be opened."""


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    detail: str,
    arabic: str = "",
    headers: Mapping[str, str] | None = None,
    challenges: tuple[str, ...] = (),
) -> None:
    """Answer with a problem; close a websocket. ``challenges`` are ``WWW-Authenticate`` lines."""
    if scope["type"] == "websocket":
        # a frame may carry 123 bytes of reason
        close = {"type": "websocket.close", "code": POLICY_VIOLATION, "reason": detail[:100]}
        await send(close)
        return
    request_id = str(scope.get("state", {}).get("request_id", ""))
    response = response_of(scope, problem(status, detail, arabic, request_id), headers)
    for challenge in challenges:
        response.headers.append("WWW-Authenticate", challenge)
    await response(scope, receive, send)
