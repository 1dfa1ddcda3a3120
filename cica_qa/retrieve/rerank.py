"""Reranking of the first hits by the reader's scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cica_qa.models.reader.reader import SpanReader
from cica_qa.types import Hit

RERANKED = 10
"""The number of hits that are reranked."""
READER_WEIGHT = 0.005
"""The weight of the reader's score, as measured by ``benchmarks/training/pool.py``."""
MIN_SCORE, MAX_SCORE = -8.0, 8.0
"""The range to which the reader's score is clipped."""


def reranked(reader: SpanReader, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with the first ones reordered by how well the reader can answer from them.

    ``match.scores["read"]`` is what each hit gained.
    """
    first = hits[:RERANKED]
    question = first[0].match.searched if first else ""
    readings = reader.read(question, [hit.passage.text for hit in first])
    gains = [READER_WEIGHT * min(max(one.score, MIN_SCORE), MAX_SCORE) for one in readings]
    gained = [_with_gain(hit, gain) for hit, gain in zip(first, gains, strict=True)]
    ordered = sorted(gained, key=lambda hit: -hit.score)
    # The other hits keep their order and stay below those that were read.
    last = ordered[-1].score if ordered else 0.0
    ordered += [_with_gain(hit, min(last - hit.score, 0.0)) for hit in hits[RERANKED:]]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1)]


def _with_gain(hit: Hit, gain: float) -> Hit:
    match = replace(hit.match, scores={**hit.match.scores, "read": gain})
    return replace(hit, score=hit.score + gain, match=match)
