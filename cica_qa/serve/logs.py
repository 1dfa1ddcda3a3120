"""The server's log: a line of JSON for whatever is said, by whom ever, with tracebacks inside."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

log = logging.getLogger(__name__)
ACCESS = logging.getLogger("cica_qa.serve.access")
"""Its messages are lines already: one for each request."""
_TOGETHER = 0.2  # seconds in which what is written to standard error belongs together


def now() -> str:
    """Return the time as it is in every line."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class CutOffError(Exception):
    """Ends a response that cannot be completed; what went wrong is in the log already."""


class JsonLines(logging.Formatter):
    """Makes a line of each record, pure ASCII: nothing in it can forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        if record.name == ACCESS.name:
            return record.getMessage()
        line = {
            "time": now(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class Written(io.TextIOBase):
    """Takes the place of standard error; what comes at one time is one record."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._held: list[str] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Keep the text until what belongs to it has come."""
        with self._lock:
            first = not self._held
            self._held.append(text)
        if first:
            later = threading.Timer(_TOGETHER, self.say)
            later.daemon = True
            later.start()
        return len(text)

    def say(self) -> None:
        """Log what is kept."""
        with self._lock:
            text, self._held = "".join(self._held).strip(), []
        if text:
            log.error("%s", text)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether the log has not told it yet."""
    return not (record.exc_info and isinstance(record.exc_info[1], CutOffError))


@contextlib.contextmanager
def json_lines() -> Iterator[None]:
    """While the block runs, write the log of everybody, and of requests, as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root, written = logging.getLogger(), Written()
    before, level = root.handlers[:], ACCESS.level
    root.handlers[:] = [handler]
    ACCESS.setLevel(logging.INFO)
    server = logging.getLogger("uvicorn.error")
    server.setLevel(logging.ERROR)  # refusals have lines of their own
    server.addFilter(_is_news)
    logging.captureWarnings(True)
    try:
        with contextlib.redirect_stderr(written):
            yield
    finally:
        written.say()
        server.removeFilter(_is_news)
        logging.captureWarnings(False)
        ACCESS.setLevel(level)
        root.handlers[:] = before
