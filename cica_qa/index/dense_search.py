"""Dense search over all segments of an index: passages ranked by the cosine of their best row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from cica_qa.index.dense import Rows
from cica_qa.index.layout import Layout
from cica_qa.index.ragged import Indices, picked
from cica_qa.index.segment import Segment
from cica_qa.protocols import Vectors


class DenseSearch:
    """Finds the passages nearest to a vector. Immutable; safe to share between threads."""

    def __init__(self, segments: Sequence[Segment], layout: Layout) -> None:
        self._segments = segments
        self._layout = layout

    def search_many(
        self, vectors: Vectors, k: int, positions: Indices | None = None
    ) -> list[list[tuple[int, float]]]:
        """Return up to ``k`` passages with their cosines for each of ``vectors``, best first.

        ``positions`` limits the search to the passages at these positions.
        """
        rows = self._live_rows if positions is None else self._rows_in(positions)
        available = sum(
            len(one.rows) if own is None else len(own)
            for one, own in zip(self._segments, rows, strict=True)
        )
        fetched = min(available, 4 * k + 16)  # a relevant passage has two or three near rows
        nearest = self._nearest(vectors, fetched, rows)
        return [
            self._passages_with(vector, found, k, fetched, available, rows)
            for vector, found in zip(vectors, nearest, strict=True)
        ]

    def cosines(self, vector: Vectors, positions: Indices) -> Vectors:
        """Return the cosine of the best row of each passage at ``positions``, in their order."""
        best = np.empty(len(positions), np.float32)
        if len(positions):
            for at, which, places in self._layout.apart(positions):
                starts, rows = picked(self._segments[at].first_rows, places)
                cosines = self._segments[at].dense.cosines(vector, rows)
                best[which] = np.maximum.reduceat(cosines, starts[:-1])
        return best

    def _passages_with(
        self,
        vector: Vectors,
        nearest: Indices,
        k: int,
        fetched: int,
        available: int,
        rows: Sequence[Rows | None],
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best passages; fetch more rows if ``nearest`` has too few passages."""
        while True:
            found = np.fromiter(dict.fromkeys(nearest.tolist()), np.int64)
            if len(found) >= k or fetched >= available:
                break
            fetched = min(available, 4 * fetched)
            (nearest,) = self._nearest(vector[np.newaxis], fetched, rows)
        positions = found[: max(k, 0)]
        cosines = self.cosines(vector, positions)
        order = np.lexsort((positions, -cosines))
        return list(zip(positions[order].tolist(), cosines[order].tolist(), strict=True))

    def _nearest(
        self, vectors: Vectors, count: int, rows: Sequence[Rows | None]
    ) -> Iterator[Indices]:
        """Yield the passages of the nearest rows of all segments, for each vector, best first.

        Ties are in passage order.
        """
        apart = [
            one.dense.search_many(vectors, count, own)
            for one, own in zip(self._segments, rows, strict=True)
        ]
        for found in zip(*apart, strict=True):
            places = [
                self._layout.places(at)[one.owners[ids]]
                for at, (one, (ids, _)) in enumerate(zip(self._segments, found, strict=True))
            ]
            positions = np.concatenate(places)
            cosines = np.concatenate([near for _, near in found])
            yield positions[np.lexsort((positions, -cosines))[: max(count, 0)]]

    @cached_property
    def _live_rows(self) -> list[Rows | None]:
        """The rows of each segment whose passages are not deleted; None if all are live."""
        gone = [self._layout.gone(at) for at in range(len(self._segments))]
        return [
            None if own is None else np.flatnonzero(~own[one.owners])
            for one, own in zip(self._segments, gone, strict=True)
        ]

    def _rows_in(self, positions: Indices) -> list[Rows | None]:
        """Return the rows of some passages, by segment."""
        rows: list[Rows | None] = [np.empty(0, np.int64)] * len(self._segments)
        for at, _, places in self._layout.apart(positions):
            rows[at] = picked(self._segments[at].first_rows, places)[1]
        return rows
