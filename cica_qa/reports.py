"""Reports of a build or an update: one per file, and one for the whole index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome of reading one file.

    ``path`` is relative to the folder that was given. ``documents`` are the ids of the documents
    read from the file. ``notes`` are sentences for the user who supplied it: what was repaired,
    what may be wrong, or why it was skipped.
    """

    path: str
    status: Literal["read", "repaired", "doubtful", "skipped"]
    format: str = ""
    documents: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What a build or an update did, by document id, and what the index now holds.

    ``encoded`` counts the texts that were newly encoded. ``skipped`` maps files and documents
    that could not be read to the reason; ``files`` reports on every file. ``network`` are the
    documents that were added over the network, which builds from folders keep. ``published`` is
    false if nothing had changed and the index was left untouched.
    """

    generation: str
    documents: int
    passages: int
    vectors: int
    encoded: int
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    published: bool = True
    files: tuple[FileReport, ...] = ()
    network: tuple[str, ...] = ()
