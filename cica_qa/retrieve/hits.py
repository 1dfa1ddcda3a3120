"""Ranking of candidates, and hits that explain why they were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.analyze import STEMS
from cica_qa.index.lexical import TITLE
from cica_qa.protocols import PassageStore, Vectors
from cica_qa.retrieve.evidence import Evidence
from cica_qa.retrieve.fuse import fuse
from cica_qa.retrieve.lookup import lookups, units_in
from cica_qa.retrieve.query import Query
from cica_qa.types import Hit, Match, Passage


def make_hits(store: PassageStore, query: Query, evidence: Evidence | None, k: int) -> list[Hit]:
    """Return the ``k`` best candidates, best first; ties are in index order."""
    if evidence is None:
        return []
    parts = fuse(evidence)
    scores = sum(parts.values(), np.zeros(len(evidence.positions), np.float32))
    order = np.lexsort((evidence.positions, -scores))[:k].tolist()
    best = np.maximum.reduceat(evidence.cosines, evidence.starts)
    terms = list(query.content.values())
    held = store.holds(STEMS, terms, evidence.positions[order])
    titled = store.holds(TITLE, terms, evidence.positions[order])
    first = evidence.positions[order].tolist()
    named = lookups(store, evidence.found, query.asked, first) if evidence.found else []
    return [
        Hit(
            store.passage(int(evidence.positions[at])),
            float(scores[at]),
            rank,
            Match(
                scores={name: float(part[at]) for name, part in parts.items()},
                dense=float(best[at]),
                units=_units(store, evidence, at),
                searched=query.text,
                corrected=tuple(query.changes),
                rarity={word: evidence.rarity[term] for word, term in query.content.items()},
                matched=tuple(compress(query.content, held[rank - 1])),
                titled=tuple(compress(query.content, titled[rank - 1])),
                **_meanings(store, query, evidence, at),
            ),
            units_in(store, evidence.found, named, store.passage(int(evidence.positions[at]))),
        )
        for rank, at in enumerate(order, 1)
    ]


def _units(store: PassageStore, evidence: Evidence, at: int) -> tuple[float, ...]:
    """Return the cosines of a candidate's units, which are its first children."""
    start = evidence.starts[at]
    count = len(store.passage(int(evidence.positions[at])).units)
    return tuple(evidence.cosines[start : start + count].tolist())


class _Meanings(TypedDict, total=False):
    words: Mapping[str, float]
    nearest: Mapping[str, tuple[int, int]]
    aligned: tuple[tuple[float, ...], ...]


def _meanings(store: PassageStore, query: Query, evidence: Evidence, at: int) -> _Meanings:
    """Return how similar a candidate is to each word of the question, if the index can tell."""
    if query.words is None or evidence.similarities is None:
        return {}
    words, position = query.words, int(evidence.positions[at])
    matches = store.word_matches(words.vectors, position)
    if matches is None:
        return {}
    similarities = dict(zip(words.texts, evidence.similarities[at].tolist(), strict=True))
    return {"words": similarities, **_in_units(store.passage(position), words.texts, *matches)}


def _in_units(
    passage: Passage, words: Sequence[str], cosines: Vectors, places: NDArray[np.int32]
) -> _Meanings:
    """Return how similar each unit is to each word, and the span of the most similar word.

    ``cosines`` has shape ``(words of the passage, words of the question)``, ``places`` has the
    spans of the passage's words.
    """
    ends = [span.end - passage.start for span in passage.units]
    best = np.zeros((len(ends), len(words)), np.float32)
    np.maximum.at(best, np.searchsorted(ends, places[:, 0], side="right"), cosines)
    nearest = (places + passage.start)[cosines.argmax(axis=0)].tolist() if len(places) else []
    return {
        "aligned": tuple(map(tuple, best.tolist())),
        "nearest": {word: (a, b) for word, (a, b) in zip(words, nearest, strict=False)},
    }
