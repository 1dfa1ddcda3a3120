"""The access log: a line of JSON for each request, which is also counted in the metrics."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders

from cica_qa.serve.guard.headers import add_security_headers
from cica_qa.serve.guard.limits import address_of
from cica_qa.serve.guard.routes import UNMATCHED, route_of
from cica_qa.serve.logs import ACCESS, CutOffError, timestamp
from cica_qa.serve.problems import problem, response_of, unexpected

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cica_qa.serve.guard.metrics import Metrics

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REFUSED = (401, 429)
_POLICY_VIOLATION = 1008  # the code that closes a websocket
_CLIENT_CLOSED = 499  # nginx's status for a client that disconnected before the response


def log_question(scope: Scope, question: str, abstained: bool | None = None) -> None:
    """Add a question to the log line of this request, and count its answer if it has one."""
    notes: list[tuple[str, bool | None]] = scope.setdefault("state", {}).setdefault("notes", [])
    notes.append((question, abstained))


class AccessLog:
    """Gives each request an id, and logs and counts it when it is done.

    It also logs unexpected errors, and answers the request if that has not been done yet.

    A line holds questions only if ``log_questions`` is set, and the client's address only if the
    request was refused for lack of a key (401) or for asking too often (429). It is pure ASCII, so
    nothing that a client sends can forge another line or steer a terminal.
    """

    def __init__(
        self, guarded: ASGIApp, app: ASGIApp, metrics: Metrics, log_questions: bool
    ) -> None:
        """Pass requests to ``guarded``, and the lifespan events of the server to ``app``."""
        self._guarded = guarded
        self._app = app
        self._metrics = metrics
        self._log_questions = log_questions

    def refused_unread(self, client: tuple[str, int] | None, status: int, detail: str) -> Response:
        """Return the response to input that is not a valid request; log it and count it."""
        request_id = secrets.token_hex(16)
        response = response_of({"path": ""}, problem(status, detail, "", request_id))
        add_security_headers(response.headers)
        response.headers["X-Request-ID"] = request_id
        self._metrics.count(UNMATCHED, status, 0.0)
        line = {
            "time": timestamp(),
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
        """Serve a request; websockets are refused."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if _PLAIN.fullmatch(sent) else secrets.token_hex(16)
        state: dict[str, Any] = scope.setdefault("state", {})
        state.update(request_id=request_id, metrics=self._metrics)
        began = time.perf_counter()
        status, sent_bytes, complete = _CLIENT_CLOSED, 0, False

        async def send_observed(message: Message) -> None:
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
            await self._guarded(scope, receive, send_observed)
        except Exception as error:
            failure = unexpected(error, request_id)
            if status == _CLIENT_CLOSED:
                response = response_of(scope, failure)
                add_security_headers(response.headers)
                await response(scope, receive, send_observed)
            elif not complete:
                raise CutOffError from None
        finally:
            seconds = time.perf_counter() - began
            route = route_of(scope)
            notes = state.get("notes", ())
            answers = [abstained for _, abstained in notes if abstained is not None]
            self._metrics.count(route, status, seconds, answers)
            line = {
                "time": timestamp(),
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
