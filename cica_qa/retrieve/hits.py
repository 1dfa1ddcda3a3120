"""From evidence to hits that say why they were found."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress

import numpy as np

from cica_qa.arabic.analyze import STEMS
from cica_qa.protocols import PassageStore
from cica_qa.retrieve.evidence import Evidence
from cica_qa.retrieve.fuse import fuse
from cica_qa.retrieve.query import Query
from cica_qa.types import Hit


def make_hits(store: PassageStore, query: Query, evidence: Evidence | None, k: int) -> list[Hit]:
    """Return the ``k`` best candidates, best first; of equals, the first in the index first."""
    if evidence is None:
        return []
    parts = fuse(evidence)
    scores = sum(parts.values(), np.zeros(len(evidence.positions), np.float32))
    order = np.lexsort((evidence.positions, -scores))[:k].tolist()
    best = np.maximum.reduceat(evidence.cosines, evidence.starts)
    held = store.holds(STEMS, list(query.content.values()), evidence.positions[order])
    return [
        Hit(
            store.passage(int(evidence.positions[at])),
            float(scores[at]),
            rank,
            {
                **{name: float(part[at]) for name, part in parts.items()},
                "dense": float(best[at]),
                "sentences": _sentences(store, evidence, at),
                "matched": tuple(compress(query.content, held[rank - 1])),
                **_meanings(query, evidence, at),
                "searched": query.text,
            },
        )
        for rank, at in enumerate(order, 1)
    ]


def _sentences(store: PassageStore, evidence: Evidence, at: int) -> tuple[float, ...]:
    """The cosines of the sentences of a candidate, its first children."""
    start = evidence.starts[at]
    count = len(store.passage(int(evidence.positions[at])).sentences)
    return tuple(evidence.cosines[start : start + count].tolist())


def _meanings(query: Query, evidence: Evidence, at: int) -> Mapping[str, object]:
    """How well a candidate matches each word of the question, and which had been corrected."""
    found: dict[str, object] = {}
    if query.words is not None and evidence.similarities is not None:
        similarities = evidence.similarities[at].tolist()
        found["words"] = dict(zip(query.words.texts, similarities, strict=True))
    if query.changes:
        found["corrected"] = query.changes
    return found
