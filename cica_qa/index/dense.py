"""The vectors of an index, in FAISS (Douze et al., "The Faiss library", 2024)."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Vectors

Rows = NDArray[np.int64]


class DenseIndex:
    """Exact search by inner product, which for unit vectors is the cosine."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> DenseIndex:
        """Index ``vectors`` of shape ``(rows, dimension)``; row numbers are positions."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    @classmethod
    def from_file(cls, path: Path) -> DenseIndex:
        """Read what ``to_bytes`` gave. Raises ``RuntimeError`` for anything else."""
        return cls(faiss.read_index(str(path)))

    def to_bytes(self) -> bytes:
        """Return the index as FAISS writes it to a file."""
        data: bytes = faiss.serialize_index(self._index).tobytes()
        return data

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self._index.d)

    def search(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """Return the ``k`` nearest rows and their cosines, best first, fewer if there are not.

        ``vector`` has shape ``(dimension,)``; ``rows`` limits the search to those rows.
        Rows of the same score stand in row order.
        """
        limit = min(k, len(self) if rows is None else len(rows))
        if limit <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        selected = None
        if rows is not None:
            selector = faiss.IDSelectorBatch(rows)
            selected = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, found = self._index.search(vector[None, :], limit, params=selected)
        kept = found[0] >= 0  # FAISS fills up with -1 where it finds too few
        ids, cosines = found[0][kept], scores[0][kept]
        order = np.lexsort((ids, -cosines))
        return ids[order], cosines[order]

    def vectors(self, first: int, count: int) -> Vectors:
        """Return the vectors of ``count`` rows from ``first`` on, shape ``(count, dimension)``."""
        stored: Vectors = self._index.reconstruct_n(first, count)
        return stored
