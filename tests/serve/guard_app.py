"""Helpers for tests of the guard: a small app, a real index and raw requests."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Message
from word_encoder import WordEncoder, build

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.context import Context
from cica_qa.serve.guard import metrics, protect
from cica_qa.serve.guard.log import log_question
from cica_qa.serve.problems import handle_problems
from cica_qa.serve.server import Server, bind
from cica_qa.serve.workers import Workers
from cica_qa.settings import Settings
from cica_qa.types import Document

KEY, OTHER_KEY = "cq_one", "cq_two"
PAIRS = (("a", KEY), ("b", OTHER_KEY))
LINES = [f"{name}:write:{sha256(key.encode()).hexdigest()}" for name, key in PAIRS]
BEARER = (b"authorization", f"Bearer {KEY}".encode())
QUESTION = "ما سرّ السائل؟"
Header = tuple[bytes, bytes]
_folder = tempfile.TemporaryDirectory()


def basic(pair: str) -> Header:
    return (b"authorization", b"Basic " + base64.b64encode(pair.encode()))


@cache
def collections() -> Collections:
    """One collection with one document, encoded word by word without a model."""
    index_dir = Path(_folder.name) / "index"
    encoder = WordEncoder()
    build([Document("d", "عنوان", "نص قصير عن المقر في المدينة.")], index_dir, encoder)
    return Collections(
        {"small": Pipeline.of(Retriever(index_dir, encoder, Settings(reader=False)))}
    )


def context_of(**serve: Any) -> Context:
    settings = Settings(serve=serve)
    return Context(collections(), Workers(settings.serve), settings)


def small_app(context: Context) -> FastAPI:
    """Return an app with a route of every kind that the guard protects."""
    app = FastAPI()
    handle_problems(app)
    app.include_router(metrics.router(context))

    @app.get("/healthz")
    @app.get("/readyz")
    async def health() -> str:
        return "ok"

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.post("/ask")
    async def ask(request: Request, body: dict[str, Any]) -> str:
        log_question(request.scope, body["question"], abstained=True)
        return "no"

    @app.get("/documents/{doc_id}")
    async def document(doc_id: str, request: Request) -> dict[str, str]:
        return {"doc_id": doc_id, "key": request.state.key, "id": request.state.request_id}

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"part"
                await asyncio.sleep(0)

        headers = {
            "Access-Control-Allow-Origin": "*",
            "X-Frame-Options": "SAMEORIGIN",
            "Content-Security-Policy": "img-src 'self'",
            "X-Request-ID": "mine",
        }
        return StreamingResponse(parts(), headers=headers)

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("boom")

    @app.get("/breaks")
    async def breaks() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"part"
            raise RuntimeError("boom")

        return StreamingResponse(parts())

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    inner = FastAPI()

    @inner.get("/{page}")
    async def page(page: str) -> str:
        return page

    app.mount("/inner", inner)
    return app


def guarded(**serve: Any) -> ASGIApp:
    context = context_of(**{"refused_per_minute": 1_000_000, **serve})
    return protect(small_app(context), context)


@dataclass
class Reply:
    status: int = 0
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    closed: int | None = None  # the code that a websocket was closed with
    accepted: bool = False

    def all(self, name: str) -> list[str]:
        return [v.decode("latin-1") for n, v in self.headers if n.decode() == name.lower()]

    def __getitem__(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(  # noqa: PLR0913 - the parts of a request
    app: ASGIApp,
    method: str = "GET",
    path: str = "/documents/1",
    headers: Sequence[Header] = (),
    body: Sequence[bytes | float] = (b"",),
    *,
    host: str | None = "localhost",
    client: str = "192.0.2.1",
    server: tuple[str, int | None] = ("127.0.0.1", 8000),
    kind: str = "http",
) -> Reply:
    """Send a request whose ``body`` is in chunks; a number is a pause in seconds."""
    reply, chunks = Reply(), list(body)

    async def receive() -> Message:
        if kind == "websocket":
            return (
                {"type": "websocket.connect"}
                if not reply.accepted
                else {"type": "websocket.receive", "text": "x"}
            )
        while chunks:
            chunk = chunks.pop(0)
            if isinstance(chunk, bytes):
                return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}
            await asyncio.sleep(chunk)
        await asyncio.sleep(60)
        raise AssertionError("nobody waits for the end of a connection that long")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert reply.status == 0, "one response only"
            reply.status, reply.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            reply.body += message.get("body", b"")
        elif message["type"] == "websocket.accept":
            reply.accepted = True
        elif message["type"] == "websocket.close":
            reply.closed = message["code"]

    scope: dict[str, Any] = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [*([(b"host", host.encode("latin-1"))] if host is not None else []), *headers],
        "client": (client, 5000),
        "server": server,
        "state": {},
    }
    if kind == "http":
        scope["method"] = method
    else:
        scope["subprotocols"] = []
    asyncio.run(app(scope, receive, send))
    return reply


@contextmanager
def running(app: ASGIApp) -> Iterator[tuple[str, int]]:
    """Serve ``app`` over real sockets on the loopback address, and yield that address.

    An app of ``create_app`` is served as ``cica-qa serve`` serves it.
    """
    listener = bind("127.0.0.1", 0)
    if isinstance(app, FastAPI):
        server: uvicorn.Server = Server(app)
    else:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"


def exchange(address: tuple[str, int], *sent: bytes) -> bytes:
    """Send raw bytes and return the response, until the server closes or falls silent."""
    with socket.create_connection(address, timeout=5) as connection:
        for data in sent:
            try:
                connection.sendall(data)
            except ConnectionError:
                break
        got = b""
        try:
            while part := connection.recv(65536):
                got += part
                if b"\r\n\r\n" in got:
                    connection.settimeout(0.3)
        except (TimeoutError, ConnectionError):
            pass
        return got
