"""Clauses of long lines without punctuation, as in speech transcripts and old texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.arabic.script import arabic_share
from cica_qa.arabic.sentences import split_long
from cica_qa.documents.lines import TextSpan

_ENDLESS, _CLAUSE_CHARS, _CLAUSE_LEAST = 500, 250, 60
_ARABIC_SHARE = 0.8
_STOPS = re.compile(r"[.؟?!؛،,:;…\n]")
_WORD = re.compile(r"\S+")


def split_clauses(text: str, start: int, end: int) -> list[TextSpan]:
    """Cut a long stretch without punctuation into clauses and return their spans.

    A clause begins with a recurring pair of words («في اليوم 7 …»), else with a connective.
    Anything short, punctuated or not Arabic is returned whole.
    """
    if end - start <= _ENDLESS or _STOPS.search(text, start, end - 1):
        return [(start, end)]
    words = [match.span() for match in _WORD.finditer(text, start, end)]
    if arabic_share(text[start:end]) < _ARABIC_SHARE:
        return [(start, end)]
    cuts = _recurring(text, words) or _connected(text, words)
    bounds = [start]
    for cut in cuts:
        if cut - bounds[-1] >= _CLAUSE_LEAST:
            bounds.append(cut)
    pieces = list(zip(bounds, [*bounds[1:], end], strict=True))
    trimmed = [(first, first + len(text[first:last].rstrip())) for first, last in pieces]
    return [part for piece in trimmed for part in split_long(text, *piece, _CLAUSE_CHARS)]


def _recurring(text: str, words: Sequence[TextSpan]) -> list[int]:
    """Return the positions of the most frequent pair of words that recurs at clause length."""
    pairs: dict[str, list[int]] = {}
    for (start, end), (after, last) in pairwise(words):
        pairs.setdefault(f"{text[start:end]} {text[after:last]}", []).append(start)
    length = words[-1][1] - words[0][0]
    often = [
        places
        for places in pairs.values()
        if len(places) >= 4
        and length / len(places) <= _CLAUSE_CHARS
        and min(b - a for a, b in pairwise(places)) >= _CLAUSE_LEAST // 2
    ]
    return min(often, key=lambda places: (-len(places), places[0]), default=[])


def _connected(text: str, words: Sequence[TextSpan]) -> list[int]:
    opens = folded_rows("connectives")
    return [start for start, end in words if fold(text[start:end]) in opens]
