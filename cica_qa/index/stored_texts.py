"""The documents and passages of a segment, written as JSON lines and read on demand.

::

    documents.jsonl, documents.npy   the documents; the offset and first passage of each
    ids.json, id_*                   the documents' ids; a hash index of them
    passages.jsonl, passages.npy     the passages; the document and offset of each
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial, reduce
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.durable import FileWriter, array_writer, bytes_writer, json_writer
from cica_qa.index.entries import (
    digest_of_entry,
    document_entry,
    line_of,
    passage_entry,
    read_document,
    read_passage,
)
from cica_qa.index.fields import MetadataColumns
from cica_qa.index.hash_index import HashIndex, text_hash
from cica_qa.index.pack import Pack
from cica_qa.index.ragged import Indices, concatenated, picked
from cica_qa.types import Document, Passage

_DOCUMENTS, _PASSAGES, _IDS = "documents.jsonl", "passages.jsonl", "ids.json"
_DOCUMENT_TABLE, _PASSAGE_TABLE, _ID = "documents.npy", "passages.npy", "id"
_CACHED_DOCUMENTS, _CACHED_PASSAGES = 256, 4096

DOCUMENT = np.dtype([("start", "<i8"), ("passage", "<i4"), ("digest", "V32")])
"""A document's byte offset in its file, the number of its first passage, its ``document_hash``."""
PASSAGE = np.dtype([("document", "<i4"), ("start", "<i8")])
"""The number of a passage's document, and the passage's byte offset in its file."""


