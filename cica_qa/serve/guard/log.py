"""A line of JSON for each request, through ``logging``, and what the metrics count of it."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders

from cica_qa.serve.guard.headers import secure
from cica_qa.serve.guard.limits import address_of
from cica_qa.serve.guard.routes import UNMATCHED, route_of
from cica_qa.serve.logs import ACCESS, CutOffError, now
from cica_qa.serve.problems import problem, response_of, unexpected

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cica_qa.serve.guard.metrics import Metrics

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REFUSED = (401, 429)
_POLICY_VIOLATION = 1008  # what a websocket is closed with that may not be opened
_LEFT = 499  # nginx's number for a client that went before its answer came


def note(scope: Scope, question: str, abstained: bool | None = None) -> None:
    """Tell the log a question of this request and, where it was answered, the metrics how."""
    notes: list[tuple[str, bool | None]] = scope.setdefault("state", {}).setdefault("notes", [])
    notes.append((question, abstained))


def tell(scope: Scope, question: str, abstained: bool) -> None:
    """Log and count an answer by itself: the chat's come after the request that asked has ended."""
    state = scope["state"]
    state["metrics"].answered(abstained)
    line = {"time": now(), "request_id": state["request_id"], "route": route_of(scope)}
    line |= {"key": state["key"], "abstained": abstained}
    if state["log_questions"]:
        line["questions"] = [question]
    ACCESS.info("%s", json.dumps(line))


class AccessLog:
    """Gives each request its id, writes a line about it when it is done, and counts it.

    What nobody foresaw it logs, too, and answers where it is not answered yet.

    Questions are in the line only where ``log_questions``, the address only where somebody was
    refused for want of a key or for asking too often. The line is pure ASCII: whatever a client
    sent, it cannot forge another line or reach a terminal.
    """

    def __init__(
        self, guarded: ASGIApp, app: ASGIApp, metrics: Metrics, log_questions: bool
    ) -> None:
        """``guarded`` gets the requests, ``app`` is told when the server begins and ends."""
        self._guarded = guarded
        self._app = app
        self._metrics = metrics
        self._log_questions = log_questions

    def refused_unread(self, client: tuple[str, int] | None, status: int, detail: str) -> Response:
        """Return what answers that which never became a request; log and count it."""
        request_id = secrets.token_hex(16)
        response = response_of({"path": ""}, problem(status, detail, "", request_id))
        secure(response.headers)
        response.headers["X-Request-ID"] = request_id
        self._metrics.count(UNMATCHED, status, 0.0)
        line = {
            "time": now(),
            "request_id": request_id,
            "method": "",
            "route": UNMATCHED,
            "status": status,
            "ms": 0.0,
            "key": "",
            "bytes": len(response.body),
            "address": address_of({"client": client}),
        }
        ACCESS.info("%s", json.dumps(line))
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. There are no websockets."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if _PLAIN.fullmatch(sent) else secrets.token_hex(16)
        state: dict[str, Any] = scope.setdefault("state", {})
        state.update(
            request_id=request_id, metrics=self._metrics, log_questions=self._log_questions
        )
        began = time.perf_counter()
        status, sent_bytes, complete = _LEFT, 0, False

        async def send_and_look(message: Message) -> None:
            nonlocal status, sent_bytes, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                headers["X-Request-ID"] = request_id
                message["headers"] = headers.raw
            elif message["type"] == "http.response.body":
                sent_bytes += len(message.get("body", b""))
                complete = not message.get("more_body", False)
            await send(message)

        try:
            await self._guarded(scope, receive, send_and_look)
        except Exception as error:
            told = unexpected(error, request_id)
            if status == _LEFT:
                response = response_of(scope, told)
                secure(response.headers)
                await response(scope, receive, send_and_look)
            elif not complete:
                raise CutOffError from None
        finally:
            seconds = time.perf_counter() - began
            route = route_of(scope)
            notes = state.get("notes", ())
            answers = [abstained for _, abstained in notes if abstained is not None]
            self._metrics.count(route, status, seconds, answers)
            line = {
                "time": now(),
                "request_id": request_id,
                "method": scope["method"][:16],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "key": state.get("key", ""),
                "bytes": sent_bytes,
            }
            if status in _REFUSED:
                line["address"] = address_of(scope)
            if answers:
                line["abstained"] = answers[-1]
            if self._log_questions and notes:
                line["questions"] = [question for question, _ in notes]
            ACCESS.info("%s", json.dumps(line))
