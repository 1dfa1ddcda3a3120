"""The HTTP server: uvicorn with the limits of the settings."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from cica_qa.serve.connection import MAX_BUFFERED_BYTES, Connection

if TYPE_CHECKING:
    from fastapi import FastAPI

STOP_SECONDS = 7
"""How long running requests have to finish once the server is told to stop."""
_IDLE_SECONDS = 75  # longer than proxies keep idle connections, so they never reuse a closed one


class Server(uvicorn.Server):
    """Serves an app of ``create_app`` until told to stop, then finishes the running requests.

    ``on_ready`` is called once requests are answered, ``on_stop`` when the server is told to stop.
    Requests running at that time have as long as any request may take, but no longer than
    ``STOP_SECONDS``.
    """

    def __init__(
        self,
        app: FastAPI,
        on_ready: Callable[[], object] = lambda: None,
        on_stop: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                log_config=None,
                access_log=False,  # the guard writes one, free of text that a client made up
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                h11_max_incomplete_event_size=MAX_BUFFERED_BYTES,
                timeout_graceful_shutdown=min(
                    math.ceil(app.state.settings.serve.seconds) + 1, STOP_SECONDS
                ),
            )
        )
        self._app = app
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then call ``on_ready``."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end the page's connections that only wait for the server to end."""
        self._on_stop()
        self._app.state.stop_waiting()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket for ``Server.run([socket])``. Raises ``OSError`` if it cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP is named because asyncio otherwise leaves Nagle's algorithm on: 40 ms for each answer.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError:
        taken.close()
        raise
    return taken


def socket_url(taken: socket.socket) -> str:
    """Return the URL of a bound socket."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
