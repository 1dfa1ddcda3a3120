"""BM25 over all segments of an index, with statistics summed over them, as for a single segment.

The scores are computed for each search, since they depend on the whole collection and change with
every document. k1 = 0.9, b = 0.75, Lucene's idf (Robertson and Zaragoza, "The Probabilistic
Relevance Framework: BM25 and Beyond", 2009).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cica_qa.index.layout import Layout
from cica_qa.index.lexical import LexicalIndex
from cica_qa.index.postings import Terms, term_key
from cica_qa.protocols import Vectors

K1, B = 0.9, 0.75
_FEW = 8
"""If at most one passage in this many is searched, only those passages are scored."""


class Bm25:
    """The BM25 scores of a collection, by field. Immutable; safe to share between threads."""

    def __init__(self, parts: Sequence[LexicalIndex], layout: Layout) -> None:
        """Take the terms of each segment. Raises ``ValueError`` if their fields differ."""
        self._parts = parts
        self._layout = layout
        self._fields = parts[0].fields
        if any(part.fields != self._fields for part in parts):
            raise ValueError("the segments do not have the same fields of terms")
        self._gone = [layout.gone(number) for number in range(len(parts))]
        totals = np.zeros(len(self._fields), np.int64)
        for part, gone in zip(parts, self._gone, strict=True):
            totals += part.lengths.sum(axis=1, dtype=np.int64)
            if gone is not None:
                totals -= part.lengths[:, gone].sum(axis=1, dtype=np.int64)
        self._averages = (np.maximum(totals, 1) / max(layout.size, 1)).tolist()
        self._known_norms: dict[int, list[Vectors]] = {}

    @classmethod
    def alone(cls, index: LexicalIndex) -> Self:
        """Return the scores of a single segment with one passage per document."""
        return cls([index], Layout([(0, 0, len(index))], [np.arange(len(index) + 1)]))

    def scores(self, terms: Terms) -> Vectors:
        """Return the sum of the BM25 scores of all ``terms`` for each passage.

        ``terms`` maps fields to terms. Repeated terms count repeatedly; unknown terms and terms of
        unknown fields add nothing.
        """
        totals = [np.zeros(len(part), np.float32) for part in self._parts]
        for number, keys, weights in self._weighted(terms):
            for part, total, norms in zip(self._parts, totals, self._norms(number), strict=True):
                part.add_scores(total, keys, weights, norms)
        return self._layout.gathered(totals)

    def scores_at(self, terms: Terms, positions: NDArray[np.int64]) -> Vectors:
        """Return ``scores(terms)[positions]``, computed for these passages alone."""
        totals = np.zeros(len(positions), np.float32)
        weighted = list(self._weighted(terms))
        for at, which, places in self._layout.apart(positions):
            own = np.zeros(len(places), np.float32)
            for number, keys, weights in weighted:
                self._parts[at].add_scores_at(own, places, keys, weights, self._norms(number)[at])
            totals[which] = own
        return totals

    def search(
        self, terms: Terms, k: int, inside: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to ``k`` passages with their scores above 0, best first.

        Ties are in order of position. ``inside``, ascending positions, limits the search.
        """
        if inside is None:
            scores = self.scores(terms)
        elif _FEW * len(inside) <= self._layout.size:
            scores = self.scores_at(terms, inside)
        else:
            scores = self.scores(terms)[inside]
        best = _best(scores, k)
        positions = best if inside is None else inside[best]
        return list(zip(positions.tolist(), scores[best].tolist(), strict=True))

    def having(self, field: str, term: str) -> NDArray[np.int64]:
        """Return the positions of the passages with a term, ascending."""
        key = term_key(field, term)
        found = [self._layout.places(at)[part.having(key)] for at, part in enumerate(self._parts)]
        positions = np.sort(np.concatenate(found))
        return positions[positions >= 0]

    def _weighted(self, terms: Terms) -> Iterator[tuple[int, NDArray[np.uint64], Vectors]]:
        """Yield the number of each field searched, the keys of its terms and their weights."""
        for number, field in enumerate(self._fields):
            if terms.get(field):
                keys, given = np.unique(_keys(field, terms[field]), return_counts=True)
                idf = inverse_frequencies(self._frequencies(keys), self._layout.size)
                yield number, keys, (given * idf).astype(np.float32)

    def _norms(self, field: int) -> list[Vectors]:
        """Return the length normalisation of each passage, by segment."""
        norms = self._known_norms.get(field)
        if norms is None:  # two threads may compute it at once, with the same result
            average = self._averages[field]
            norms = [
                (K1 * (1 - B + B * part.lengths[field] / average)).astype(np.float32)
                for part in self._parts
            ]
            self._known_norms[field] = norms
        return norms

    def passage_frequencies(self, field: str, terms: Sequence[str]) -> list[int]:
        """Return the number of passages with each of ``terms`` in ``field``."""
        return [int(count) for count in self._frequencies(_keys(field, terms))]

    def holds(
        self, field: str, terms: Sequence[str], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return which passages contain which terms, shape ``(len(positions), len(terms))``."""
        held = np.zeros((len(positions), len(terms)), np.bool_)
        for number, which, places in self._layout.apart(positions):
            held[which] = self._parts[number].holds(field, terms, places)
        return held

    def _frequencies(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        counts = np.zeros(len(keys), np.int64)
        for part, gone in zip(self._parts, self._gone, strict=True):
            counts += part.frequencies(keys, gone)
        return counts


def _keys(field: str, terms: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([term_key(field, term) for term in terms], np.uint64)


def inverse_frequencies(frequencies: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Return the idf of terms that stand in so many of ``size`` passages."""
    idf: NDArray[np.float64] = np.log(1 + (size - frequencies + 0.5) / (frequencies + 0.5))
    return idf


def _best(scores: Vectors, limit: int) -> NDArray[np.int64]:
    """Return the indices of the best scores above 0, best first; ties are in index order."""
    found = np.flatnonzero(scores > 0)
    if limit < 1:
        return found[:0]
    if len(found) > limit:
        least = np.partition(scores[found], len(found) - limit)[len(found) - limit]
        found = found[scores[found] >= least]
    return found[np.lexsort((found, -scores[found]))][:limit]
