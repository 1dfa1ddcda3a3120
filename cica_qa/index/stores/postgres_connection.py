"""Connections to PostgreSQL, reused between statements and replaced when the server is gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cica_qa.errors import (
    IndexMissingError,
    IndexStoreError,
    IndexUnavailableError,
    IndexWriteError,
    SettingsError,
)
from cica_qa.index.location import Address
from cica_qa.index.problems import rebuild_command

try:
    import psycopg
    from psycopg import errors
except ImportError as _missing:
    raise SettingsError(
        "an index in PostgreSQL needs the extra 'postgres'. Install it: "
        "pip install 'cica-qa[postgres]'",
        arabic="الفهرس في PostgreSQL يحتاج إلى الإضافة postgres؛ ثبّتها: "
        "pip install 'cica-qa[postgres]'",
    ) from _missing

Parameters = Mapping[str, Any]
Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]
_TIMEOUT = 5  # seconds to wait for a connection
_SETTINGS = {
    "hnsw.ef_search": "400",
    "hnsw.iterative_scan": "strict_order",
    "extra_float_digits": "1",
}


class Connections:
    """A pool of connections to the schema of one collection. Safe to share between threads."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.schema = f"cica_qa_{address.collection}"
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._process = os.getpid()

    def rows(self, query: str, parameters: Parameters | None = None) -> list[Row]:
        """Return the rows of a read-only query.

        If the reused connection was cut, the query is repeated on a new one. Raises
        ``IndexUnavailableError``, ``IndexMissingError`` or another ``IndexStoreError``.
        """
        while True:
            held, fresh = self._take()
            try:
                with self.reported():
                    found = held.execute(query.encode(), parameters, binary=True).fetchall()
            except IndexUnavailableError:
                held.close()
                if fresh:
                    raise
                continue
            except BaseException:
                held.close()
                raise
            self._keep(held)
            return found

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection with a snapshot of the database; raises what ``rows`` raises."""
        while True:
            held, fresh = self._take()
            try:
                with self.reported():
                    held.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                break
            except IndexUnavailableError:
                held.close()
                if fresh:
                    raise
        try:
            with self.reported():
                yield held
                held.execute("COMMIT")
        except BaseException:
            held.close()
            raise
        self._keep(held)

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Yield a new connection, closed afterwards; raises what ``rows`` raises."""
        held = self._connect()
        try:
            with self.reported():
                yield held
        finally:
            held.close()

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Turn errors of the client into index errors, without passwords."""
        try:
            yield
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise missing(self.address) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise self._unavailable(error) from None
        except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
            raise IndexWriteError(
                f"cannot write the index in {self.address}: {self._told(error)}. Give the address "
                "of the primary and a user who may create and change the schema "
                f"{self.schema!r}; what was published before is unchanged."
            ) from None
        except psycopg.Error as error:
            raise IndexStoreError(
                f"the engine of {self.address} refused: {self._told(error)}. See its log; what was "
                "published before is unchanged."
            ) from None

    def _take(self) -> tuple[Connection, bool]:
        """Return a connection, and whether it is new."""
        with self._lock:
            if self._process != os.getpid():  # those of the process before a fork are not ours
                self._idle, self._process = [], os.getpid()
            if self._idle:
                return self._idle.pop(), False
        return self._connect(), True

    def _keep(self, held: Connection) -> None:
        with self._lock:
            self._idle.append(held)

    def _connect(self) -> Connection:
        url = self.address.url
        timeout = {} if "connect_timeout=" in url else {"connect_timeout": _TIMEOUT}
        with self.reported():
            held = psycopg.connect(url, autocommit=True, **timeout)  # type: ignore[arg-type] # its types do not know options by name
            held.execute(
                "SELECT set_config('search_path', %s || ', ' || current_setting('search_path'), "
                "false)",
                [self.schema],
            )
            for name, value in _SETTINGS.items():
                held.execute("SELECT set_config(%s, %s, false)", [name, value])
        return held

    def _unavailable(self, error: psycopg.Error) -> IndexUnavailableError:
        return IndexUnavailableError(
            f"the engine of {self.address} cannot be reached: {self._told(error)}. Check that it "
            "runs and that the address, the user and the password are right, then try again."
        )

    def _told(self, error: psycopg.Error) -> str:
        text = error.diag.message_primary or str(error)
        return self.address.hide(" ".join(text.split())).rstrip(".")


def missing(address: Address) -> IndexMissingError:
    """Return the error for a collection that the engine does not have."""
    return IndexMissingError(
        f"there is no index in {address}. Make one: {rebuild_command(address)}"
    )
