"""Uvicorn's HTTP connections with timeouts, and with refusals in the format of all errors."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_BUFFERED_BYTES = 65_536
"""The most bytes of an incomplete request that are kept before it is refused."""
HEADER_SECONDS = 10.0
"""How long the headers may take to arrive, and the rest of a body that no route reads."""
_LATE = "the request did not arrive within {:g} s; send it again"
_TOO_LONG = "the headers are longer than {} bytes; send fewer or shorter"
_NOT_HTTP = "this is not a request of HTTP/1.1; send one, with the header Host"


class Connection(H11Protocol):
    """A connection with timeouts; between requests, uvicorn's own idle timeout applies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._state = self.config.app.state  # type: ignore[union-attr]  # always a FastAPI app here
        self._seconds = min(HEADER_SECONDS, self._state.settings.serve.seconds)
        self._awaited: object = None  # the h11 state the client has yet to leave
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # the signature of H11Protocol
    ) -> None:
        """Start the timeout of the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read the next bytes; the timeout goes on while the request is incomplete."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start the timeout for the rest of a request that is already answered."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._wait_for(None)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse input that is not a valid request (400), or whose headers are too long (431)."""
        if len(self.conn.trailing_data[0]) > MAX_BUFFERED_BYTES:
            self._refuse(431, _TOO_LONG.format(MAX_BUFFERED_BYTES))
        else:
            self._refuse(400, _NOT_HTTP)

    def _watch(self) -> None:
        state = self.conn.their_state
        answered = self.cycle is None or self.cycle.response_complete
        idle = state is h11.IDLE and self.timeout_keep_alive_task is not None
        incomplete = state in (h11.IDLE, h11.SEND_BODY)
        self._wait_for(state if incomplete and answered and not idle else None)

    def _wait_for(self, awaited: object) -> None:
        if awaited is self._awaited:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._awaited = awaited
        self._timer = self.loop.call_later(self._seconds, self._give_up) if awaited else None

    def _give_up(self) -> None:
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._refuse(408, _LATE.format(self._seconds))
        else:
            self.transport.close()

    def _refuse(self, status: int, detail: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            response = self._state.access.refused_unread(self.client, status, detail)
            headers = [*response.raw_headers, (b"connection", b"close")]
            for event in (
                h11.Response(status_code=status, headers=headers),
                h11.Data(data=bytes(response.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
