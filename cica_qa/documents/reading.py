"""The result of a file reader, and the limits it runs under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cica_qa.documents.file_notes import FileNote
from cica_qa.types import Block, Page


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits for a reader: bytes of the file and unpacked, pages, rows, seconds."""

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 500_000_000
    pages: int = 5_000
    rows: int = 200_000
    seconds: float = 600.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Read:
    """The text of a file with its structure, pages, metadata and the reader's notes.

    ``title`` is empty if the file specifies none. ``repairs`` and ``doubts`` are short sentences
    for the person who added the file. ``blocks`` is empty if the structure is to be inferred from
    the text and its ``markup`` (``plain`` or ``markdown``).
    """

    text: str
    title: str = ""
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[FileNote, ...] = ()
    doubts: tuple[FileNote, ...] = ()
    markup: str = "plain"
