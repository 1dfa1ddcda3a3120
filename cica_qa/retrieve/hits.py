"""From evidence to hits that say why they were found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cica_qa.protocols import PassageStore
from cica_qa.retrieve.evidence import STEMS, Evidence
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
    return [
        Hit(
            store.passage(int(evidence.positions[at])),
            float(scores[at]),
            rank,
            {
                **{name: float(part[at]) for name, part in parts.items()},
                "dense": float(best[at]),
                **_words(store, query, evidence, at),
            },
        )
        for rank, at in enumerate(order, 1)
    ]


def _words(store: PassageStore, query: Query, evidence: Evidence, at: int) -> Mapping[str, object]:
    """What the words of a question and the sentences of a passage say of their match."""
    index = int(evidence.positions[at])
    (held,) = store.holds(STEMS, list(query.content.values()), evidence.positions[at : at + 1])
    found: dict[str, object] = {
        "sentences": store.sentence_scores(query.vector, index),
        "matched": tuple(word for word, has in zip(query.content, held, strict=True) if has),
    }
    if query.words is not None and evidence.similarities is not None:
        similarities = evidence.similarities[at].tolist()
        found["words"] = dict(zip(query.words.texts, similarities, strict=True))
    if query.changes:
        found["corrected"] = query.changes
    return found
