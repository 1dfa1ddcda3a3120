"""Where the documents and passages of a generation lie in its segments.

A generation is an order of documents. It is kept as runs ``(segment, first, count)`` of documents
that stand one after the other in a segment: to add is to put a run at the end, to delete is to
cut one in two, and what no run names is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.ragged import Places, picked
from cica_qa.protocols import Vectors

Run = tuple[int, int, int]
_APART = -1


class Layout:
    """The positions of documents and passages, in the generation and in its segments. Immutable.

    ``segment`` and ``number`` say of each document where it lies.
    """

    def __init__(self, runs: Sequence[Run], first_passages: Sequence[Places]) -> None:
        """``first_passages`` say for each segment where its documents begin, and where it ends.

        Raises ``ValueError`` where a run names a document that is not there, or one twice.
        """
        self.segment, self.number = expanded(runs)
        self._places: list[Places] = []
        self._documents: list[Places] = []
        sizes = np.zeros(len(self.segment), np.int64)
        chosen = []
        for at, starts in enumerate(first_passages):
            own = np.flatnonzero(self.segment == at)
            numbers = self.number[own]
            places = np.full(len(starts) - 1, _APART, np.int64)
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
            places = np.full(int(starts[-1]), _APART, np.int64)
            places[inside] = outside
            self._places.append(places)
        same = len(first_passages) == 1 and bool((self._locals == np.arange(self.size)).all())
        self._whole = same and self.size == len(self._places[0])

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self.segment)

    def places(self, segment: int) -> Places:
        """Return the position of each passage of a segment, -1 for one that is deleted."""
        return self._places[segment]

    def position_of(self, segment: int, number: int) -> int:
        """Return the position of a document of a segment, -1 where it is deleted."""
        return int(self._documents[segment][number])

    def positions_of(self, segment: int, numbers: Places) -> Places:
        """Return the positions of those documents of a segment that are not deleted."""
        positions = self._documents[segment][numbers]
        return positions[positions >= 0]

    def place(self, position: int) -> tuple[int, int]:
        """Return in which segment a passage is, and where."""
        return int(self._segments[position]), int(self._locals[position])

    def gone(self, segment: int) -> NDArray[np.bool_] | None:
        """Return which passages of a segment are deleted; None where none is."""
        gone = self._places[segment] < 0
        return gone if gone.any() else None

    def apart(self, positions: Places) -> Iterator[tuple[int, Places | slice, Places]]:
        """Yield each segment that has some of the passages, which ones, and where they lie."""
        if self._whole:
            yield 0, slice(None), positions
            return
        segments, locals_ = self._segments[positions], self._locals[positions]
        for segment in np.unique(segments).tolist():
            which = np.flatnonzero(segments == segment)
            yield segment, which, locals_[which]

    def gathered(self, parts: Sequence[Vectors]) -> Vectors:
        """Return numbers by passage, from those of the passages of each segment."""
        if self._whole:
            return parts[0]
        gathered = np.empty(self.size, np.float32)
        for places, part in zip(self._places, parts, strict=True):
            there = places >= 0
            gathered[places[there]] = part[there]
        return gathered


def expanded(runs: Sequence[Run]) -> tuple[Places, Places]:
    """Return the segment and the number in it of each document. Raises ``ValueError``."""
    table = np.array(runs, np.int64).reshape(-1, 3)
    segments, first, counts = table.T
    if len(table) and counts.min() < 1:
        raise ValueError("a run is empty")
    ends = np.cumsum(counts)
    numbers = np.arange(counts.sum()) + np.repeat(first - (ends - counts), counts)
    return np.repeat(segments, counts), numbers


def runs_of(segments: Places, numbers: Places) -> list[Run]:
    """Return documents as runs: as few as there can be."""
    if not len(segments):
        return []
    breaks = (np.diff(segments) != 0) | (np.diff(numbers) != 1)
    starts = np.append(0, np.flatnonzero(breaks) + 1)
    counts = np.diff(np.append(starts, len(segments)))
    table = np.stack([segments[starts], numbers[starts], counts], axis=1)
    return [(first, second, third) for first, second, third in table.tolist()]
