"""What a reader of a file format returns, and the limits it runs under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cica_qa.documents.file_notes import FileNote
from cica_qa.types import Block, Page


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a reader may take: bytes of a file and unpacked, pages, rows, seconds."""

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 500_000_000
    pages: int = 5_000
    rows: int = 200_000
    seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Read:
    """The text of a file with its structure, its pages and what the reader has to say of it.

    ``title`` is empty where the file tells none. ``repairs`` and ``doubts`` are short sentences
    for the person who brought the file; ``metadata`` has string values only. ``blocks`` is empty
    where the structure is to be inferred from the text, in the ``markup`` it has.
    """

    text: str
    title: str = ""
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[FileNote, ...] = ()
    doubts: tuple[FileNote, ...] = ()
    markup: str = "plain"
