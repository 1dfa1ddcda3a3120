"""Plain text and Markdown, kept exactly as decoded."""

from __future__ import annotations

from cica_qa.documents.encoding import decode_as
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.unreadable import LargeFileError


def read_plain(data: bytes, name: str, limits: Limits) -> Read:
    """Read plain text. Raises ``UnreadableError``."""
    return _read(data, name, limits, "plain")


def read_markdown(data: bytes, name: str, limits: Limits) -> Read:
    """Read Markdown. Raises ``UnreadableError``."""
    return _read(data, name, limits, "markdown")


def _read(data: bytes, name: str, limits: Limits, markup: str) -> Read:
    if len(data) > limits.unpacked_bytes:
        raise LargeFileError(f"{name} has too much text. Split it into parts.")
    text, encoding = decode_as(data, name)
    metadata = {"encoding": encoding} if encoding != "utf-8" else {}
    return Read(text, metadata=metadata, markup=markup)
