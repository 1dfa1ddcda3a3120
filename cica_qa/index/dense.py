"""The vectors of an index, in FAISS (Douze et al., "The Faiss library", 2024)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Vectors

Rows = NDArray[np.int64]
Kind = Literal["exact", "graph"]
Wanted = Literal["auto", "exact", "graph"]

EXACT_ROWS = 1 << 16
"""Up to here ``auto`` searches exactly: 100 MB of vectors are read in 3-10 ms by one core."""
_NEIGHBOURS, _BUILD_WIDTH, _SEARCH_WIDTHS = 32, 40, (256, 512, 1024)
_RECALL, _PROBES, _PROBE_MIX = 0.99, 100, 0.7
_GRAPH_SHARE = 50  # the graph pays where at most one row in so many is asked for
_SEVERAL, _TOGETHER, _PIECE = 3, 8, 256
"""From how many questions on they share a pass, at most how many, over how many rows at a time.

Larger products OpenBLAS divides among threads, for which the next question would wait.
"""
_MORE = 16
"""Rows that are looked at beyond those asked for, to know which are as near as the last."""
_ROUNDING = 1e-5
"""By how much the cosine of a row may differ with the rows and questions that are beside it."""


def kind_for(rows: int, wanted: Wanted = "auto") -> Kind:
    """Return how so many rows are best searched, unless it is said."""
    if wanted == "auto":
        return "graph" if rows > EXACT_ROWS else "exact"
    return wanted


class DenseIndex:
    """Search by inner product, which for unit vectors is the cosine.

    ``exact`` compares with every row. ``graph`` walks an HNSW graph (Malkov and Yashunin,
    "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
    Small World graphs", 2018) over vectors in half precision: it finds ``recall`` of the ten
    nearest rows. Every search runs in the calling thread alone, so that searches of many
    threads do not wait for each other. Safe to share between threads.
    """

    def __init__(self, index: faiss.Index, data: NDArray[np.uint8] | None = None) -> None:
        """``data`` is where the index lies, if it does not hold its vectors itself."""
        self._index = index
        self._data = data
        self._graph = hasattr(index, "hnsw")
        self._storage = faiss.downcast_index(index.storage) if self._graph else index
        self._vectors = _view(self._storage)

    @classmethod
    def from_vectors(cls, vectors: Vectors, kind: Kind = "exact") -> DenseIndex:
        """Index ``vectors`` of shape ``(rows, dimension)``; row numbers are positions.

        The same vectors give the same index, bit for bit: the graph is built by one thread.
        """
        rows = np.ascontiguousarray(vectors, np.float32)
        if kind == "graph":
            return cls(_graph_of(rows))
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        return cls(index)

    @classmethod
    def merged(cls, parts: Sequence[DenseIndex], order: Rows, kind: Kind) -> DenseIndex:
        """Index the rows at ``order``: the rows of all ``parts`` count on."""
        rows, start = np.empty((len(order), parts[0].dimension), np.float32), 0
        for part in parts:
            own = np.flatnonzero((order >= start) & (order < start + len(part)))
            rows[own] = part._vectors[order[own] - start]
            start += len(part)
        return cls.from_vectors(rows, kind)

    @classmethod
    def from_data(cls, data: NDArray[np.uint8]) -> DenseIndex:
        """Open what ``write`` wrote, where it lies. Raises ``RuntimeError`` for anything else."""
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(data), len(data))
        return cls(faiss.read_index(reader), data)

    def write(self, stream: BinaryIO) -> None:
        """Write the index as FAISS does."""
        writer = faiss.PyCallbackIOWriter(stream.write)
        faiss.write_index(self._index, writer)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self._index.d)

    @property
    def kind(self) -> Kind:
        """How it is searched."""
        return "graph" if self._graph else "exact"

    def describe(self) -> Mapping[str, str | int | float]:
        """Return the kind, its parameters and its measured recall, for the manifest.

        ``recall`` is the share of the ten nearest rows that is found (see ``_recall``).
        """
        if not self._graph:
            return {"kind": "exact", "recall": 1.0}
        hnsw = self._index.hnsw
        return {
            "kind": "graph",
            "neighbours": _NEIGHBOURS,
            "ef_construction": int(hnsw.efConstruction),
            "ef_search": int(hnsw.efSearch),
            "vectors": "float16",
            "recall": round(_recall(self._index), 4),
        }

    def search(self, vector: Vectors, k: int, rows: Rows | None = None) -> tuple[Rows, Vectors]:
        """Return the ``k`` nearest rows and their cosines, best first, fewer if there are not.

        ``vector`` has shape ``(dimension,)``; ``rows`` limits the search to those rows.
        Rows of the same score stand in row order.
        """
        ids, cosines = self.search_many(vector[np.newaxis], k, rows)[0]
        return ids[: max(k, 0)], cosines[: max(k, 0)]

    def search_many(
        self, vectors: Vectors, k: int, rows: Rows | None = None
    ) -> list[tuple[Rows, Vectors]]:
        """Return the nearest rows to each of ``vectors``, shape ``(n, dimension)``, best first.

        They are those of ``search``, and all others that are as near as the last of them: which
        of equals come first may depend on more than this index knows. An exact search reads all
        rows, and takes as long as they take to come from memory: of several questions all are
        compared with a row while it is there.
        """
        limit = min(k, len(self) if rows is None else len(rows))
        if limit <= 0:
            return [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(vectors)
        if self._graph or rows is not None or len(vectors) < _SEVERAL:
            return [self._search(vector, limit, rows) for vector in vectors]
        groups = np.array_split(vectors, -(-len(vectors) // _TOGETHER))
        return [found for group in groups for found in self._in_one_pass(group, limit)]

    def _search(self, vector: Vectors, limit: int, rows: Rows | None) -> tuple[Rows, Vectors]:
        available = len(self) if rows is None else len(rows)
        selector = None if rows is None else _selector(rows, len(self))
        # A graph thinned by a filter falls apart, so it must keep at least half of its rows.
        if self._graph and limit * _GRAPH_SHARE <= available and 2 * available >= len(self):
            width = max(self._index.hnsw.efSearch * len(self) // available, limit)
            parameters = faiss.SearchParametersHNSW(efSearch=width, sel=selector)
            ids, _ = _search(self._index, vector, limit, parameters)
            if len(ids) == limit:
                return self._best(vector, ids, limit)
        parameters = faiss.SearchParameters(sel=selector) if selector else None
        width = min(available, limit + _MORE)
        while True:
            ids, near = _search(self._storage, vector, width, parameters)
            least = near[min(limit, len(near)) - 1] - _ROUNDING
            if width == available or near[-1] < least:
                return self._best(vector, ids[near >= least], limit)
            width = min(available, 4 * width)

    def _in_one_pass(self, vectors: Vectors, limit: int) -> Iterator[tuple[Rows, Vectors]]:
        columns = np.ascontiguousarray(vectors.T)
        products = np.empty((len(self), len(vectors)), np.float32)
        for start in range(0, len(self), _PIECE):
            piece = slice(start, start + _PIECE)
            np.matmul(self._vectors[piece], columns, out=products[piece])
        for vector, near in zip(vectors, np.ascontiguousarray(products.T), strict=True):
            least = np.partition(near, len(near) - limit)[len(near) - limit]
            yield self._best(vector, np.flatnonzero(near >= least - _ROUNDING), limit)

    def _best(self, vector: Vectors, rows: Rows, limit: int) -> tuple[Rows, Vectors]:
        """The nearest of some rows, and all that are as near as the last."""
        cosines = self.cosines(vector, rows)
        order = np.lexsort((rows, -cosines))
        rows, cosines = rows[order], cosines[order]
        count = int(np.count_nonzero(cosines >= cosines[min(limit, len(rows)) - 1]))
        return rows[:count], cosines[:count]

    def cosines(self, vector: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of ``vector`` with each of ``rows``, shape ``(len(rows),)``.

        A row's cosine does not depend on the rows it is asked for with.
        """
        scores: Vectors = np.vecdot(self._vectors[rows].astype(np.float32, copy=False), vector)
        return scores

    def vectors(self, first: int, count: int) -> Vectors:
        """Return the vectors of ``count`` rows from ``first`` on, shape ``(count, dimension)``."""
        return self._vectors[first : first + count].astype(np.float32, copy=False)


def _graph_of(vectors: Vectors) -> faiss.Index:
    """Build the graph, as wide to search as the wanted recall needs.

    Half precision halves the file and changes cosines by less than 1e-4; 8 bits would cost a
    point of recall.
    """
    half = faiss.ScalarQuantizer.QT_fp16
    metric = faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexHNSWSQ(vectors.shape[1], half, _NEIGHBOURS, metric)
    index.hnsw.efConstruction = _BUILD_WIDTH
    # Rounded beforehand, so that vectors read back from a graph make the same graph again.
    rounded = vectors.astype(np.float16).astype(np.float32)
    with _one_thread():
        index.train(rounded)
        index.add(rounded)
    for width in _SEARCH_WIDTHS:
        index.hnsw.efSearch = width
        if _recall(index) >= _RECALL:
            break
    return index


def _recall(graph: faiss.Index) -> float:
    """The share of the ten nearest rows that the graph finds, ties counted as found.

    It is asked for rows moved towards another row, which proved as hard to find as questions;
    rows themselves are easier.
    """
    random = np.random.default_rng(0)
    storage = faiss.downcast_index(graph.storage)
    k = min(10, graph.ntotal)
    found = 0
    for row, other in random.integers(0, graph.ntotal, (_PROBES, 2)).tolist():
        mixed = _PROBE_MIX * graph.reconstruct(row) + (1 - _PROBE_MIX) * graph.reconstruct(other)
        probe = mixed / max(float(np.linalg.norm(mixed)), 1e-6)
        near, exact = _search(graph, probe, k)[1], _search(storage, probe, k)[1]
        found += int(np.count_nonzero(near >= exact[-1] - 1e-6))
    return float(found / (k * _PROBES))


def _search(
    index: faiss.Index, vector: Vectors, k: int, parameters: Any = None
) -> tuple[Rows, Vectors]:
    with _one_thread():
        scores, found = index.search(vector[None, :], k, params=parameters)
    kept = found[0] >= 0  # FAISS fills up with -1 where it finds too few
    ids, cosines = found[0][kept], scores[0][kept]
    order = np.lexsort((ids, -cosines))
    return ids[order], cosines[order]


def _selector(rows: Rows, total: int) -> Any:
    mask = np.zeros(total, bool)
    mask[rows] = True
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))


def _view(storage: faiss.Index) -> NDArray[np.floating[Any]]:
    """The stored vectors where they lie: nothing is copied, nothing read before it is used."""
    size = storage.ntotal * storage.code_size
    if not size:
        return np.empty((0, storage.d), np.float32)
    codes: NDArray[np.uint8] = faiss.rev_swig_ptr(storage.codes.data(), size)
    exact = storage.code_size == 4 * storage.d
    vectors: NDArray[np.floating[Any]] = codes.view(np.float32 if exact else np.float16)
    return vectors.reshape(-1, storage.d)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep FAISS to the calling thread: its helpers wait for each other longer than they work,
    and a graph built by several is another one each time. (The setting is the thread's own.)
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
