"""The server's log: one line of JSON for each record of any library, tracebacks included."""

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
"""The access log, whose messages are complete lines of JSON, one for each request."""
_GROUPED_SECONDS = 0.2  # writes to standard error within this time form one record


def timestamp() -> str:
    """Return the current time (UTC) as log lines have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class CutOffError(Exception):
    """Aborts a response that cannot be completed; the cause is already logged."""


class JsonLogFormatter(logging.Formatter):
    """Formats each record as one ASCII line, so that no message can forge another line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line of JSON."""
        if record.name == ACCESS.name:
            return record.getMessage()
        line = {
            "time": timestamp(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class StderrLogger(io.TextIOBase):
    """Replaces standard error; text written within a short time becomes one log record."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._held: list[str] = []

    def writable(self) -> bool:
        """Return True: text can be written."""
        return True

    def write(self, text: str) -> int:
        """Buffer text until the writes that belong to it have arrived."""
        with self._lock:
            first = not self._held
            self._held.append(text)
        if first:
            later = threading.Timer(_GROUPED_SECONDS, self.log_held)
            later.daemon = True
            later.start()
        return len(text)

    def log_held(self) -> None:
        """Log the buffered text."""
        with self._lock:
            text, self._held = "".join(self._held).strip(), []
        if text:
            log.error("%s", text)


def _is_new(record: logging.LogRecord) -> bool:
    """Return whether a record is not about an error that is already logged."""
    return not (record.exc_info and isinstance(record.exc_info[1], CutOffError))


@contextlib.contextmanager
def json_logging() -> Iterator[None]:
    """Write every log record and request as a line of JSON until the block ends."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLogFormatter())
    root, written = logging.getLogger(), StderrLogger()
    before, level = root.handlers[:], ACCESS.level
    root.handlers[:] = [handler]
    ACCESS.setLevel(logging.INFO)
    server = logging.getLogger("uvicorn.error")
    server.setLevel(logging.ERROR)  # the access log has a line for each refusal
    server.addFilter(_is_new)
    logging.captureWarnings(True)
    try:
        with contextlib.redirect_stderr(written):
            yield
    finally:
        written.log_held()
        server.removeFilter(_is_new)
        logging.captureWarnings(False)
        ACCESS.setLevel(level)
        root.handlers[:] = before
