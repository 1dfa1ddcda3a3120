"""From an analysed question to its candidates, each with what speaks for it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cica_qa.protocols import PassageStore, Vectors
from cica_qa.retrieve.query import Query

CANDIDATES = 40
"""How many passages each side puts forward, or as many as are asked for."""
Positions = NDArray[np.int64]
STEMS = "stems"


@dataclass(frozen=True, slots=True)
class Signals:
    """What can be known of a question before its answer is.

    ``dense_gap`` is the distance of the two best cosines, ``lexical_gap`` that of the two best
    BM25 scores as a share of the best, ``unknown`` the share (by rarity) of the question's
    stems that no passage has; the last two are between 0 and 1.
    """

    dense_gap: float
    lexical_gap: float
    unknown: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each of the candidates at ``positions``, an ascending array.

    The children of all candidates stand in one row: those of candidate ``i`` begin at
    ``starts[i]``. Each has a cosine with the question and, by field, the share (by rarity) of
    the question's terms that it holds: ``coverage``. ``bm25`` has a score for each candidate;
    ``best_bm25`` is the best of all, ``ideal_bm25`` the sum of the rarities. ``similarities``
    has shape ``(candidates, words)``, and is None where the index holds no words.
    """

    positions: Positions
    starts: NDArray[np.int64]
    cosines: Vectors
    coverage: Mapping[str, Vectors]
    bm25: Vectors
    best_bm25: float
    ideal_bm25: float
    similarities: Vectors | None
    signals: Signals


def gather(
    store: PassageStore, query: Query, k: int, documents: Collection[str] | None
) -> Evidence | None:
    """Return the evidence for the best passages of either side; None where there is none.

    ``documents`` limits the candidates to those document ids.
    """
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
    lexical = _best(bm25, limit)
    positions = np.union1d(np.array([position for position, _ in dense], np.int64), lexical)
    rarity = {field: _rarity(store, field, terms) for field, terms in query.terms.items()}
    shares = {field: _shares(of_field) for field, of_field in rarity.items()}
    cosines, coverage, starts = store.children(query.vector, positions, shares)
    first, second = _two(bm25[lexical])
    words = query.words
    return Evidence(
        positions=positions,
        starts=starts,
        cosines=cosines,
        coverage=coverage,
        bm25=bm25[positions],
        best_bm25=first,
        ideal_bm25=sum(sum(of_field.values()) for of_field in rarity.values()),
        similarities=None if words is None else store.word_similarities(words.vectors, positions),
        signals=Signals(
            dense_gap=dense[0][1] - dense[1][1] if len(dense) > 1 else 0.0,
            lexical_gap=(first - second) / first if first > 0 else 0.0,
            unknown=_unknown(store, shares.get(STEMS, {})),
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
    return {term: idf / total for term, idf in rarity.items()}


def _unknown(store: PassageStore, shares: Mapping[str, float]) -> float:
    counts = store.passage_frequencies(STEMS, list(shares))
    return sum(
        (share for share, count in zip(shares.values(), counts, strict=True) if not count), 0.0
    )
