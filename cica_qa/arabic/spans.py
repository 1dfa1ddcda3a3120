"""Stretches of a sentence of the kind a question asks for: dates, numbers, places, reasons.

All work on normalised text, whose offsets they return. Like ``questions`` these are rules: they
find the shape of an answer, not whether it is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from cica_qa.arabic.analyze import is_stop_word, stem
from cica_qa.arabic.letters import fold, fold_in_place
from cica_qa.arabic.lexicon import expression, listed, pattern
from cica_qa.arabic.numbers import numbers
from cica_qa.arabic.questions import Kind

Place = tuple[int, int]

_FOLLOWING = re.compile(r"\s(\w+)")
_SHORTEST_COUNTED = 3
_AND = re.compile(r"\s?و?")
_SOME = re.compile(r"[^\W_]")
_CLAUSE_END = re.compile(r"[.؛;!؟?]|\s[–-]\s|$")


def spans_of(kind: Kind, text: str, noun: str = "") -> list[Place]:
    """Return the stretches of a normalised text that are of a kind, in order.

    ``noun`` says what is counted: numbers of it come alone, where there are any. Kinds that
    have no shape of their own have no spans.
    """
    folded = fold_in_place(text)
    if kind == "date":
        return _bare_dates(folded)
    if kind == "number":
        return _numbers(text, folded, noun)
    if kind not in ("place", "person", "list", "reason", "manner", "definition"):
        return []
    found = pattern(kind).finditer(folded)
    if kind in ("place", "person"):
        return [match.span(match.lastgroup or 0) for match in found]
    if kind == "list":
        starts = list(dict.fromkeys(_first_word(folded, match.start()) for match in found))
    else:
        starts = [match.end() if kind == "definition" else match.start() for match in found]
    return [(start, _clause_end(folded, start)) for start in starts]


def _bare_dates(folded: str) -> list[Place]:
    dates = pattern("date").finditer(folded)
    return [m.span() for m in dates if not folded[m.start() - 1 : m.start()].isalnum()]


def _numbers(text: str, folded: str, noun: str) -> list[Place]:
    often = pattern("frequency").finditer(folded) if fold(noun) in listed("nouns", "often") else ()
    if how_often := [match.span() for match in often]:
        return how_often
    rank = pattern("rank").fullmatch(fold(noun)) is not None
    dates = _bare_dates(folded)
    found, counted = [], []
    for number in numbers(text):
        inside = any(start <= number.start < end for start, end in dates)
        if number.ordinal != rank or (inside and not noun):
            continue
        place, counts = _with_noun(folded, number.start, number.end, noun)
        found.append(place)
        if counts:
            counted.append(place)
    found = [place for place in found if not any(s <= place[0] < e for s, e in dates)]
    if counted or (counted := _two(folded, noun)):
        return counted
    found = sorted(found + [match.span() for match in pattern("amount").finditer(folded)])
    if not pattern("lasting").fullmatch(fold(noun)):
        return found
    lasting = [place for place in found if pattern("duration").search(folded, *place)]
    return _joined(folded, lasting) if lasting else found


def _joined(folded: str, places: Sequence[Place]) -> list[Place]:
    """The places, those as one that «و» alone parts: «ساعتان وعشر دقائق»."""
    joined = [places[0]]
    for start, end in places[1:]:
        if _AND.fullmatch(folded, joined[-1][1], start):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _two(folded: str, noun: str) -> list[Place]:
    """Where two of what is counted stand: for «كوبًا», «كوبان», and for «جريدة», «جريدتين»."""
    bare = re.sub("[اه]$", "", fold(noun))
    if len(bare) < _SHORTEST_COUNTED:
        return []
    dual = re.escape(bare) + expression("dual_ending")
    both = re.compile(rf"(?<!\w)[وفبل]?(?P<both>{dual})(?!\w)")
    return [match.span("both") for match in both.finditer(folded)]


def _with_noun(folded: str, start: int, end: int, noun: str) -> tuple[Place, bool]:
    """A number with «أكثر من» before it and its unit or noun behind; and whether it counts it."""
    before = pattern("approximate").search(folded[:start])
    start = before.start() if before else start
    unit = pattern("unit").match(folded, end)
    if unit:
        return (start, unit.end()), False
    following = list(_FOLLOWING.finditer(folded, end, end + 60))[:3]
    if not following or following[0].start() != end or is_stop_word(following[0][1]):
        return (start, end), False
    counts = bool(noun) and skeleton(following[0][1]) == skeleton(noun)
    end = following[0].end()
    for adjective in following[1:]:
        if adjective.start() != end or not _agrees(adjective[1]):
            break
        end = adjective.end()
    more = pattern("and_part").match(folded, end)
    return (start, more.end() if more else end), counts


@lru_cache(1 << 14)
def skeleton(word: str) -> str:
    """Return the consonants of a word's stem, which its broken plural shares: أعضاء and عضو."""
    return "".join(letter for letter in stem(fold(word)) if letter not in "اوي")


def _agrees(word: str) -> bool:
    """Whether a word behind a counted noun looks like its adjective: «دولة عضوًا»."""
    return len(word) >= 4 and word[-1] in "اه" and word[:1] not in "وفيل"


def _first_word(folded: str, start: int) -> int:
    match = _SOME.search(folded, start)
    return match.start() if match else start


def _clause_end(folded: str, start: int) -> int:
    match = _CLAUSE_END.search(folded, start)
    end = match.start() if match else len(folded)
    return start + len(folded[start:end].rstrip(" ،,:"))


def clauses(text: str) -> Iterator[Place]:
    """Yield the stretches of a normalised text between commas, colons and brackets."""
    for match in re.finditer(r"[^،,؛;:()\[\]«»\"]+", text):
        start, end = match.span()
        bare = text[start:end]
        if bare.strip(" ."):
            yield start + len(bare) - len(bare.lstrip()), end - (len(bare) - len(bare.rstrip(" .")))
