"""The cache of a collection in PostgreSQL: its words, and recently read passages."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cica_qa.errors import IndexStoreError
from cica_qa.index.stores.postgres_connection import Connections
from cica_qa.index.stores.postgres_rows import COLUMNS, PassageRow

_KEPT = 1024
TOTAL = ""
"""The form that stands for the number of passages with any form of a word."""


@dataclass(frozen=True, slots=True)
class StoredWords:
    """The folded words of a generation, with their counts and spellings."""

    counts: Mapping[str, int]
    spellings: Mapping[str, Sequence[str]]

    def changed(self, rows: Iterable[tuple[str, str, int]]) -> StoredWords:
        """Return the words updated by ``rows``, which have all forms and counts of a word."""
        forms: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for name, form, passages in rows:
            forms[name][form] = passages
        counts, spellings = dict(self.counts), dict(self.spellings)
        for name, own in forms.items():
            total = own.pop(TOTAL, 0)
            left = [form for form, passages in own.items() if passages > 0]
            ranked = tuple(sorted(left, key=lambda form: (-own[form], form)))
            counts.pop(name, None)
            spellings.pop(name, None)
            if total > 0:
                counts[name] = total
                if ranked != (name,):
                    spellings[name] = ranked
        return StoredWords(counts, spellings)


class PassageCache:
    """The rows of recently read passages. Safe to share between threads.

    All generations share it, since a position means the same passage in each of them.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._kept: OrderedDict[int, PassageRow] = OrderedDict()
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Remove all rows."""
        with self._lock:
            self._kept.clear()

    def rows(self, positions: NDArray[np.int64]) -> list[PassageRow]:
        """Return the rows of passages, in order. Raises ``IndexStoreError`` if one is missing."""
        wanted = positions.tolist()
        with self._lock:
            found = {at: row for at in wanted if (row := self._kept.get(at)) is not None}
        if missing := sorted({at for at in wanted if at not in found}):
            found |= self._fetched(missing)
            with self._lock:
                for at in wanted:
                    self._kept[at] = found[at]
                    self._kept.move_to_end(at)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return [found[at] for at in wanted]

    def _fetched(self, positions: Sequence[int]) -> dict[int, PassageRow]:
        vectors: defaultdict[int, list[bytes]] = defaultdict(list)
        for at, vector in self._connections.rows(
            "SELECT position, vector FROM vectors WHERE position = ANY(%(positions)s) "
            "ORDER BY position, number",
            {"positions": positions},
        ):
            vectors[at].append(vector)
        rows = self._connections.rows(
            f"SELECT {', '.join(COLUMNS)} FROM passages WHERE position = ANY(%(positions)s)",
            {"positions": positions},
        )
        found = {row[0]: PassageRow.read(row, vectors[row[0]]) for row in rows}
        if len(found) < len(positions):
            raise IndexStoreError(
                f"the index in {self._connections.address} was made again, and passages of this "
                "search are no longer there. Search again."
            )
        return found
