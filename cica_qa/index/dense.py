"""Vector search with FAISS (Douze et al., "The Faiss library", 2024)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import Vectors

Rows = NDArray[np.int64]
DenseKind = Literal["exact", "graph"]
DenseChoice = Literal["auto", "exact", "graph"]

EXACT_ROWS = 1 << 16
"""Most rows that ``auto`` searches exactly: one core reads 100 MB of vectors in 3 to 10 ms."""
_NEIGHBOURS, _BUILD_WIDTH, _SEARCH_WIDTHS = 32, 40, (256, 512, 1024)
_RECALL, _PROBES, _PROBE_MIX = 0.99, 100, 0.7
_GRAPH_SHARE = 50  # the graph is faster if at most one row in this many is requested
_MIN_BATCH, _MAX_BATCH, _BLOCK_ROWS = 3, 8, 256
"""Fewest and most questions that share a pass over the rows, and the rows compared at a time.

OpenBLAS splits larger products among threads, which would delay the next question.
"""
_EXTRA_ROWS = 16
"""Rows fetched beyond those requested, to find all that tie with the last."""
_ROUNDING = 1e-5
"""How much a row's cosine may vary with the rows and questions computed along with it."""


def kind_for(rows: int, wanted: DenseChoice = "auto") -> DenseKind:
    """Return how to search ``rows`` rows; ``auto`` depends on their number."""
    if wanted == "auto":
        return "graph" if rows > EXACT_ROWS else "exact"
    return wanted


