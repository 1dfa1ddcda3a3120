"""The files of a generation but for its manifest: how they are written, and read where they lie.

::

    documents.jsonl, documents.npy   the documents; where in that file each begins
    passages.jsonl, passages.npy     the passages; each one's document and where it begins
    rows.npy, dense.faiss            the vectors; each one's passage and the text's digest
    lexical*                         the terms of passages (``index/lexical.py``)
    words.json                       their words (``index/vocabulary.py``)
    child_*                          the terms of rows (``index/children.py``)
    word_*                           the vectors of words (``index/words.py``)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cica_qa.documents.chunk import pages_of
from cica_qa.index.dense import DenseIndex
from cica_qa.index.durable import Writer, array_writer
from cica_qa.types import Block, Document, Page, Passage, Unit

DOCUMENTS, PASSAGES = "documents.jsonl", "passages.jsonl"
DOCUMENT_STARTS, PASSAGE_TABLE = "documents.npy", "passages.npy"
ROWS, VECTORS = "rows.npy", "dense.faiss"
_APART = frozenset(("start", "end", "kind", "context"))

PASSAGE = np.dtype([("document", "<i4"), ("start", "<i8")])
"""The position of a passage's document, and where in its file the passage begins, in bytes."""

ROW = np.dtype([("passage", "<i4"), ("digest", "V16")])
"""A row of vectors: the position of its passage, and the digest of the text encoded.

The rows of a passage stand together: one for each of its ``units``, then its windows.
"""


class FileParts(Protocol):
    """A part of an index that is kept in files of its own."""

    def files(self) -> dict[str, Writer]:
        """Return what writes each file, by name."""


def generation_files(
    documents: Sequence[Document],
    passages: Sequence[Passage],
    rows: NDArray[np.void],
    dense: DenseIndex,
    *parts: FileParts,
) -> dict[str, Writer]:
    """Return what writes each file of a generation, by name; ``parts`` bring their own."""
    number = {document.doc_id: at for at, document in enumerate(documents)}
    document_lines = [_line(document_entry(document)) for document in documents]
    passage_lines = [_line(_passage_entry(passage)) for passage in passages]
    table = np.empty(len(passages), PASSAGE)
    table["document"] = [number[passage.doc_id] for passage in passages]
    table["start"] = _starts(passage_lines)
    return {
        DOCUMENTS: lambda stream: stream.writelines(document_lines),
        DOCUMENT_STARTS: array_writer(_starts(document_lines)),
        PASSAGES: lambda stream: stream.writelines(passage_lines),
        PASSAGE_TABLE: array_writer(table),
        ROWS: array_writer(rows),
        VECTORS: dense.write,
        **{name: write for part in parts for name, write in part.files().items()},
    }


class JsonLines:
    """The entries of a file of JSON lines, each read when it is asked for."""

    def __init__(self, path: Path, starts: NDArray[np.int64]) -> None:
        """Open ``path``; entry ``i`` begins at byte ``starts[i]``. Raises ``ValueError``."""
        self._data = np.memmap(path, np.uint8, "r")
        self._bounds = np.append(starts, len(self._data))
        if len(starts) == 0 or starts[0] != 0 or not (np.diff(self._bounds) > 0).all():
            raise ValueError(f"{path.name} and its table do not agree")

    def __getitem__(self, index: int) -> Any:
        start, end = self._bounds[index : index + 2]
        return json.loads(self._data[start:end].tobytes())


def document_entry(document: Document) -> dict[str, Any]:
    """Return a document as it is written to JSON."""
    return {
        "doc_id": document.doc_id,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "metadata": dict(document.metadata),
        "blocks": [_filled(block) for block in document.blocks],
        "pages": [(page.label, page.start, page.end) for page in document.pages],
    }


def read_document(entry: dict[str, Any]) -> Document:
    """Return a document as it was before it was written to JSON."""
    blocks = tuple(Block(**_places(block)) for block in entry["blocks"])
    pages = tuple(Page(*page) for page in entry["pages"])
    return Document(**{**entry, "blocks": blocks, "pages": pages})


def read_passage(entry: dict[str, Any], document: Document) -> Passage:
    """Return a passage as it was before it was written to JSON."""
    start, end = entry["start"], entry["end"]
    contexts = [tuple(map(tuple, context)) for context in entry["contexts"]]

    def units(name: str) -> tuple[Unit, ...]:
        return tuple(
            Unit(first, last, kind, context=contexts[context], **_places(rest))
            for first, last, kind, context, rest in entry[name]
        )

    return Passage(
        passage_id=entry["passage_id"],
        doc_id=entry["doc_id"],
        start=start,
        end=end,
        text=document.text[start:end],
        headings=tuple(entry["headings"]),
        units=units("units"),
        wholes=units("wholes"),
        pages=pages_of(document, start, end),
    )


def _passage_entry(passage: Passage) -> dict[str, Any]:
    contexts = dict.fromkeys(unit.context for unit in (*passage.units, *passage.wholes))
    at = {context: place for place, context in enumerate(contexts)}

    def entries(units: Iterable[Unit]) -> list[tuple[int, int, str, int, dict[str, Any]]]:
        return [
            (unit.start, unit.end, unit.kind, at[unit.context], _filled(unit, _APART))
            for unit in units
        ]

    return {
        "doc_id": passage.doc_id,
        "start": passage.start,
        "end": passage.end,
        "headings": passage.headings,
        "contexts": list(contexts),
        "units": entries(passage.units),
        "wholes": entries(passage.wholes),
        "passage_id": passage.passage_id,
    }


def _filled(one: Block | Unit, apart: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields of a block or unit that are not empty, but for those told ``apart``."""
    values = ((field.name, getattr(one, field.name)) for field in fields(one))
    return {name: value for name, value in values if value and name not in apart} | (
        {} if apart else {"start": one.start, "end": one.end}
    )


def _places(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of a block or unit, with tuples for the lists of JSON."""
    found = dict(entry)
    if "label" in found:
        found["label"] = tuple(found["label"])
    for name in ("cells", "header"):
        if name in found:
            found[name] = tuple(map(tuple, found[name]))
    return found


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def _starts(lines: Iterable[bytes]) -> NDArray[np.int64]:
    sizes = np.fromiter(map(len, lines), np.int64)
    return np.cumsum(sizes) - sizes