class Texts:
    """The documents and passages of a segment. Immutable; safe to share between threads.

    The passages of a document are consecutive. The most recently read ones are cached.
    """

    def __init__(
        self,
        ids: Sequence[str],
        keys: HashIndex,
        documents: tuple[NDArray[np.uint8], NDArray[np.void]],
        passages: tuple[NDArray[np.uint8], NDArray[np.void]],
    ) -> None:
        """Take documents and passages, each as JSON lines with their table.

        Raises ``ValueError`` if they do not match.
        """
        self.ids = ids
        self._keys = keys
        self._documents, self._passages = documents, passages
        self._document_lines = JsonRecords(_DOCUMENTS, documents[0], documents[1]["start"])
        self._passage_lines = JsonRecords(_PASSAGES, passages[0], passages[1]["start"])
        self.first_passages = np.append(documents[1]["passage"], len(passages[1])).astype(np.int64)
        if not len(ids) == len(keys) == len(documents[1]):
            raise ValueError(f"{_DOCUMENTS} and its ids do not agree")
        if (np.diff(self.first_passages) < 0).any() or self.first_passages[0] != 0:
            raise ValueError(f"{_DOCUMENTS} and {_PASSAGES} do not agree")
        owners = passages[1]["document"]
        self.document = lru_cache(_CACHED_DOCUMENTS)(partial(_document, self._document_lines))
        self.passage = lru_cache(_CACHED_PASSAGES)(
            partial(_passage, self._passage_lines, owners, self.document)
        )

    @classmethod
    def of(cls, documents: Sequence[Document], passages: Sequence[Passage]) -> Self:
        """Store documents and their passages, both in document order."""
        number = {document.doc_id: at for at, document in enumerate(documents)}
        table = np.empty(len(passages), PASSAGE)
        table["document"] = [number[passage.doc_id] for passage in passages]
        entries = [document_entry(document) for document in documents]
        digests = b"".join(bytes.fromhex(digest_of_entry(entry)) for entry in entries)
        return cls._of(
            [document.doc_id for document in documents],
            [line_of(entry) for entry in entries],
            np.frombuffer(digests, "V32"),
            [line_of(passage_entry(passage)) for passage in passages],
            table["document"],
        )

    @classmethod
    def of_lines(
        cls,
        digests: Mapping[str, str],
        documents: tuple[NDArray[np.uint8], NDArray[np.int64]],
        passages: tuple[NDArray[np.uint8], NDArray[np.void]],
    ) -> Self:
        """Take documents and passages that are already serialised.

        ``digests`` maps the documents' ids to their hashes; ``documents`` come with their byte
        offsets, ``passages`` with their table.
        """
        lines = (
            JsonRecords(_DOCUMENTS, *documents),
            JsonRecords(_PASSAGES, passages[0], passages[1]["start"]),
        )
        hashes = np.frombuffer(b"".join(map(bytes.fromhex, digests.values())), "V32")
        return cls._of(
            list(digests), list(lines[0]), hashes, list(lines[1]), passages[1]["document"]
        )

    @classmethod
    def merged(cls, parts: Sequence[Self], order: Indices) -> Self:
        """Return the documents at ``order``, numbered through all ``parts``, without repeats."""
        bounds = reduce(concatenated, (part.first_passages for part in parts))
        starts, places = picked(bounds, order)
        documents = [line for part in parts for line in part._document_lines]
        passages = [line for part in parts for line in part._passage_lines]
        ids = [doc_id for part in parts for doc_id in part.ids]
        digests = np.concatenate([part._documents[1]["digest"] for part in parts])
        return cls._of(
            [ids[at] for at in order.tolist()],
            [documents[at] for at in order.tolist()],
            digests[order],
            [passages[at] for at in places.tolist()],
            np.repeat(np.arange(len(order)), np.diff(starts)),
        )

    @classmethod
    def _of(
        cls,
        ids: Sequence[str],
        documents: Sequence[bytes],
        digests: NDArray[np.void],
        passages: Sequence[bytes],
        owners: NDArray[np.integer[Any]],
    ) -> Self:
        document_table = np.empty(len(documents), DOCUMENT)
        document_table["start"] = _starts(documents)
        document_table["passage"] = np.searchsorted(owners, np.arange(len(documents)))
        document_table["digest"] = digests
        passage_table = np.empty(len(passages), PASSAGE)
        passage_table["document"] = owners
        passage_table["start"] = _starts(passages)
        keys = HashIndex.of(np.array([text_hash(doc_id) for doc_id in ids], np.uint64))
        lines = (np.frombuffer(b"".join(own), np.uint8) for own in (documents, passages))
        tables = document_table, passage_table
        return cls(ids, keys, *zip(lines, tables, strict=True))

    @classmethod
    def load(cls, pack: Pack) -> Self:
        """Open a saved table. Raises ``KeyError`` or ``ValueError``."""
        return cls(
            pack.json(_IDS),
            HashIndex.load(pack, _ID),
            (pack.data(_DOCUMENTS), pack.array(_DOCUMENT_TABLE)),
            (pack.data(_PASSAGES), pack.array(_PASSAGE_TABLE)),
        )

    def files(self) -> dict[str, FileWriter]:
        """Return a writer for each file, by name."""
        (documents, document_table), (passages, passage_table) = self._documents, self._passages
        return {
            _DOCUMENTS: bytes_writer(documents),
            _DOCUMENT_TABLE: array_writer(document_table),
            _IDS: json_writer(list(self.ids)),
            **self._keys.files(_ID),
            _PASSAGES: bytes_writer(passages),
            _PASSAGE_TABLE: array_writer(passage_table),
        }

    def __len__(self) -> int:
        return len(self._passages[1])

    def find(self, doc_id: str) -> int | None:
        """Return the number of the document with this id, or None."""
        rows = self._keys.rows_of(text_hash(doc_id))
        return next((row for row in rows if self.ids[row] == doc_id), None)

    @cached_property
    def fields(self) -> MetadataColumns:
        """The documents' metadata, for filters; read on first use."""
        return MetadataColumns(json.loads(line) for line in self._document_lines)

    def digest(self, number: int) -> str:
        """Return the ``document_hash`` of a document."""
        digest: np.void = self._documents[1]["digest"][number]
        return digest.tobytes().hex()


class JsonRecords:
    """The entries of a file of JSON lines, each parsed on demand."""

    def __init__(self, name: str, data: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        """Take a file's bytes; entry ``i`` begins at ``starts[i]``. Raises ``ValueError``."""
        self._data = data
        self._bounds = np.append(starts, len(data))
        if len(starts) == 0 or starts[0] != 0 or not (np.diff(self._bounds) > 0).all():
            raise ValueError(f"{name} and its table do not agree")

    def __getitem__(self, index: int) -> Any:
        start, end = self._bounds[index : index + 2]
        return json.loads(self._data[start:end].tobytes())

    def __iter__(self) -> Iterator[bytes]:
        data, bounds = self._data.tobytes(), self._bounds.tolist()
        return (data[start:end] for start, end in pairwise(bounds))


def _document(lines: JsonRecords, number: int) -> Document:
    return read_document(lines[number])


def _passage(
    lines: JsonRecords, owners: NDArray[np.int32], document: Callable[[int], Document], index: int
) -> Passage:
    return read_passage(lines[index], document(int(owners[index])))


def _starts(lines: Iterable[bytes]) -> NDArray[np.int64]:
    sizes = np.fromiter(map(len, lines), np.int64)
    return np.cumsum(sizes) - sizes
