"""The process around the application: uvicorn with the limits that the settings set."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from cica_qa.serve.connection import MAX_HEADER_BYTES, Connection

if TYPE_CHECKING:
    from fastapi import FastAPI

STOP_SECONDS = 7
"""How long what runs has to finish once the server is told to stop."""
_IDLE_SECONDS = 75  # longer than a proxy keeps connections, which would else use closed ones


class Server(uvicorn.Server):
    """Serves an app of ``create_app`` until it is told to stop, then finishes what runs.

    ``on_ready`` is called once requests are answered, ``on_stop`` once it is told to stop. What
    runs then has the time that a request may take, but no more than ``STOP_SECONDS``.
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
                access_log=False,  # the guard writes one, without what a client made up
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                timeout_graceful_shutdown=min(
                    math.ceil(app.state.settings.serve.seconds) + 1, STOP_SECONDS
                ),
            )
        )
        self._app = app
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end the connections that wait for nothing but the end."""
        self._on_stop()
        self._app.state.stop_waiting()
        await super().shutdown(sockets)


def bound(host: str, port: int) -> socket.socket:
    """Take an address, for ``Server.run([socket])``. Raises ``OSError`` where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP: else asyncio leaves Nagle's algorithm on, which costs an answer 40 ms.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError:
        taken.close()
        raise
    return taken


def address(taken: socket.socket) -> str:
    """Return the web address of a socket."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
