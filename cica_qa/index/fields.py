"""What the documents of a segment are filtered by: the values of each key, and who has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cica_qa.filters import Condition, RangeKind, date_of, number_of
from cica_qa.index.ragged import Places

_Sorted = tuple[NDArray[Any], Places]


class Column:
    """The values of a key, each with the numbers of the documents that have it. Immutable."""

    def __init__(self, values: Mapping[str, Sequence[int]]) -> None:
        self._values = {value: np.array(having) for value, having in values.items()}

    def matching(self, condition: Condition) -> Iterator[Places]:
        """Yield the documents that meet a condition, in several parts, some of them twice."""
        for text in condition.texts:
            if text in self._values:
                yield self._values[text]
        for span in condition.spans:
            ordered, having = self._typed[span.kind]
            first = np.searchsorted(ordered, span.low)
            yield having[first : np.searchsorted(ordered, span.high, "right")]

    def has(self, kind: RangeKind) -> bool:
        """Return whether any of the values is a number or a date."""
        return len(self._typed[kind][0]) > 0

    @cached_property
    def _typed(self) -> Mapping[RangeKind, _Sorted]:
        """The values that are numbers, and those that are dates, in order."""
        return {
            "number": self._in_order(number_of, np.float64),
            "date": self._in_order(_beginning, np.int64),
        }

    def _in_order(self, read: Callable[[str], float | None], dtype: type) -> _Sorted:
        known = [(read(value), having) for value, having in self._values.items()]
        typed = [(value, having) for value, having in known if value is not None]
        if not typed:
            return np.empty(0, dtype), np.empty(0, np.int64)
        values: NDArray[Any] = np.repeat(
            np.array([value for value, _ in typed], dtype), [len(having) for _, having in typed]
        )
        order = np.argsort(values, kind="stable")
        return values[order], np.concatenate([having for _, having in typed])[order]


class Fields:
    """The columns of a segment. Immutable; safe to share between threads."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """``entries`` are the documents as ``document_entry`` writes them, in order.

        The title, the source and the id of a document go before metadata of these names.
        """
        columns: dict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, entry in enumerate(entries):
            own = {"title": entry["title"], "doc_id": entry["doc_id"]}
            for key, value in ({**entry["metadata"], **own}).items():
                if key != "source":
                    columns[key][value].append(number)
            for value in {entry["source"], without_folders(entry["source"])}:
                columns["source"][value].append(number)
        self._columns = {key: Column(values) for key, values in columns.items()}

    def __getitem__(self, key: str) -> Column | None:
        """The column of a key; None where no document has it."""
        return self._columns.get(key)

    def matching(self, conditions: Sequence[Condition]) -> Places:
        """Return the numbers of the documents that meet all conditions, ascending."""
        found: Places | None = None
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
    """Return where a document came from, of a path on this machine only the name."""
    path = source.removeprefix("file://")
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(path).is_absolute():
            return kind(path).name
    return source
