"""From an analysed question to its candidates, each with what speaks for it."""

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
from cica_qa.retrieve.lookup import Found, look_up
from cica_qa.retrieve.lookup import counts as numbers_held
from cica_qa.retrieve.query import Query

CANDIDATES = 40
"""How many passages each side puts forward, or as many as are asked for."""
Positions = NDArray[np.int64]
# How much is read to tell in which script the collection is.
_SCRIPT_PASSAGES, _SCRIPT_CHARS, _KEPT_SHARES = 3, 200, 4096
_MORE_PASSAGES, _USUAL = 10, 0.02
"""How many passages rarity imagines beside those of a collection, and what share has a term."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each of the candidates at ``positions``, an ascending array.

    The children of all candidates stand in one row: those of candidate ``i`` begin at
    ``starts[i]``. Each has a cosine with the question, and a share (by rarity) of the question's
    stems that it holds: ``coverage``. For each candidate, ``titled`` is the share that not it
    but the title of its document holds, and ``bm25`` a score; ``best_bm25`` is the best of all,
    ``ideal_bm25`` the sum of the rarities. ``similarities`` has shape ``(candidates, words)``,
    and is None where the index holds no words; ``lengths`` are the passages' numbers of words.
    ``foreign``, between 0 and 1, is how far the question is in another script than the passages
    that are nearest in meaning. ``rarity`` is the smoothed inverse document frequency of its
    stems. ``found`` are the numbered units that it names, ``numbered`` how many of them each
    candidate has; None where it names none.
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
    found: Sequence[Found] = ()
    numbered: Vectors | None = None


def gather(
    store: PassageStore, queries: Sequence[Query], k: int, scope: Scope | None = None
) -> Iterator[Evidence | None]:
    """Yield for each question the evidence for the best passages of either side, if there is any.

    ``scope`` limits the candidates to its passages.
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
    """In how many passages each different term stands."""
    different = list(dict.fromkeys(terms))
    return dict(zip(different, store.passage_frequencies(field, different), strict=True))


def _idf(counts: Mapping[str, float], size: int) -> dict[str, float]:
    """The idf of each term, as BM25 in Lucene has it."""
    return {
        term: math.log(1 + (size - count + 0.5) / (count + 0.5)) for term, count in counts.items()
    }


def _rarity(counts: Mapping[str, float], size: int) -> dict[str, float]:
    """The idf, as if a few more passages were there, a small share of which has the term.

    In a short document nearly all idf would be that of words it does not have.
    """
    more = {term: count + _USUAL * _MORE_PASSAGES for term, count in counts.items()}
    return _idf(more, size + _MORE_PASSAGES)


def _shares(rarity: Mapping[str, float]) -> dict[str, float]:
    total = sum(rarity.values())
    return {term: idf / total for term, idf in rarity.items()}


def _titled(store: PassageStore, shares: Mapping[str, float], positions: Positions) -> Vectors:
    """The share of the terms that a passage leaves to its document's title.

    What the passage says itself counts there: a title that repeats it would drown the rest.
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


@lru_cache(_KEPT_SHARES)
def _script_of(opening: str) -> float:
    return arabic_share(opening)
