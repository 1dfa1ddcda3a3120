"""Synonyms in questions and texts: «مات» and «توفي», «سيارة» and «مركبة»."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cica_qa.arabic.analyze import stem
from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import entries


def synonym_stems(stems: Iterable[str]) -> frozenset[str]:
    """Return the stems of all synonyms of the words with these stems."""
    found = _by_stem()
    return frozenset().union(*(found.get(one, ()) for one in stems))


@lru_cache(1)
def _by_stem() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for group in entries("synonyms"):
        stems = frozenset(stem(fold(word)) for word in group)
        for one in stems:
            found[one] = found.get(one, frozenset()) | stems
    return found
