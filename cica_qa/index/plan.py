"""Planning of a change: which segments stay, which are merged, and what is encoded anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from cica_qa.index.layout import DocumentRun, runs_of
from cica_qa.index.ragged import Indices
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore
from cica_qa.types import Document

_FRESH = -1
_SMALLEST, _FACTOR = 64, 4  # rows of a segment of level 0; growth from level to level
AT_ONCE = 1 << 10
"""Most rows merged along with a change; merging more would delay it."""


@dataclass(frozen=True)
class IndexTarget:
    """The documents that an index should contain after a change.

    ``fresh`` are those to be read anew. ``order`` has the number of each document: first the
    documents of the previous index are numbered, then those of ``fresh``.
    """

    fresh: Sequence[Document]
    order: Indices

    def ids(self, previous: DiskStore | None) -> tuple[list[str], list[str]]:
        """Return the ids of the documents that stay unchanged, and those of the fresh ones."""
        before = previous.document_ids if previous else ()
        kept = self.order[self.order < len(before)].tolist()
        return [before[at] for at in kept], [document.doc_id for document in self.fresh]

    def all_fresh(self, previous: DiskStore) -> IndexTarget:
        """Return a target with the same documents, all of them fresh."""
        size = previous.layout.documents
        documents = [
            previous.document_at(at) if at < size else self.fresh[at - size]
            for at in self.order.tolist()
        ]
        return IndexTarget(documents, np.arange(len(documents)))


@dataclass(frozen=True)
class SegmentPlan:
    """What happens to the segments of the previous index.

    Those at ``kept`` stay. Those at ``merged`` and the segment of fresh documents form a new one,
    with the documents at ``order``, numbered through these segments. ``runs`` are all documents
    in order.
    """

    kept: Sequence[int]
    merged: Sequence[int]
    order: Indices
    runs: Sequence[DocumentRun]


def plan_segments(
    target: IndexTarget,
    previous: DiskStore | None,
    rows: int,
    limit: float,
    *,
    merge_all: bool = False,
) -> SegmentPlan:
    """Decide which segments to keep and which to merge with ``rows`` fresh vectors.

    Segments are merged if too many are small, or if they are mostly deleted, up to ``limit``
    rows; ``merge_all`` merges all of them.
    """
    segments = previous.segments if previous else ()
    size = previous.layout.documents if previous else 0
    segment = np.full(len(target.order), _FRESH, np.int64)
    number = target.order - size
    old = target.order < size
    if previous:
        segment[old] = previous.layout.segment[target.order[old]]
        number[old] = previous.layout.number[target.order[old]]
    live = [_rows(one, number[segment == at]) for at, one in enumerate(segments)]
    used = [at for at, count in enumerate(live) if count]
    totals = [len(one.rows) for one in segments]
    sizes = {at: (live[at], totals[at]) for at in used}
    merged = used if merge_all else to_merge(sizes, rows, limit)
    kept = [at for at in used if at not in merged]
    return _arranged(segment, number, kept, merged, [len(one.texts.ids) for one in segments])


def to_merge(segments: Mapping[int, tuple[int, int]], new: int, limit: float) -> list[int]:
    """Return which segments to merge with ``new`` rows, given their live and total rows.

    Four segments of a level are merged with all smaller ones into one of the next level. So there
    are few segments, and each row is written once per level. Mostly deleted segments are merged
    too.
    """
    chosen: list[int] = []
    size = new
    for level in range(_level(sum(rows for _, rows in segments.values()) + new) + 1):
        left = [at for at in segments if at not in chosen]
        same = [at for at in left if _level(segments[at][1]) == level]
        below = [at for at in left if _level(segments[at][1]) < level]
        more = sum(segments[at][0] for at in (*same, *below))
        many = len(same) + bool(size and _level(size) == level) >= _FACTOR
        if same and many and size + more <= limit:
            chosen, size = [*chosen, *same, *below], size + more
    for at, (live, total) in segments.items():
        if at not in chosen and 2 * live < total and size + live <= limit:
            chosen, size = [*chosen, at], size + live
    return sorted(chosen)


def _level(rows: int) -> int:
    return int(log(max(rows, _SMALLEST) / _SMALLEST, _FACTOR))


def _rows(segment: Segment, documents: Indices) -> int:
    before, after = segment.rows_before(documents), segment.rows_before(documents + 1)
    return int((after - before).sum())


def _arranged(
    segment: Indices,
    number: Indices,
    kept: Sequence[int],
    merged: Sequence[int],
    sizes: Sequence[int],
) -> SegmentPlan:
    """Return the plan, given each document's segment and its number there."""
    starts = np.zeros(len(sizes) + 1, np.int64)  # the last is for the fresh documents
    starts[[*merged, _FRESH]] = np.cumsum([0, *(sizes[at] for at in merged)])
    renamed = np.full(len(sizes) + 1, len(kept), np.int64)
    renamed[[*kept]] = np.arange(len(kept))
    new = renamed[segment] == len(kept)
    order = (starts[segment] + number)[new]
    runs = runs_of(renamed[segment], np.where(new, np.cumsum(new) - 1, number))
    return SegmentPlan(kept, merged, order, runs)
