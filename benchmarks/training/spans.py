"""Spans of a sentence that a generated question may ask for: dates, numbers, places, persons.

All functions work on normalised text and return offsets into it. They recognise the shape of an
answer, not whether it is the answer.
"""

from __future__ import annotations

import re
from typing import Literal

from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import fold_in_place
from cica_qa.arabic.lexicon import pattern
from cica_qa.arabic.numbers import numbers

Place = tuple[int, int]
Shape = Literal["date", "number", "person", "place"]

_FOLLOWING = re.compile(r"\s(\w+)")


def spans_of(shape: Shape, text: str) -> list[Place]:
    """Return the spans of a normalised text that have a shape, in order."""
    folded = fold_in_place(text)
    if shape == "date":
        return _bare_dates(folded)
    if shape == "number":
        return _numbers(text, folded)
    return [match.span(match.lastgroup or 0) for match in pattern(shape).finditer(folded)]


def _bare_dates(folded: str) -> list[Place]:
    dates = pattern("date").finditer(folded)
    return [m.span() for m in dates if not folded[m.start() - 1 : m.start()].isalnum()]


def _numbers(text: str, folded: str) -> list[Place]:
    dates = _bare_dates(folded)
    found = [_with_noun(folded, n.start, n.end) for n in numbers(text) if not n.ordinal]
    found += [match.span() for match in pattern("amount").finditer(folded)]
    apart = (place for place in found if not any(s <= place[0] < e for s, e in dates))
    return sorted(apart)


def _with_noun(folded: str, start: int, end: int) -> Place:
    """Return the span of a number with «أكثر من» before it and its unit or noun after it."""
    before = pattern("approximate").search(folded[:start])
    start = before.start() if before else start
    if unit := pattern("unit").match(folded, end):
        return start, unit.end()
    following = list(_FOLLOWING.finditer(folded, end, end + 60))[:3]
    if not following or following[0].start() != end or is_stop_word(following[0][1]):
        return start, end
    end = following[0].end()
    for adjective in following[1:]:
        if adjective.start() != end or not _agrees(adjective[1]):
            break
        end = adjective.end()
    more = pattern("and_part").match(folded, end)
    return start, more.end() if more else end


def _agrees(word: str) -> bool:
    """Return whether a word after a counted noun looks like its adjective: «دولة عضوًا»."""
    return len(word) >= 4 and word[-1] in "اه" and word[:1] not in "وفيل"
