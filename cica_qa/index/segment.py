"""A segment: documents with all that is searched of them, in one file that never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.children import ChildTerms
from cica_qa.index.dense import DenseIndex, Kind, Wanted, kind_for
from cica_qa.index.durable import Writer, array_writer
from cica_qa.index.files import Texts
from cica_qa.index.keys import Keys, heads
from cica_qa.index.lexical import LexicalIndex
from cica_qa.index.pack import Pack, pack_writer
from cica_qa.index.ragged import Places, joined, picked
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.models.in_use import InUse
from cica_qa.protocols import Vectors

_ROWS, _ROW, _VECTORS = "rows.npy", "row", "dense.faiss"
ROW = np.dtype([("passage", "<i4"), ("digest", "V16")])
"""A row of vectors: its passage, and the digest of the text encoded.

The rows of a passage stand together: one for each of its ``units``, then its windows.
"""
_OPEN: InUse[Segment] = InUse()
"""The segments that are in use, by path and checksum: each is opened once in a process."""


@dataclass(frozen=True)
class Segment:
    """Documents, passages, vectors and terms. Immutable; safe to share between threads.

    Raises ``ValueError`` where its parts do not belong together.
    """

    texts: Texts
    rows: NDArray[np.void]
    row_keys: Keys
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
        """Open a file of this checksum, or share it with those who have it open.

        Raises ``OSError``, ``ValueError``, ``LookupError``, ``TypeError`` or ``RuntimeError``.
        """
        return _OPEN.get((path.resolve(), checksum), lambda: cls.load(path))

    @classmethod
    def load(cls, path: Path) -> Segment:
        """Open what ``writer`` wrote, memory-mapped. Raises what ``open`` raises."""
        pack = Pack(path)
        return cls(
            Texts.load(pack),
            pack.array(_ROWS),
            Keys.load(pack, _ROW),
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
        owners: Places,
        digests: NDArray[np.void],
        dense: DenseIndex,
        parts: tuple[LexicalIndex, ChildTerms, Vocabulary, PassageWords | None],
    ) -> Segment:
        """Put a segment together; ``owners`` and ``digests`` are those of the rows of vectors."""
        rows = np.empty(len(owners), ROW)
        rows["passage"], rows["digest"] = owners, digests
        return cls(texts, rows, Keys.of(heads(digests)), dense, *parts)

    @classmethod
    def merged(cls, parts: Sequence[Segment], order: Places, wanted: Wanted) -> Segment:
        """Return the documents at ``order``: those of all ``parts`` count on, none twice.

        It is the segment that these documents would give, to the last bit, unless vectors of
        ``parts`` were rounded for a graph.
        """
        passages = picked(reduce(joined, (p.texts.first_passages for p in parts)), order)[1]
        starts, rows = picked(reduce(joined, (p.first_rows for p in parts)), passages)
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

    def files(self) -> dict[str, Writer]:
        """Return what writes each part, by name."""
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

    def writer(self) -> Writer:
        """Return what writes the file."""
        return pack_writer(self.files())

    @cached_property
    def first_rows(self) -> Places:
        """Where the rows of each passage begin, and where those of the last end."""
        owners = np.ascontiguousarray(self.rows["passage"])
        return np.searchsorted(owners, np.arange(len(self.texts) + 1))

    @cached_property
    def owners(self) -> NDArray[np.int32]:
        """The passage of each row."""
        return np.ascontiguousarray(self.rows["passage"])

    def rows_before(self, documents: Places) -> Places:
        """Return how many rows stand before each of some documents; ``len`` of them may be one."""
        return self.first_rows[self.texts.first_passages[documents]]

    def describe(self) -> Mapping[str, Any]:
        """Return what the manifest says of it."""
        counts = {
            "documents": len(self.texts.ids),
            "passages": len(self.texts),
            "vectors": len(self.rows),
        }
        return {"counts": counts, "dense": self.dense.describe()}

    def find(self, digests: Iterable[bytes]) -> dict[bytes, Vectors]:
        """Return the vectors of those texts that are known by these digests."""
        wanted = list(digests)
        rows = self.row_keys.find(heads(np.frombuffer(b"".join(wanted), "V16"))).tolist()
        pairs = [(digest, row) for digest, row in zip(wanted, rows, strict=True) if row >= 0]
        stored = self.rows["digest"]
        return {d: self.dense.vectors(row, 1)[0] for d, row in pairs if stored[row].tobytes() == d}


def kind_of(parts: Sequence[Segment], rows: Places, wanted: Wanted) -> Kind:
    """Return how rows are best searched: vectors that a graph has rounded stay in a graph."""
    if any(part.dense.kind == "graph" for part in parts):
        return "graph"
    return kind_for(len(rows), wanted)
