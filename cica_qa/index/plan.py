"""What of an index the next one has as it is, and what is to be worked out anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from cica_qa.index.layout import Run, runs_of
from cica_qa.index.ragged import Places
from cica_qa.index.segment import Segment
from cica_qa.index.store import DiskStore
from cica_qa.types import Document

_FRESH = -1
_SMALL, _FACTOR = 64, 4  # rows
AT_ONCE = 1 << 10
"""So many rows are merged while a change is written; more would keep it waiting."""


@dataclass(frozen=True)
class Wanted:
    """The documents that an index is to hold.

    ``order`` has an entry for each: those of the index before count on to ``fresh``.
    """

    fresh: Sequence[Document]
    order: Places

    def ids(self, previous: DiskStore | None) -> tuple[list[str], list[str]]:
        """Return the ids of the documents that stay as they are, and those of the fresh ones."""
        before = previous.document_ids if previous else ()
        kept = self.order[self.order < len(before)].tolist()
        return [before[at] for at in kept], [document.doc_id for document in self.fresh]

    def anew(self, previous: DiskStore) -> Wanted:
        """Return the same documents, all of them fresh."""
        size = previous.layout.documents
        documents = [
            previous.document_at(at) if at < size else self.fresh[at - size]
            for at in self.order.tolist()
        ]
        return Wanted(documents, np.arange(len(documents)))


@dataclass(frozen=True)
class Plan:
    """What becomes of the segments before.

    Those at ``kept`` stay. Those at ``merged`` and a segment of the fresh documents make a new
    one, with the documents at ``order``, which count through them one after the other. ``runs``
    are all documents in their order.
    """

    kept: Sequence[int]
    merged: Sequence[int]
    order: Places
    runs: Sequence[Run]


def plan(
    wanted: Wanted, previous: DiskStore | None, rows: int, limit: float, *, whole: bool = False
) -> Plan:
    """Return what to make of the segments before, given ``rows`` of vectors that are fresh.

    Segments that are small, or mostly deleted, are merged where they are many, as long as that
    is at most ``limit`` rows; with ``whole`` all are.
    """
    segments = previous.segments if previous else ()
    size = previous.layout.documents if previous else 0
    segment = np.full(len(wanted.order), _FRESH, np.int64)
    number = wanted.order - size
    old = wanted.order < size
    if previous:
        segment[old] = previous.layout.segment[wanted.order[old]]
        number[old] = previous.layout.number[wanted.order[old]]
    live = [_rows(one, number[segment == at]) for at, one in enumerate(segments)]
    used = [at for at, count in enumerate(live) if count]
    totals = [len(one.rows) for one in segments]
    merged = used if whole else to_merge({at: (live[at], totals[at]) for at in used}, rows, limit)
    kept = [at for at in used if at not in merged]
    return _arranged(segment, number, kept, merged, [len(one.texts.ids) for one in segments])


def to_merge(segments: Mapping[int, tuple[int, int]], new: int, limit: float) -> list[int]:
    """Return which segments to merge with ``new`` rows; each has rows in use, and rows in all.

    Four of about a size make one of the next size, with all that are smaller, so that there are
    few, and each row is written once for each size. Those that are mostly deleted go too.
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
    return int(log(max(rows, _SMALL) / _SMALL, _FACTOR))


def _rows(segment: Segment, documents: Places) -> int:
    before, after = segment.rows_before(documents), segment.rows_before(documents + 1)
    return int((after - before).sum())


def _arranged(
    segment: Places,
    number: Places,
    kept: Sequence[int],
    merged: Sequence[int],
    sizes: Sequence[int],
) -> Plan:
    """The plan for documents that lie in a segment under a number each."""
    starts = np.zeros(len(sizes) + 1, np.int64)  # the last is that of the fresh documents
    starts[[*merged, _FRESH]] = np.cumsum([0, *(sizes[at] for at in merged)])
    renamed = np.full(len(sizes) + 1, len(kept), np.int64)
    renamed[[*kept]] = np.arange(len(kept))
    new = renamed[segment] == len(kept)
    order = (starts[segment] + number)[new]
    runs = runs_of(renamed[segment], np.where(new, np.cumsum(new) - 1, number))
    return Plan(kept, merged, order, runs)
