"""Traces are sent only to the collector that the environment names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cica_qa.serve import telemetry


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector of traces: its address and what it has received."""
    came: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()


def app() -> FastAPI:
    made = FastAPI()

    @made.post("/v1/ask")
    async def ask() -> str:
        return "answer"

    return made


@pytest.mark.parametrize("named", [True, False])
def test_traces_are_sent_only_to_a_named_collector(
    named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (url, came):
        if named:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        else:
            monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
        asked = app()
        finish = telemetry.instrument(asked)
        response: httpx.Response = TestClient(asked).post("/v1/ask", json={"question": "private"})
        assert response.json() == "answer"
        finish()
    assert {path for path, _ in came} == ({"/v1/traces"} if named else set())
    if named:
        sent = b"".join(body for _, body in came)
        assert b"/v1/ask" in sent
        assert b"cica-qa" in sent
        assert b"private" not in sent
