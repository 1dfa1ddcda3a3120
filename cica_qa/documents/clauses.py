"""Cuts in a long line without punctuation, as speech recognition and old texts give it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.arabic.script import arabic_share
from cica_qa.arabic.sentences import split_long

Place = tuple[int, int]

_ENDLESS, _CLAUSE_CHARS, _CLAUSE_LEAST = 500, 250, 60
_ARABIC_SHARE = 0.8
_STOPS = re.compile(r"[.؟?!؛،,:;…\n]")
_WORD = re.compile(r"\S+")


def clauses(text: str, start: int, end: int) -> list[Place]:
    """Cut a long stretch without any punctuation before what opens its clauses.

    That is a pair of words that keeps coming back («في اليوم 7 …»), else a connective.
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


def _recurring(text: str, words: Sequence[Place]) -> list[int]:
    """Where the pair of words stands that opens most clauses of about equal length."""
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


def _connected(text: str, words: Sequence[Place]) -> list[int]:
    opens = folded_rows("connectives")
    return [start for start, end in words if fold(text[start:end]) in opens]
