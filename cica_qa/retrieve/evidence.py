"""Candidates for an analysed question, with the evidence for each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.analyze import STEMS
from cica_qa.arabic.script import arabic_share
from cica_qa.index.lexical import TITLE
from cica_qa.protocols import PassageStore, Scope, Vectors
from cica_qa.retrieve.lookup import NamedUnit, Positions, look_up
from cica_qa.retrieve.lookup import counts as numbers_held
from cica_qa.retrieve.query import Query

CANDIDATES = 40
"""The number of candidates from dense and from lexical search, or ``k`` if that is more."""
# The number and length of the passages that tell the script of the collection; cached shares.
_SCRIPT_PASSAGES, _SCRIPT_CHARS, _CACHED_SHARES = 3, 200, 4096
_PRIOR_PASSAGES, _PRIOR_SHARE = 10, 0.02
"""Smoothing of rarity: the number of imaginary passages, and the share of them with a term."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence for the candidates at ``positions``, which are ascending.

    The children of all candidates are concatenated: those of candidate ``i`` begin at
    ``starts[i]``. For each child, ``cosines`` has its cosine with the question and ``coverage``
    the share of the question's stems, weighted by idf, that it contains.

    For each candidate, ``titled`` is the share of the stems that only its document's title
    contains, and ``bm25`` its score; ``best_bm25`` is the best score of all passages and
    ``ideal_bm25`` the sum of the idf of all terms. ``similarities`` has shape
    ``(candidates, words)`` and is None if the index has no word vectors; ``lengths`` are the
    passages' numbers of words. ``foreign``, between 0 and 1, is how much the question's script
    differs from that of the nearest passages. ``rarity`` is the smoothed inverse document
    frequency of the question's stems. ``found`` are the numbered units that the question names,
    ``numbered`` the number of them in each candidate, or None if it names none.
    """

    positions: Positions
    starts: NDArray[np.int64]
    cosines: Vectors
    coverage: Vectors
    titled: Vectors
    bm25: Vectors
    best_bm25: float
    ideal_bm25: float
    similarities: Vectors | None
    lengths: NDArray[np.int64]
    foreign: float
    rarity: Mapping[str, float]
    found: Sequence[NamedUnit] = ()
    numbered: Vectors | None = None


def gather(
    store: PassageStore, queries: Sequence[Query], k: int, scope: Scope | None = None
) -> Iterator[Evidence | None]:
    """Yield for each question the evidence for the best passages of both searches, or None.

    ``scope`` limits the candidates.
    """
    if not queries:
        return
    limit = max(k, CANDIDATES)
    vectors = np.stack([query.vector for query in queries])
    for query, dense in zip(queries, store.search_dense(vectors, limit, scope), strict=True):
        nearest = [position for position, _ in dense]
        yield _of(store, query, nearest, limit, scope) if nearest else None


def _of(
    store: PassageStore,
    query: Query,
    nearest: Sequence[int],
    limit: int,
    scope: Scope | None,
) -> Evidence:
    lexical = store.search_terms(query.terms, limit, scope)
    found = look_up(store, query.named, limit, scope)
    named = [at for one in found for at in one.positions.tolist()]
    positions = np.unique(np.array([*nearest, *(at for at, _ in lexical), *named], np.int64))
    counts = {field: _frequencies(store, field, terms) for field, terms in query.terms.items()}
    ideal = sum(sum(_idf(of_field, len(store)).values()) for of_field in counts.values())
    shares = _shares(_idf(counts.get(STEMS, {}), len(store)))
    cosines, coverage, starts = store.children(query.vector, positions, shares)
    similarities, lengths = _similarities(store, query, positions)
    return Evidence(
        positions=positions,
        starts=starts,
        cosines=cosines,
        coverage=coverage,
        titled=_titled(store, shares, positions),
        bm25=store.term_scores(query.terms, positions),
        best_bm25=lexical[0][1] if lexical else 0.0,
        ideal_bm25=ideal,
        similarities=similarities,
        lengths=lengths,
        foreign=_foreign(store, query.text, nearest[:_SCRIPT_PASSAGES]),
        rarity=_rarity(counts.get(STEMS, {}), len(store)),
        found=found,
        numbered=numbers_held(store, found, positions) if named else None,
    )


def _frequencies(store: PassageStore, field: str, terms: Sequence[str]) -> dict[str, float]:
    """Return the number of passages with each distinct term."""
    distinct = list(dict.fromkeys(terms))
    return dict(zip(distinct, store.passage_frequencies(field, distinct), strict=True))


def _idf(counts: Mapping[str, float], size: int) -> dict[str, float]:
    """Return the idf of each term, as in Lucene's BM25."""
    return {
        term: math.log(1 + (size - count + 0.5) / (count + 0.5)) for term, count in counts.items()
    }


def _rarity(counts: Mapping[str, float], size: int) -> dict[str, float]:
    """Return the idf, smoothed by a few imaginary passages, a small share of which has the term.

    Without them, words that a short document lacks would have nearly all of its idf.
    """
    smoothed = {term: count + _PRIOR_SHARE * _PRIOR_PASSAGES for term, count in counts.items()}
    return _idf(smoothed, size + _PRIOR_PASSAGES)


def _shares(rarity: Mapping[str, float]) -> dict[str, float]:
    total = sum(rarity.values())
    return {term: idf / total for term, idf in rarity.items()}


def _titled(store: PassageStore, shares: Mapping[str, float], positions: Positions) -> Vectors:
    """Return the share of the terms that a passage lacks and its document's title contains.

    Terms that the passage contains do not count again: a title that repeats them would drown the
    rest.
    """
    terms, weights = list(shares), np.array(list(shares.values()), np.float32)
    own = store.holds(STEMS, terms, positions)
    titled: Vectors = (store.holds(TITLE, terms, positions) & ~own) @ weights
    return titled


def _similarities(
    store: PassageStore, query: Query, positions: Positions
) -> tuple[Vectors | None, NDArray[np.int64]]:
    found = store.word_similarities(query.words.vectors, positions) if query.words else None
    return found or (None, np.zeros(len(positions), np.int64))


def _foreign(store: PassageStore, question: str, nearest: Sequence[int]) -> float:
    shares = [_script_of(store.passage(position).text[:_SCRIPT_CHARS]) for position in nearest]
    return abs(arabic_share(question) - sum(shares) / len(shares))


@lru_cache(_CACHED_SHARES)
def _script_of(opening: str) -> float:
    return arabic_share(opening)
