"""A real server in a thread, over the project's own documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI

from cica_qa.answer.collections import Collections
from cica_qa.answer.pipeline import Pipeline
from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.app import create_app
from cica_qa.serve.server import Server, bind, socket_url
from cica_qa.settings import ServeSettings, Settings


@dataclass(frozen=True)
class Running:
    """A running server: its address and its app."""

    url: str
    app: FastAPI


@contextmanager
def running(
    collections: Collections, settings: Settings, *, chat: bool = False
) -> Iterator[Running]:
    """Serve in a thread, on a free port, until the block ends."""
    ready = threading.Event()
    app = create_app(collections, settings, chat=chat)
    server = Server(app, on_ready=ready.set)
    with bind("127.0.0.1", 0) as taken:
        url = socket_url(taken)
        thread = threading.Thread(target=server.run, args=([taken],), daemon=True)
        thread.start()
        assert ready.wait(30), "the server did not start"
        try:
            yield Running(url, app)
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def retriever(corpus_index: Path, encoder: Encoder) -> Retriever:
    return Retriever(corpus_index, encoder, Settings())


@pytest.fixture(scope="session")
def collections(retriever: Retriever) -> Collections:
    """The project's documents as the collection «cica», shared by all tests: do not change it."""
    return Collections({"cica": Pipeline.of(retriever)})


@pytest.fixture(scope="session")
def small_collections(small_index: Path, encoder: Encoder) -> Collections:
    """A short document under the name «small», quick to ask. Shared: nothing may change it."""
    return Collections({"small": Pipeline.of(Retriever(small_index, encoder, Settings()))})


@pytest.fixture(scope="session")
def server(collections: Collections) -> Iterator[Running]:
    """A server with default settings, without the chat."""
    with running(collections, Settings()) as one:
        yield one


@pytest.fixture(scope="session")
def base_url(server: Running) -> str:
    return server.url


@pytest.fixture(scope="session")
def hurried_url(collections: Collections) -> Iterator[str]:
    """A server with a limit of one second for each request."""
    with running(collections, Settings(serve=ServeSettings(seconds=1))) as one:
        yield one.url


@pytest.fixture
def make_server(collections: Collections) -> Iterator[Callable[..., Running]]:
    """``make_server(settings)`` runs another server until the test ends.

    ``settings`` are ``Settings`` or ``ServeSettings``; ``over`` are other collections.
    """
    from contextlib import ExitStack

    with ExitStack() as stack:

        def make(
            settings: Settings | ServeSettings,
            *,
            over: Collections | None = None,
            chat: bool = False,
        ) -> Running:
            whole = Settings(serve=settings) if isinstance(settings, ServeSettings) else settings
            return stack.enter_context(running(over or collections, whole, chat=chat))

        yield make
