"""The mapping between a generation's documents and passages and those of its segments.

The order of a generation's documents is stored as runs ``(segment, first, count)`` of consecutive
documents of a segment. Adding a document appends a run, deleting one splits a run; documents in no
run are deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.ragged import Indices, picked
from cica_qa.protocols import Vectors

DocumentRun = tuple[int, int, int]
_DELETED = -1


class Layout:
    """Positions of documents and passages in the generation and in its segments. Immutable.

    ``segment`` and ``number`` are the segment of each document and its number there;
    ``first_passages`` is the position of each document's first passage, and at the end their
    total; ``size`` is the number of passages.
    """

    def __init__(self, runs: Sequence[DocumentRun], first_passages: Sequence[Indices]) -> None:
        """Take the runs and, for each segment, the first passage of each document and the total.

        Raises ``ValueError`` if a run names a document that does not exist or is named already.
        """
        self.segment, self.number = expanded(runs)
        self._places: list[Indices] = []
        self._documents: list[Indices] = []
        sizes = np.zeros(len(self.segment), np.int64)
        chosen = []
        for at, starts in enumerate(first_passages):
            own = np.flatnonzero(self.segment == at)
            numbers = self.number[own]
            places = np.full(len(starts) - 1, _DELETED, np.int64)
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(places):
                raise ValueError("a run names documents that its segment does not have")
            places[numbers] = own
            if np.count_nonzero(places >= 0) != len(own):
                raise ValueError("a document is named twice")
            self._documents.append(places)
            sizes[own] = starts[numbers + 1] - starts[numbers]
            chosen.append((own, numbers))
        if sum(len(own) for own, _ in chosen) != len(self.segment):
            raise ValueError("a run names a segment that is not there")
        self.first_passages = np.append(0, np.cumsum(sizes))
        self.size = int(self.first_passages[-1])
        self._segments = np.repeat(self.segment, sizes)
        self._locals = np.empty(self.size, np.int64)
        for starts, (own, numbers) in zip(first_passages, chosen, strict=True):
            inside, outside = picked(starts, numbers)[1], picked(self.first_passages, own)[1]
            self._locals[outside] = inside
            places = np.full(int(starts[-1]), _DELETED, np.int64)
            places[inside] = outside
            self._places.append(places)
        same = len(first_passages) == 1 and bool((self._locals == np.arange(self.size)).all())
        self._whole = same and self.size == len(self._places[0])

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self.segment)

    def places(self, segment: int) -> Indices:
        """Return the position of each passage of a segment, -1 if it is deleted."""
        return self._places[segment]

    def position_of(self, segment: int, number: int) -> int:
        """Return the position of a document of a segment, -1 if it is deleted."""
        return int(self._documents[segment][number])

    def positions_of(self, segment: int, numbers: Indices) -> Indices:
        """Return the positions of documents of a segment, without deleted ones."""
        positions = self._documents[segment][numbers]
        return positions[positions >= 0]

    def place(self, position: int) -> tuple[int, int]:
        """Return the segment of a passage, and the passage's number there."""
        return int(self._segments[position]), int(self._locals[position])

    def gone(self, segment: int) -> NDArray[np.bool_] | None:
        """Return which passages of a segment are deleted, or None if none are."""
        gone = self._places[segment] < 0
        return gone if gone.any() else None

    def apart(self, positions: Indices) -> Iterator[tuple[int, Indices | slice, Indices]]:
        """Group passages by segment.

        Yields each segment, which of ``positions`` it has, and their numbers there.
        """
        if self._whole:
            yield 0, slice(None), positions
            return
        segments, locals_ = self._segments[positions], self._locals[positions]
        for segment in np.unique(segments).tolist():
            which = np.flatnonzero(segments == segment)
            yield segment, which, locals_[which]

    def gathered(self, parts: Sequence[Vectors]) -> Vectors:
        """Return values by position, given those of the passages of each segment."""
        if self._whole:
            return parts[0]
        gathered = np.empty(self.size, np.float32)
        for places, part in zip(self._places, parts, strict=True):
            there = places >= 0
            gathered[places[there]] = part[there]
        return gathered


def expanded(runs: Sequence[DocumentRun]) -> tuple[Indices, Indices]:
    """Return each document's segment and its number there. Raises ``ValueError``."""
    table = np.array(runs, np.int64).reshape(-1, 3)
    segments, first, counts = table.T
    if len(table) and counts.min() < 1:
        raise ValueError("a run is empty")
    ends = np.cumsum(counts)
    numbers = np.arange(counts.sum()) + np.repeat(first - (ends - counts), counts)
    return np.repeat(segments, counts), numbers


def runs_of(segments: Indices, numbers: Indices) -> list[DocumentRun]:
    """Return the shortest list of runs for these documents."""
    if not len(segments):
        return []
    breaks = (np.diff(segments) != 0) | (np.diff(numbers) != 1)
    starts = np.append(0, np.flatnonzero(breaks) + 1)
    counts = np.diff(np.append(starts, len(segments)))
    table = np.stack([segments[starts], numbers[starts], counts], axis=1)
    return [(first, second, third) for first, second, third in table.tolist()]
