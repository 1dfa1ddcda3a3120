"""Export and import of an index's documents as JSON lines, for backups and for moving them.

::

    {"cica_qa_export": 1, "documents": 2}
    {"doc_id": "a.pdf", "title": "…", "text": "…", …, "pages": [["1", 0, 890]], "origin": "folder"}
    {"doc_id": "b.txt", …}

Each line holds everything that a document's passages are built from, so that an index of the
imported documents returns the same hits and citations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cica_qa.documents.file_notes import FileNote, file_note
from cica_qa.documents.jsonl import EXPORT
from cica_qa.errors import DocumentError, IndexVersionError, UnreadableError
from cica_qa.index.entries import document_entry, line_of
from cica_qa.index.inputs import validate
from cica_qa.protocols import PassageStore
from cica_qa.types import Block, Document, Page

EXPORT_VERSION = 1
_MAX_LISTED_FAULTS = 20  # invalid lines reported one by one; further ones are only counted
_MAX_LEVEL = 100  # of headings and lists


@dataclass(frozen=True, slots=True)
class Exported:
    """The content of an export.

    ``network`` are the ids of the documents that were added over the network. ``faults`` say
    which lines were skipped and how many documents are missing.
    """

    documents: tuple[Document, ...]
    network: frozenset[str]
    faults: tuple[FileNote, ...]


class _Line(BaseModel):
    """The schema of a document line: unknown fields are rejected and no value is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)

    doc_id: str
    title: str
    text: str
    source: str
    metadata: dict[str, str]
    blocks: tuple[Block, ...]
    pages: tuple[tuple[str, int, int], ...]
    origin: Literal["network", "folder"]


def export_lines(
    store: PassageStore, source_of: Callable[[str], str] = lambda source: source
) -> Iterator[bytes]:
    """Yield the lines of an export of all documents; ``source_of`` rewrites their sources."""
    yield line_of({EXPORT: EXPORT_VERSION, "documents": len(store.document_ids)})
    for doc_id in store.document_ids:
        entry = document_entry(store.document(doc_id))
        origin = "network" if doc_id in store.network else "folder"
        yield line_of({**entry, "source": source_of(entry["source"]), "origin": origin})


def is_export(line: bytes) -> bool:
    """Return whether ``line`` is the first line of an export."""
    return _header(line) is not None


def read_export(lines: Iterable[bytes], name: str) -> Exported:
    """Read an export; ``name`` is used in messages.

    Invalid lines are skipped and reported. Raises ``UnreadableError`` if the file is not an
    export, ``IndexVersionError`` if it is of a newer version, ``DocumentError`` if no document is
    left.
    """
    rest = iter(lines)
    header = _header(next(rest, b""))
    if header is None:
        raise UnreadableError(
            f"{name} is no export of an index: its first line does not say so. Make one by "
            "cica-qa index --export FILE; other lines of JSON are indexed by cica-qa index PATH",
            arabic="ليس هذا الملف نسخة مُصدَّرة من فهرس.",
        )
    version, count = header
    if version > EXPORT_VERSION:
        raise IndexVersionError(
            f"{name} was exported by a newer version of cica-qa, in version {version}; this one "
            f"reads up to {EXPORT_VERSION}. Upgrade cica-qa"
        )
    documents: dict[str, Document] = {}
    network: set[str] = set()
    wrong: list[FileNote] = []
    found = 0
    for number, line in enumerate(rest, 2):
        if not line.strip():
            continue
        found += 1
        try:
            document, origin = _document(line)
            if document.doc_id in documents:
                raise ValueError(f"its id {document.doc_id!r} is used twice")
        except (ValueError, RecursionError) as error:
            wrong.append(file_note("line", number=number, error=_why(error)))
            continue
        documents[document.doc_id] = document
        if origin == "network":
            network.add(document.doc_id)
    faults = _faults(wrong, found, count)
    if not documents:
        raise DocumentError(
            f"{name} holds no document: {'; '.join(faults[:3]) or 'it is empty'}. "
            "Export the index again",
            arabic="لا وثيقة صالحة في هذا الملف. صدّر الفهرس من جديد.",
        )
    return Exported(tuple(documents.values()), frozenset(network), tuple(faults))


def _faults(wrong: Sequence[FileNote], found: int, count: int) -> list[FileNote]:
    faults = list(wrong[:_MAX_LISTED_FAULTS])
    if len(wrong) > _MAX_LISTED_FAULTS:
        faults.append(file_note("lines_more", count=len(wrong) - _MAX_LISTED_FAULTS))
    if found < count:
        faults.append(file_note("cut_off", found=found, count=count))
    return faults


def _header(line: bytes) -> tuple[int, int] | None:
    """Return the version of an export and its number of documents; None for another line."""
    if not line.startswith(b'{"%b"' % EXPORT.encode()):
        return None
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        return None
    version, count = header.get(EXPORT), header.get("documents")
    # isinstance would accept True and False.
    valid = type(version) is int and type(count) is int and version >= 1
    return (version, count) if valid else None


def _document(line: bytes) -> tuple[Document, str]:
    """Return the document of a line, and its origin. Raises ``ValueError``."""
    parsed = _Line.model_validate_json(line)
    document = Document(
        parsed.doc_id,
        parsed.title,
        parsed.text,
        parsed.source,
        parsed.metadata,
        parsed.blocks,
        tuple(Page(*page) for page in parsed.pages),
    )
    validate([document])
    size = len(document.text)
    for block in document.blocks:
        spans = (*block.cells, *block.header, *([block.label] if block.label else ()))
        if not all(0 <= start <= end <= size for start, end in spans):
            raise ValueError("a cell or a label lies outside of its text")
        if not 0 <= block.level <= _MAX_LEVEL:
            raise ValueError(f"a block has the level {block.level}")
    return document, parsed.origin


def _why(error: Exception) -> str:
    """Return what is wrong with a line, on one line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where[:100]}: {first['msg']}" if where else str(first["msg"])
    return str(error) or type(error).__name__