class DenseIndex:
    """Search by inner product, which for unit vectors is the cosine.

    ``exact`` compares every row. ``graph`` walks an HNSW graph (Malkov and Yashunin, "Efficient
    and robust approximate nearest neighbor search using Hierarchical Navigable Small World
    graphs", 2018) over vectors in half precision; ``describe`` says what share of the ten nearest
    rows it finds. Every search runs in the calling thread alone, so that concurrent searches do
    not wait for each other. Safe to share between threads.
    """

    def __init__(self, index: faiss.Index, data: NDArray[np.uint8] | None = None) -> None:
        """Wrap a FAISS index; ``data`` is the memory that holds its vectors, if not its own."""
        self._index = index
        self._data = data
        self._graph = hasattr(index, "hnsw")
        self._storage = faiss.downcast_index(index.storage) if self._graph else index
        self._vectors = _view(self._storage)

    @classmethod
    def from_vectors(cls, vectors: Vectors, kind: DenseKind = "exact") -> DenseIndex:
        """Index ``vectors`` of shape ``(rows, dimension)``; a row's number is its position.

        The same vectors give the same index, bit for bit: one thread builds the graph.
        """
        rows = np.ascontiguousarray(vectors, np.float32)
        if kind == "graph":
            return cls(_graph_of(rows))
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        return cls(index)

    @classmethod
    def merged(cls, parts: Sequence[DenseIndex], order: Rows, kind: DenseKind) -> DenseIndex:
        """Index the rows at ``order``, numbered through all ``parts``."""
        rows, start = np.empty((len(order), parts[0].dimension), np.float32), 0
        for part in parts:
            own = np.flatnonzero((order >= start) & (order < start + len(part)))
            rows[own] = part._vectors[order[own] - start]
            start += len(part)
        return cls.from_vectors(rows, kind)

    @classmethod
    def from_data(cls, data: NDArray[np.uint8]) -> DenseIndex:
        """Open a saved index without copying it. Raises ``RuntimeError`` for other data."""
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(data), len(data))
        return cls(faiss.read_index(reader), data)

    def write(self, stream: BinaryIO) -> None:
        """Write the index in FAISS's format."""
        writer = faiss.PyCallbackIOWriter(stream.write)
        faiss.write_index(self._index, writer)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self._index.d)

    @property
    def kind(self) -> DenseKind:
        """Whether the index is searched exactly or through a graph."""
        return "graph" if self._graph else "exact"

    def describe(self) -> Mapping[str, str | int | float]:
        """Return the kind, its parameters and its measured recall, for the manifest.

        ``recall`` is the share of the ten nearest rows that are found (see ``_recall``).
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
        """Return up to ``k`` nearest rows and their cosines, best first.

        ``vector`` has shape ``(dimension,)``; ``rows`` limits the search to those rows. Ties are
        in row order.
        """
        ids, cosines = self.search_many(vector[np.newaxis], k, rows)[0]
        return ids[: max(k, 0)], cosines[: max(k, 0)]

    def search_many(
        self, vectors: Vectors, k: int, rows: Rows | None = None
    ) -> list[tuple[Rows, Vectors]]:
        """Return the nearest rows to each of ``vectors``, shape ``(n, dimension)``, best first.

        They are the rows of ``search`` and all that tie with the last of them, since the caller
        may have more to break ties by. An exact search reads all rows, which takes as long as
        fetching them from memory; several questions are therefore compared in one pass.
        """
        limit = min(k, len(self) if rows is None else len(rows))
        if limit <= 0:
            return [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(vectors)
        if self._graph or rows is not None or len(vectors) < _MIN_BATCH:
            return [self._search(vector, limit, rows) for vector in vectors]
        groups = np.array_split(vectors, -(-len(vectors) // _MAX_BATCH))
        return [found for group in groups for found in self._in_one_pass(group, limit)]

    def _search(self, vector: Vectors, limit: int, rows: Rows | None) -> tuple[Rows, Vectors]:
        available = len(self) if rows is None else len(rows)
        selector = None if rows is None else _selector(rows, len(self))
        # A filter that removes more than half of the rows leaves the graph disconnected.
        if self._graph and limit * _GRAPH_SHARE <= available and 2 * available >= len(self):
            width = max(self._index.hnsw.efSearch * len(self) // available, limit)
            parameters = faiss.SearchParametersHNSW(efSearch=width, sel=selector)
            ids, _ = _search(self._index, vector, limit, parameters)
            if len(ids) == limit:
                return self._best(vector, ids, limit)
        parameters = faiss.SearchParameters(sel=selector) if selector else None
        width = min(available, limit + _EXTRA_ROWS)
        while True:
            ids, near = _search(self._storage, vector, width, parameters)
            least = near[min(limit, len(near)) - 1] - _ROUNDING
            if width == available or near[-1] < least:
                return self._best(vector, ids[near >= least], limit)
            width = min(available, 4 * width)

    def _in_one_pass(self, vectors: Vectors, limit: int) -> Iterator[tuple[Rows, Vectors]]:
        columns = np.ascontiguousarray(vectors.T)
        products = np.empty((len(self), len(vectors)), np.float32)
        for start in range(0, len(self), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            np.matmul(self._vectors[block], columns, out=products[block])
        for vector, near in zip(vectors, np.ascontiguousarray(products.T), strict=True):
            least = np.partition(near, len(near) - limit)[len(near) - limit]
            yield self._best(vector, np.flatnonzero(near >= least - _ROUNDING), limit)

    def _best(self, vector: Vectors, rows: Rows, limit: int) -> tuple[Rows, Vectors]:
        """Return the ``limit`` nearest of some rows and all that tie with the last."""
        cosines = self.cosines(vector, rows)
        order = np.lexsort((rows, -cosines))
        rows, cosines = rows[order], cosines[order]
        count = int(np.count_nonzero(cosines >= cosines[min(limit, len(rows)) - 1]))
        return rows[:count], cosines[:count]

    def cosines(self, vector: Vectors, rows: Rows) -> Vectors:
        """Return the cosine of ``vector`` with each of ``rows``, shape ``(len(rows),)``.

        A row's cosine does not depend on which other rows are requested.
        """
        scores: Vectors = np.vecdot(self._vectors[rows].astype(np.float32, copy=False), vector)
        return scores

    def vectors(self, first: int, count: int) -> Vectors:
        """Return ``count`` rows from ``first`` on as an array ``(count, dimension)``."""
        return self._vectors[first : first + count].astype(np.float32, copy=False)


def _graph_of(vectors: Vectors) -> faiss.Index:
    """Build a graph and choose the smallest search width that reaches the required recall.

    Half precision halves the file and changes cosines by less than 1e-4; 8 bits would cost one
    point of recall.
    """
    half = faiss.ScalarQuantizer.QT_fp16
    metric = faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexHNSWSQ(vectors.shape[1], half, _NEIGHBOURS, metric)
    index.hnsw.efConstruction = _BUILD_WIDTH
    # Round first, so that vectors read back from a graph rebuild the same graph.
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
    """Return the share of the ten nearest rows that the graph finds; ties count as found.

    The probes are mixtures of two rows, which proved as hard as questions; rows themselves are
    easier.
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
    kept = found[0] >= 0  # FAISS pads missing results with -1
    ids, cosines = found[0][kept], scores[0][kept]
    order = np.lexsort((ids, -cosines))
    return ids[order], cosines[order]


def _selector(rows: Rows, total: int) -> Any:
    mask = np.zeros(total, bool)
    mask[rows] = True
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))


def _view(storage: faiss.Index) -> NDArray[np.floating[Any]]:
    """Return a view of the stored vectors, without copying or reading them."""
    size = storage.ntotal * storage.code_size
    if not size:
        return np.empty((0, storage.d), np.float32)
    codes: NDArray[np.uint8] = faiss.rev_swig_ptr(storage.codes.data(), size)
    exact = storage.code_size == 4 * storage.d
    vectors: NDArray[np.floating[Any]] = codes.view(np.float32 if exact else np.float16)
    return vectors.reshape(-1, storage.d)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Limit FAISS to the calling thread; other threads keep their own setting.

    Its worker threads would wait for each other longer than they work, and a graph built by
    several threads comes out differently each time.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
