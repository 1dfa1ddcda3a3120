"""What a build or a change tells of itself: of each file, and of the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file that was to be read.

    ``path`` is relative to the folder that was named. ``documents`` are the ids of what was read
    from it. ``notes`` are sentences for the person who brought it: what was repaired, what is to
    be doubted, why it was skipped.
    """

    path: str
    status: Literal["read", "repaired", "doubtful", "skipped"]
    format: str = ""
    documents: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What a build or a change did, by document id, and what the index now holds.

    ``skipped`` maps what could not be read to the reason; ``files`` says of every file what
    became of it. ``network`` are the documents that came over the network, which builds from
    folders keep. ``published`` is false where nothing had changed and the index was left as it
    was.
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
