"""Unexpected errors are logged once, in one line with the request id and the traceback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from guard_app import call, context_of, exchange, guarded, running
from starlette.types import ASGIApp, Receive, Scope, Send

from cica_qa.serve.guard.log import AccessLog
from cica_qa.serve.guard.metrics import Metrics
from cica_qa.serve.logs import json_logging

ID = "req-1"


def served(
    app: ASGIApp, path: str, capsys: pytest.CaptureFixture[str]
) -> tuple[bytes, Sequence[dict[str, Any]]]:
    """Return a server's response to a path, and the lines of its log."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-ID: {ID}\r\n\r\n"
    with json_logging(), running(app) as where:
        sent = exchange(where, request.encode())
    return sent, [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def told(line: dict[str, Any]) -> None:
    """Return the log line of the error ``boom``."""
    assert list(line) == ["time", "level", "logger", "message", "request_id", "traceback"]
    assert (line["level"], line["request_id"]) == ("error", ID)
    assert line["message"] == f"unexpected error in request {ID}"
    assert line["traceback"].startswith("Traceback (most recent call last):")
    assert line["traceback"].endswith("RuntimeError: boom")


def test_an_unexpected_error_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    sent, (error, access) = served(guarded(), "/boom", capsys)
    head, body = sent.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 500 ")
    assert (json.loads(body)["request_id"], b"boom" in body) == (ID, False)
    told(error)
    assert (access["request_id"], access["route"], access["status"]) == (ID, "/boom", 500)


def test_an_interrupted_response_closes_the_connection_and_is_logged_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent, (error, access) = served(guarded(), "/breaks", capsys)
    head, body = sent.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b"4\r\npart\r\n"  # without the empty last chunk
    told(error)
    assert (access["request_id"], access["route"], access["status"]) == (ID, "/breaks", 200)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("boom")


def test_an_error_in_the_guard_is_a_problem_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = AccessLog(broken, broken, Metrics(context_of().workers), log_questions=False)
    with json_logging():
        reply = call(app, headers=[(b"x-request-id", ID.encode())])
    (error, access) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (reply.status, reply.json["request_id"]) == (500, ID)
    assert (reply["x-request-id"], reply["x-content-type-options"]) == (ID, "nosniff")
    assert reply["content-type"] == "application/problem+json"
    told(error)
    assert (access["request_id"], access["status"]) == (ID, 500)
