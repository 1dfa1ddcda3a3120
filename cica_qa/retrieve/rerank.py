"""The order of the first hits, once they have been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cica_qa.models.reader.reader import SpanReader
from cica_qa.types import Hit

RERANKED = 10
"""How many hits are read."""
WEIGHT = 0.005
"""What the reader's score counts beside a hit's own (benchmarks/training/pool.py)."""
LEAST, MOST = -8.0, 8.0


def reranked(reader: SpanReader, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with those first that answer their question, by what the reader finds.

    ``match.scores`` has what each gains by it as ``read``.
    """
    read = hits[:RERANKED]
    question = read[0].match.searched if read else ""
    found = reader.read(question, [hit.passage.text for hit in read])
    gains = [WEIGHT * min(max(reading.score, LEAST), MOST) for reading in found]
    gained = [_with(hit, gain) for hit, gain in zip(read, gains, strict=True)]
    ordered = sorted(gained, key=lambda hit: -hit.score)
    # Those behind keep their order, below what was read.
    last = ordered[-1].score if ordered else 0.0
    ordered += [_with(hit, min(last - hit.score, 0.0)) for hit in hits[RERANKED:]]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1)]


def _with(hit: Hit, gain: float) -> Hit:
    match = replace(hit.match, scores={**hit.match.scores, "read": gain})
    return replace(hit, score=hit.score + gain, match=match)
