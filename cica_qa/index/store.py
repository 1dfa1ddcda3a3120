"""One generation in memory: its documents, passages and rows of vectors."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.errors import IndexDamagedError
from cica_qa.index.dense import DenseIndex, Rows
from cica_qa.index.generation import Generation, read_generation, rebuild_command
from cica_qa.protocols import Vectors
from cica_qa.types import Document, Passage, Span

_DOCUMENTS, _PASSAGES, _ROWS, _VECTORS = (
    "documents.jsonl",
    "passages.jsonl",
    "rows.npy",
    "dense.faiss",
)

ROW = np.dtype([("passage", "<i4"), ("digest", "V16")])
"""A row of vectors: the position of its passage, and the digest of the text encoded.

The rows of a passage stand together: one for each of its ``sentences``, then its windows.
"""


class DiskStore:
    """The ``PassageStore`` of an index folder. Immutable; safe to read from many threads."""

    def __init__(
        self,
        documents: Iterable[Document],
        passages: Sequence[Passage],
        rows: NDArray[np.void],
        dense: DenseIndex,
    ) -> None:
        self._documents = {document.doc_id: document for document in documents}
        self._passages = passages
        self.rows = rows
        self.dense = dense
        owners = rows["passage"]
        self._owners = owners
        self._first_rows = np.searchsorted(owners, np.arange(len(passages)))
        if len(rows) != len(dense) or (len(rows) and int(owners[-1]) != len(passages) - 1):
            raise ValueError("the rows, the vectors and the passages do not agree")

    @classmethod
    def load(cls, index_dir: Path) -> tuple[DiskStore, Generation]:
        """Load the published generation. Raises ``IndexStoreError``."""
        return read_generation(index_dir, partial(cls._read, index_dir))

    @classmethod
    def _read(cls, index_dir: Path, generation: Generation) -> tuple[DiskStore, Generation]:
        folder = generation.folder
        try:
            documents = [Document(**entry) for entry in _json_lines(folder / _DOCUMENTS)]
            texts = {document.doc_id: document.text for document in documents}
            passages = [_passage(entry, texts) for entry in _json_lines(folder / _PASSAGES)]
            rows = np.load(folder / _ROWS, allow_pickle=False)
            dense = DenseIndex.from_file(folder / _VECTORS)
            return cls(documents, passages, rows, dense), generation
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise IndexDamagedError(
                f"the index in {index_dir} cannot be read ({error}). "
                f"Make it again: {rebuild_command(index_dir)}"
            ) from error

    def files(self) -> dict[str, bytes]:
        """Return the files of a generation, by name."""
        rows = BytesIO()
        np.save(rows, self.rows, allow_pickle=False)
        return {
            _DOCUMENTS: _to_json_lines(map(document_entry, self._documents.values())),
            _PASSAGES: _to_json_lines(map(_entry, self._passages)),
            _ROWS: rows.getvalue(),
            _VECTORS: self.dense.to_bytes(),
        }

    def __len__(self) -> int:
        return len(self._passages)

    @property
    def document_ids(self) -> tuple[str, ...]:
        """The ids of all documents, in the order in which they were indexed."""
        return tuple(self._documents)

    def passage(self, index: int) -> Passage:
        """Return the passage at a position between 0 and ``len(self) - 1``."""
        return self._passages[index]

    def document(self, doc_id: str) -> Document:
        """Return the document of that id. Raises ``KeyError`` where there is none."""
        return self._documents[doc_id]

    def search_dense(
        self, vector: Vectors, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with the cosine of their best row, best first."""
        rows = None if documents is None else self._rows_of(documents)
        available = len(self.dense) if rows is None else len(rows)
        fetched = min(available, 16 * k)
        while True:
            ids, cosines = self.dense.search(vector, fetched, rows)
            best: dict[int, float] = {}
            for owner, cosine in zip(self._owners[ids].tolist(), cosines.tolist(), strict=True):
                best.setdefault(owner, cosine)
            if len(best) >= k or fetched >= available:
                return list(best.items())[:k]
            fetched = min(available, 4 * fetched)

    def sentence_scores(self, vector: Vectors, index: int) -> tuple[float, ...]:
        """Return the cosine of ``vector`` with each of ``passage(index).sentences``."""
        count = len(self._passages[index].sentences)
        cosines = self.dense.vectors(int(self._first_rows[index]), count) @ vector
        return tuple(cosines.tolist())

    def _rows_of(self, documents: Collection[str]) -> Rows:
        wanted = set(documents)
        chosen = np.fromiter((p.doc_id in wanted for p in self._passages), bool, len(self))
        return np.flatnonzero(chosen[self._owners])


def document_entry(document: Document) -> dict[str, Any]:
    """Return a document as it is written to JSON."""
    return {
        "doc_id": document.doc_id,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "metadata": dict(document.metadata),
    }


def _entry(passage: Passage) -> dict[str, Any]:
    return {
        "doc_id": passage.doc_id,
        "start": passage.start,
        "end": passage.end,
        "headings": passage.headings,
        "sentences": [(span.start, span.end, span.kind) for span in passage.sentences],
        "passage_id": passage.passage_id,
    }


def _passage(entry: dict[str, Any], texts: dict[str, str]) -> Passage:
    start, end = entry["start"], entry["end"]
    return Passage(
        passage_id=entry["passage_id"],
        doc_id=entry["doc_id"],
        start=start,
        end=end,
        text=texts[entry["doc_id"]][start:end],
        headings=tuple(entry["headings"]),
        sentences=tuple(Span(*span) for span in entry["sentences"]),
    )


def _json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def _to_json_lines(entries: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries)
