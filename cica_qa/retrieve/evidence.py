"""From an analysed question to its candidates, each with what speaks for it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import PassageStore, Vectors
from cica_qa.retrieve.fuse import (
    COVERAGE,
    Signals,
    alignment,
    best_children,
    fuse,
    lexical_share,
    lexical_weight,
)
from cica_qa.retrieve.query import Query

CANDIDATES = 40
"""How many passages each side puts forward, or as many as are asked for."""
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each candidate; every array has an entry for each of ``positions``.

    ``cosines`` are those of the best child, ``children`` those with what words add,
    ``lexical`` the shares of BM25, ``similarities`` of shape ``(candidates, words)``.
    """

    positions: Positions
    cosines: Vectors
    children: Vectors
    lexical: Vectors
    similarities: Vectors | None
    signals: Signals

    @property
    def weight(self) -> float:
        """How much a full lexical share adds to the score."""
        return lexical_weight(self.signals)

    def scores(self) -> Vectors:
        """Return the fused score of each candidate."""
        aligned = None if self.similarities is None else alignment(self.similarities)
        return fuse(self.children, self.lexical, self.weight, aligned)


def gather(
    store: PassageStore, query: Query, k: int, documents: Collection[str] | None
) -> Evidence | None:
    """Return the evidence for the best passages of either side; None where there is none."""
    limit = max(k, CANDIDATES)
    dense = store.search_dense(query.vector, limit, documents)
    if not dense:
        return None
    bm25 = store.lexical_scores(query.terms)
    if documents is not None:
        inside = store.passages_of(documents)
        within = np.zeros_like(bm25)
        within[inside] = bm25[inside]
        bm25 = within
    top = _best(bm25, limit)
    positions = np.union1d(np.array([position for position, _ in dense], np.int64), top)
    rarity = {field: _rarity(store, field, query.terms.get(field, ())) for field in COVERAGE}
    weights = {field: _shares(idf) for field, idf in rarity.items()}
    cosines, coverage, starts = store.children(query.vector, positions, weights)
    best, second = _two(bm25[top])
    ideal = sum(rarity[field][term] for field in rarity for term in query.terms.get(field, ()))
    words = query.words
    return Evidence(
        positions=positions,
        cosines=np.maximum.reduceat(cosines, starts),
        children=best_children(cosines, coverage, starts),
        lexical=lexical_share(bm25[positions], best, ideal),
        similarities=None if words is None else store.word_similarities(words.vectors, positions),
        signals=Signals(
            dense_gap=dense[0][1] - dense[1][1] if len(dense) > 1 else 0.0,
            lexical_gap=(best - second) / best if best > 0 else 0.0,
            unknown=_unknown(store, weights.get("stems", {})),
        ),
    )


def _best(scores: Vectors, limit: int) -> Positions:
    """The positions of the best scores above 0, best first, the first of equals first."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        least = np.partition(scores[found], len(found) - limit)[len(found) - limit]
        found = found[scores[found] >= least]
    return found[np.lexsort((found, -scores[found]))][:limit]


def _two(best_first: Vectors) -> tuple[float, float]:
    first, second = [*best_first[:2].tolist(), 0.0, 0.0][:2]
    return first, second


def _rarity(store: PassageStore, field: str, terms: Sequence[str]) -> dict[str, float]:
    """The idf of each different term, as BM25 in Lucene has it."""
    size = len(store)
    different = list(dict.fromkeys(terms))
    return {
        term: math.log(1 + (size - count + 0.5) / (count + 0.5))
        for term, count in zip(different, store.passage_frequencies(field, different), strict=True)
    }


def _shares(rarity: Mapping[str, float]) -> dict[str, float]:
    total = sum(rarity.values())
    return {term: idf / total for term, idf in rarity.items()} if total else {}


def _unknown(store: PassageStore, shares: Mapping[str, float]) -> float:
    counts = store.passage_frequencies("stems", list(shares))
    return float(
        sum(share for share, count in zip(shares.values(), counts, strict=True) if not count)
    )
