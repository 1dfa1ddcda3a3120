"""The process around the application: uvicorn with the limits that the settings set."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

_MOST_HEADER_BYTES = 65_536
_IDLE_SECONDS = 75  # longer than a proxy keeps connections, which would else use closed ones


class Server(uvicorn.Server):
    """Serves an app of ``create_app`` until it is told to stop, then finishes what runs.

    ``on_ready`` is called once requests are answered. What runs when it is told to stop has the
    time that a request may take.
    """

    def __init__(self, app: FastAPI, on_ready: Callable[[], object] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                log_config=None,
                access_log=False,  # the guard writes one, without what a client made up
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
                timeout_graceful_shutdown=math.ceil(app.state.settings.serve.seconds) + 1,
            )
        )
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end the connections that wait for nothing but the end."""
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
