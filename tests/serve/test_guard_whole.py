"""The guard around the real app: chat, REST and MCP, every route of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from guard_app import BEARER, LINES, call, collections

from cica_qa.serve.app import create_app
from cica_qa.settings import Settings

Walked = dict[str, set[str]]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MADEUP")


def walk(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield kind and path of every route, those inside mounts and included routers too."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from (("http", prefix + one.path) for one in route.effective_route_contexts())
        elif inner := getattr(getattr(route, "app", None), "routes", None):
            yield from walk(inner, prefix + route.path)
        else:
            kind = "websocket" if "WebSocket" in type(route).__name__ else "http"
            yield kind, prefix + route.path


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    settings = Settings(serve={"keys": LINES, "documents": True, "per_minute": 1_000_000})
    app = create_app(collections(), settings, chat=True)
    with TestClient(app):
        call(app, path="/", headers=[BEARER])  # waits for the chat, so that its routes are there
        yield app


@pytest.fixture(scope="module")
def routes(app: FastAPI) -> set[tuple[str, str]]:
    found = set(walk(app.router.routes))
    return {(kind, re.sub(r"{[^}]*}", "x", path) or "/") for kind, path in found}


def test_the_walk_sees_all_parts(app: FastAPI, routes: set[tuple[str, str]]) -> None:
    paths = {path for _, path in routes}
    documented = {re.sub(r"{[^}]*}", "x", path) for path in app.openapi()["paths"]}
    assert documented <= paths
    parts = {"/healthz", "/metrics", "/v1/ask", "/", "/config", "/gradio_api/queue/join"}
    assert parts <= paths
    assert len(paths) > 60


def test_no_route_answers_without_a_key(app: FastAPI, routes: set[tuple[str, str]]) -> None:
    let_in = set()
    made_up = {("http", path + "/made-up") for _, path in routes} | {("http", "/mcp")}
    for kind, path in routes | made_up:
        for method in METHODS if kind == "http" else ("",):
            reply = call(app, method, path, kind=kind)
            if (reply.status or reply.closed) not in (401, 1008):
                let_in.add(path)
    assert let_in == {"/healthz", "/readyz"}


@pytest.mark.parametrize("path", ["/", "/config", "/openapi.json", "/metrics", "/v1/collections"])
def test_with_a_key_each_part_answers(app: FastAPI, path: str) -> None:
    reply = call(app, path=path, headers=[BEARER])
    assert reply.status == 200
    assert reply["x-frame-options"] == "DENY"
    assert reply.all("access-control-allow-origin") == []


def test_the_chat_tells_no_other_page_that_it_may_read(app: FastAPI) -> None:
    page = (b"origin", b"https://evil.example")
    reply = call(app, path="/config", headers=[BEARER, page])
    assert [name for name, _ in reply.headers if name.startswith(b"access-")] == []
    assert call(app, "POST", "/gradio_api/queue/join", [BEARER, page]).status == 403


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/ask", b"application/json"),
        ("/gradio_api/queue/join", b"application/json"),
        ("/gradio_api/upload", b"multipart/form-data; boundary=x"),
    ],
)
def test_each_part_refuses_a_body_that_is_too_large(app: FastAPI, path: str, kind: bytes) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    body = [part if b"form" in kind else b"", b"x" * 1_000_000, b"x"]
    reply = call(app, "POST", path, [BEARER, (b"content-type", kind)], body)
    assert reply.status == 413
