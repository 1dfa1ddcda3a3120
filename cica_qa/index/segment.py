"""A segment: documents and everything that is searched for them, in one immutable file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.children import ChildTerms
from cica_qa.index.dense import DenseChoice, DenseIndex, DenseKind, kind_for
from cica_qa.index.durable import FileWriter, array_writer
from cica_qa.index.hash_index import HashIndex, leading_hashes
from cica_qa.index.lexical import LexicalIndex
from cica_qa.index.pack import Pack, pack_writer
from cica_qa.index.ragged import Indices, concatenated, picked
from cica_qa.index.stored_texts import Texts
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.models.weak_cache import WeakCache
from cica_qa.protocols import Vectors

_ROWS, _ROW, _VECTORS = "rows.npy", "row", "dense.faiss"
ROW = np.dtype([("passage", "<i4"), ("digest", "V16")])
"""A row of vectors: its passage's number, and the digest of the text that was encoded.

The rows of a passage are consecutive: one for each of its ``units``, then one for each window.
"""
_OPEN: WeakCache[Segment] = WeakCache()
"""The open segments by path and checksum, so that a process opens each only once."""


@dataclass(frozen=True)
class Segment:
    """Documents, passages, vectors and terms. Immutable; safe to share between threads.

    Creating one raises ``ValueError`` if the parts do not match.
    """

    texts: Texts
    rows: NDArray[np.void]
    row_keys: HashIndex
    dense: DenseIndex
    lexical: LexicalIndex
    child_terms: ChildTerms
    vocabulary: Vocabulary
    words: PassageWords | None

    def __post_init__(self) -> None:
        passages = {
            len(self.texts),
            len(self.lexical),
            len(self.vocabulary),
            len(self.texts if self.words is None else self.words),
        }
        rows = {len(self.rows), len(self.row_keys), len(self.dense), len(self.child_terms)}
        for name, counts in (("passages", passages), ("vectors", rows)):
            if len(counts) > 1:
                raise ValueError(f"its parts disagree on the number of {name}: {sorted(counts)}")
        sizes = np.diff(self.first_rows)
        if not (sizes > 0).all() or int(sizes.sum()) != len(self.rows):
            raise ValueError("its vectors do not belong to its passages")

    @classmethod
    def open(cls, path: Path, checksum: str) -> Segment:
        """Return the segment of a file with this checksum, sharing it if it is already open.

        Raises ``OSError``, ``ValueError``, ``LookupError``, ``TypeError`` or ``RuntimeError``.
        """
        return _OPEN.get((path.resolve(), checksum), lambda: cls.load(path))

    @classmethod
    def load(cls, path: Path) -> Segment:
        """Open a segment's file, memory-mapped. Raises what ``open`` raises."""
        pack = Pack(path)
        return cls(
            Texts.load(pack),
            pack.array(_ROWS),
            HashIndex.load(pack, _ROW),
            DenseIndex.from_data(pack.data(_VECTORS)),
            LexicalIndex.load(pack),
            ChildTerms.load(pack),
            Vocabulary.load(pack),
            PassageWords.load(pack),
        )

    @classmethod
    def of(
        cls,
        texts: Texts,
        owners: Indices,
        digests: NDArray[np.void],
        dense: DenseIndex,
        parts: tuple[LexicalIndex, ChildTerms, Vocabulary, PassageWords | None],
    ) -> Segment:
        """Build a segment; ``owners`` and ``digests`` are the passage and digest of each row."""
        rows = np.empty(len(owners), ROW)
        rows["passage"], rows["digest"] = owners, digests
        return cls(texts, rows, HashIndex.of(leading_hashes(digests)), dense, *parts)

    @classmethod
    def merged(cls, parts: Sequence[Segment], order: Indices, wanted: DenseChoice) -> Segment:
        """Return a segment of the documents at ``order``, numbered through all ``parts``.

        It equals, to the last bit, the segment that would be built from these documents, unless
        vectors of ``parts`` were rounded for a graph. No document may occur twice.
        """
        passages = picked(reduce(concatenated, (p.texts.first_passages for p in parts)), order)[1]
        starts, rows = picked(reduce(concatenated, (p.first_rows for p in parts)), passages)
        digests = np.concatenate([part.rows["digest"] for part in parts])[rows]
        words = [part.words for part in parts if part.words is not None]
        return cls.of(
            Texts.merged([part.texts for part in parts], order),
            np.repeat(np.arange(len(passages)), np.diff(starts)),
            digests,
            DenseIndex.merged([part.dense for part in parts], rows, kind_of(parts, rows, wanted)),
            (
                LexicalIndex.merged([part.lexical for part in parts], passages),
                ChildTerms.merged([part.child_terms for part in parts], rows),
                Vocabulary.merged([part.vocabulary for part in parts], passages),
                PassageWords.merged(words, passages) if words else None,
            ),
        )

    def files(self) -> dict[str, FileWriter]:
        """Return a writer for each part, by name."""
        words = {} if self.words is None else self.words.files()
        return {
            **self.texts.files(),
            _ROWS: array_writer(self.rows),
            **self.row_keys.files(_ROW),
            _VECTORS: self.dense.write,
            **self.lexical.files(),
            **self.child_terms.files(),
            **self.vocabulary.files(),
            **words,
        }

    def writer(self) -> FileWriter:
        """Return the writer of the segment's file."""
        return pack_writer(self.files())

    @cached_property
    def first_rows(self) -> Indices:
        """The first row of each passage, and at the end the number of rows."""
        owners = np.ascontiguousarray(self.rows["passage"])
        return np.searchsorted(owners, np.arange(len(self.texts) + 1))

    @cached_property
    def owners(self) -> NDArray[np.int32]:
        """The passage of each row."""
        return np.ascontiguousarray(self.rows["passage"])

    def rows_before(self, documents: Indices) -> Indices:
        """Return the first row of each document; the number of documents gives that of rows."""
        return self.first_rows[self.texts.first_passages[documents]]

    def describe(self) -> Mapping[str, Any]:
        """Return the segment's description for the manifest."""
        counts = {
            "documents": len(self.texts.ids),
            "passages": len(self.texts),
            "vectors": len(self.rows),
        }
        return {"counts": counts, "dense": self.dense.describe()}

    def find(self, digests: Iterable[bytes]) -> dict[bytes, Vectors]:
        """Return the stored vectors of texts, by the texts' digests; unknown ones are left out."""
        wanted = list(digests)
        rows = self.row_keys.find(leading_hashes(np.frombuffer(b"".join(wanted), "V16"))).tolist()
        pairs = [(digest, row) for digest, row in zip(wanted, rows, strict=True) if row >= 0]
        stored = self.rows["digest"]
        return {d: self.dense.vectors(row, 1)[0] for d, row in pairs if stored[row].tobytes() == d}


def kind_of(parts: Sequence[Segment], rows: Indices, wanted: DenseChoice) -> DenseKind:
    """Return how to search merged rows; vectors rounded for a graph stay in a graph."""
    if any(part.dense.kind == "graph" for part in parts):
        return "graph"
    return kind_for(len(rows), wanted)
