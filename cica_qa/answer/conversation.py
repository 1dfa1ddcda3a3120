"""Follow-up questions: what they leave out is in the question before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cica_qa.arabic.analyze import content_words
from cica_qa.arabic.normalize import Normalizer
from cica_qa.types import Hit, Turn

_OPENERS = re.compile(
    r"(?:طيب|طب|حسنا|و|ف|ثم|and|what about)\b|"
    r"[وف](?:ما|ماذا|من|متي|متى|اين|أين|كيف|كم|لماذا|هل|كل|مين|فين|وين|امتي|ليش|ليه|علاش)\b",
    re.IGNORECASE,
)
_BARE_WORDS = 2


def is_follow_up(question: str, normalizer: Normalizer) -> bool:
    """Whether a question goes on from the one before: it opens with «و…» or has few words."""
    return bool(_OPENERS.match(normalizer(question))) or _is_bare(question, normalizer)


def search_queries(question: str, history: Sequence[Turn], normalizer: Normalizer) -> list[str]:
    """Return what to search for: the question and, for a follow-up, it after the last one.

    A follow-up of hardly a word is not searched alone: it would find whatever has that word.
    """
    if not history or not is_follow_up(question, normalizer):
        return [question]
    whole = f"{history[-1].question} {question}"
    return [whole] if _is_bare(question, normalizer) else [question, whole]


def _is_bare(question: str, normalizer: Normalizer) -> bool:
    return len(content_words(normalizer(question))) < _BARE_WORDS


def merge_hits(results: Sequence[Sequence[Hit]], k: int) -> list[Hit]:
    """Merge the hits of several queries: the best score of each passage and sentence counts."""
    merged: dict[str, Hit] = {}
    for hit in (hit for hits in results for hit in hits):
        known = merged.get(hit.passage.passage_id)
        merged[hit.passage.passage_id] = _better(known, hit) if known else hit
    best = sorted(merged.values(), key=lambda hit: -hit.score)[:k]
    return [Hit(hit.passage, hit.score, rank, hit.parts) for rank, hit in enumerate(best, 1)]


def _better(one: Hit, other: Hit) -> Hit:
    better = max(one, other, key=lambda hit: hit.score)
    pairs = zip(_sentences(one), _sentences(other), strict=True)
    sentences = tuple(max(pair) for pair in pairs)
    return Hit(better.passage, better.score, 0, {**better.parts, "sentences": sentences})


def _sentences(hit: Hit) -> tuple[float, ...]:
    scores = hit.parts["sentences"]
    assert isinstance(scores, tuple)
    return scores
