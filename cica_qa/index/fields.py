"""The metadata of a segment's documents, by key and value, for filters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.filters import Condition, RangeKind, date_of, number_of
from cica_qa.index.ragged import Indices

_Sorted = tuple[NDArray[Any], Indices]


class MetadataColumn:
    """The values of one key, each with the numbers of the documents that have it. Immutable."""

    def __init__(self, values: Mapping[str, Sequence[int]]) -> None:
        self._values = {value: np.array(numbers) for value, numbers in values.items()}

    def matching(self, condition: Condition) -> Iterator[Indices]:
        """Yield the documents that meet a condition, in parts that may overlap."""
        for text in condition.texts:
            if text in self._values:
                yield self._values[text]
        for span in condition.spans:
            ordered, numbers = self._typed[span.kind]
            first = np.searchsorted(ordered, span.low)
            yield numbers[first : np.searchsorted(ordered, span.high, "right")]

    def has(self, kind: RangeKind) -> bool:
        """Return whether any value is a number or a date, as ``kind`` says."""
        return len(self._typed[kind][0]) > 0

    @cached_property
    def _typed(self) -> Mapping[RangeKind, _Sorted]:
        """The values that are numbers and those that are dates, in ascending order."""
        return {
            "number": self._in_order(number_of, np.float64),
            "date": self._in_order(_beginning, np.int64),
        }

    def _in_order(self, read: Callable[[str], float | None], dtype: type) -> _Sorted:
        parsed = [(read(value), numbers) for value, numbers in self._values.items()]
        typed = [(value, numbers) for value, numbers in parsed if value is not None]
        if not typed:
            return np.empty(0, dtype), np.empty(0, np.int64)
        values: NDArray[Any] = np.repeat(
            np.array([value for value, _ in typed], dtype), [len(numbers) for _, numbers in typed]
        )
        order = np.argsort(values, kind="stable")
        return values[order], np.concatenate([numbers for _, numbers in typed])[order]


class MetadataColumns:
    """The metadata columns of a segment. Immutable; safe to share between threads."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Index the documents of a segment, given as ``document_entry`` writes them, in order.

        A document's title, source and id take precedence over metadata of the same name.
        """
        columns: dict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, entry in enumerate(entries):
            own = {"title": entry["title"], "doc_id": entry["doc_id"]}
            for key, value in ({**entry["metadata"], **own}).items():
                if key != "source":
                    columns[key][value].append(number)
            for value in {entry["source"], without_folders(entry["source"])}:
                columns["source"][value].append(number)
        self._columns = {key: MetadataColumn(values) for key, values in columns.items()}

    def __getitem__(self, key: str) -> MetadataColumn | None:
        """Return the column of a key, or None if no document has the key."""
        return self._columns.get(key)

    def matching(self, conditions: Sequence[Condition]) -> Indices:
        """Return the numbers of the documents that meet all conditions, ascending."""
        found: Indices | None = None
        for condition in conditions:
            column = self[condition.key]
            parts = [] if column is None else list(column.matching(condition))
            own = np.unique(np.concatenate([np.empty(0, np.int64), *parts]))
            found = own if found is None else np.intersect1d(found, own, assume_unique=True)
        return np.empty(0, np.int64) if found is None else found


def _beginning(text: str) -> int | None:
    date = date_of(text)
    return None if date is None else date[0]


def without_folders(source: str) -> str:
    """Return a document's source; of a path on this machine, only the file name."""
    path = source.removeprefix("file://")
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(path).is_absolute():
            return kind(path).name
    return source
