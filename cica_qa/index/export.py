"""The documents of an index as lines of JSON, to back them up and to move them.

::

    {"cica_qa_export": 1, "documents": 2}
    {"doc_id": "a.pdf", "title": "…", "text": "…", …, "pages": [["1", 0, 890]], "origin": "folder"}
    {"doc_id": "b.txt", …}

A line holds all that the passages of a document are made of, so that an index of what is read again
is searched and cited as the one before.
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

VERSION = 1
_NAMED = 20  # lines that are no documents, each told by its number; of more, how many
_DEEPEST = 100  # levels of headings and lists


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds; ``network`` are the ids of what came over the network.

    ``faults`` say what was left out of it, and what is missing.
    """

    documents: tuple[Document, ...]
    network: frozenset[str]
    faults: tuple[FileNote, ...]


class _Line(BaseModel):
    """A document as a line has it. What is not known is refused, and nothing is converted."""

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
    """Yield an export of all documents, in their order; ``source_of`` says how sources are told."""
    yield line_of({EXPORT: VERSION, "documents": len(store.document_ids)})
    for doc_id in store.document_ids:
        entry = document_entry(store.document(doc_id))
        origin = "network" if doc_id in store.network else "folder"
        yield line_of({**entry, "source": source_of(entry["source"]), "origin": origin})


def is_export(line: bytes) -> bool:
    """Return whether a file that begins with this line is an export."""
    return _header(line) is not None


def read_export(lines: Iterable[bytes], name: str) -> Exported:
    """Read an export, of which ``name`` is for messages only.

    A line that is no document is left out and told. Raises ``UnreadableError`` for what is no
    export, ``IndexVersionError`` for one of a newer version, ``DocumentError`` where no document
    is left.
    """
    rest = iter(lines)
    told = _header(next(rest, b""))
    if told is None:
        raise UnreadableError(
            f"{name} is no export of an index: its first line does not say so. Make one by "
            "cica-qa index --export FILE; other lines of JSON are indexed by cica-qa index PATH",
            arabic="ليس هذا الملف نسخة مُصدَّرة من فهرس.",
        )
    version, count = told
    if version > VERSION:
        raise IndexVersionError(
            f"{name} was exported by a newer version of cica-qa, in version {version}; this one "
            f"reads up to {VERSION}. Upgrade cica-qa"
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
    faults = list(wrong[:_NAMED])
    if len(wrong) > _NAMED:
        faults.append(file_note("lines_more", count=len(wrong) - _NAMED))
    if found < count:
        faults.append(file_note("cut_off", found=found, count=count))
    return faults


def _header(line: bytes) -> tuple[int, int] | None:
    """The version of an export and how many documents it has; None where this is no export."""
    if not line.startswith(b'{"%b"' % EXPORT.encode()):
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    version, count = told.get(EXPORT), told.get("documents")
    # bool is a kind of int, and no version
    known = type(version) is int and type(count) is int and version >= 1
    return (version, count) if known else None


def _document(line: bytes) -> tuple[Document, str]:
    """The document of a line, and where it came from. Raises ``ValueError``."""
    told = _Line.model_validate_json(line)
    document = Document(
        told.doc_id,
        told.title,
        told.text,
        told.source,
        told.metadata,
        told.blocks,
        tuple(Page(*page) for page in told.pages),
    )
    validate([document])
    size = len(document.text)
    for block in document.blocks:
        spans = (*block.cells, *block.header, *([block.label] if block.label else ()))
        if not all(0 <= start <= end <= size for start, end in spans):
            raise ValueError("a cell or a label lies outside of its text")
        if not 0 <= block.level <= _DEEPEST:
            raise ValueError(f"a block has the level {block.level}")
    return document, told.origin


def _why(error: Exception) -> str:
    """What is wrong with a line, on one line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where[:100]}: {first['msg']}" if where else str(first["msg"])
    return str(error) or type(error).__name__
