"""The guard around the real app: chat and REST."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from guard_app import BEARER, LINES, call, collections

from cica_qa.serve.app import create_app
from cica_qa.settings import Settings


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    settings = Settings(serve={"keys": LINES, "documents": True, "per_minute": 1_000_000})
    app = create_app(collections(), settings, chat=True)
    with TestClient(app):
        call(app, path="/", headers=[BEARER])  # wait for the chat and its routes
        yield app


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/metrics", "/v1/collections"])
def test_with_a_key_each_part_answers(app: FastAPI, path: str) -> None:
    reply = call(app, path=path, headers=[BEARER])
    assert reply.status == 200
    assert reply["x-frame-options"] == "DENY"
    assert reply.all("access-control-allow-origin") == []


@pytest.mark.parametrize("path", ["/v1/ask", "/page/ask", "/gradio_api/upload"])
def test_each_part_refuses_a_body_that_is_too_large(app: FastAPI, path: str) -> None:
    body = [b"x" * 1_000_000, b"x"]
    reply = call(app, "POST", path, [BEARER, (b"content-type", b"application/json")], body)
    assert reply.status == (404 if path.endswith("upload") else 413)
