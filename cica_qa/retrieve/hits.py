"""From evidence to hits that say why they were found."""

from __future__ import annotations

import numpy as np

from cica_qa.protocols import PassageStore
from cica_qa.retrieve.evidence import Evidence
from cica_qa.retrieve.query import Query
from cica_qa.types import Hit


def make_hits(store: PassageStore, query: Query, evidence: Evidence | None, k: int) -> list[Hit]:
    """Return the ``k`` best candidates, best first; of equals, the first in the index first."""
    if evidence is None:
        return []
    scores = evidence.scores()
    order = np.lexsort((evidence.positions, -scores))[:k]
    return [
        _hit(store, query, evidence, int(at), float(scores[at]), rank)
        for rank, at in enumerate(order, 1)
    ]


def _hit(
    store: PassageStore, query: Query, evidence: Evidence, at: int, score: float, rank: int
) -> Hit:
    index = int(evidence.positions[at])
    held = store.terms_in(index, "stems", list(query.content.values()))
    parts: dict[str, object] = {
        "dense": float(evidence.cosines[at]),
        "sentences": store.sentence_scores(query.vector, index),
        "lexical": float(evidence.lexical[at]),
        "lexical_weight": evidence.weight,
        "matched": tuple(word for word, has in zip(query.content, held, strict=True) if has),
    }
    if query.words is not None and evidence.similarities is not None:
        similarities = evidence.similarities[at].tolist()
        parts["words"] = dict(zip(query.words.texts, similarities, strict=True))
    if query.changes:
        parts["corrected"] = query.changes
    return Hit(store.passage(index), score, rank, parts)
