"""Logical order from visual order: the bidirectional algorithm backwards, a line at a time.

The rules are those of Unicode Annex 9 for numbers, Latin and what stands between them, read from
the right. Brackets are not mirrored here: producers and PDFium disagree on which one a glyph is,
so ``pair_brackets`` tells opening from closing by their order.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_OPENING, _CLOSING = "([{«<", ")]}»>"
_OPPOSITE = dict(zip(_OPENING + _CLOSING, _CLOSING + _OPENING, strict=True))
_GROUPS = re.compile(r"(?<![\w/-])(?<!\d[.,])\d+(?:[-–]\d+)+(?![\w/-]|[.,]\d)")
_UNITS = frozenset(
    "mm cm m km mg g kg ml l L kW W V A mA Hz kHz MHz GHz KB MB GB TB kB bar psi rpm "
    "USD EUR SAR AED EGP QAR KWD m² m³ km² m³/h l/min kWh Wh Nm Pa kPa MPa dB".split()
)
_PAIRED = "([{«"


@lru_cache(maxsize=8192)
def direction(text: str) -> str:
    """Return the class of a glyph: ``R``, ``L``, ``N`` (number), ``S`` (separator) or ``O``."""
    kind = unicodedata.bidirectional(text[0]) if text else "R"
    if kind in ("R", "AL"):
        return "R"
    if kind == "L":
        return "L"
    if kind in ("EN", "AN"):
        return "N"
    return "S" if text in (".", ",", ":", "/", "٫", "٬", "،", "\u00a0") else "O"


def reads_right_to_left(glyphs: list[str]) -> bool | None:
    """Tell the direction of a line from its letters; ``None`` where it has none."""
    right = sum(direction(glyph) == "R" for glyph in glyphs)
    left = sum(direction(glyph) == "L" for glyph in glyphs)
    if not right and not left:
        return None
    return right * 2 >= left


def logical(glyphs: list[str], right_to_left: bool) -> str:
    """Return the text of glyphs that stand from left to right, in reading order."""
    kinds = [direction(glyph) for glyph in glyphs]
    _number_runs(glyphs, kinds)
    if right_to_left:
        _units_last(glyphs, kinds)
        _latin_runs(kinds)
        order = _runs_reversed(list(range(len(glyphs)))[::-1], kinds, ("L", "N", "U"))
    else:
        _arabic_runs(kinds)
        order = _runs_reversed(list(range(len(glyphs))), kinds, ("R",))
    return "".join(glyphs[index] for index in order)


def _units_last(glyphs: list[str], kinds: list[str]) -> None:
    """Let a unit that stands left of its number be read after it: «mm 50» is «50 mm»."""
    for start in range(len(kinds)):
        if kinds[start] != "L" or (start and kinds[start - 1] in "LN"):
            continue
        end = start
        while end < len(kinds) and kinds[end] == "L":
            end += 1
        spaced = end + 1 < len(kinds) and glyphs[end].isspace() and kinds[end + 1] == "N"
        if spaced and "".join(glyphs[start:end]) in _UNITS:
            kinds[start:end] = ["U"] * (end - start)


def _number_runs(glyphs: list[str], kinds: list[str]) -> None:
    """Return a single separator between digits belongs to the number."""
    for i in range(1, len(kinds) - 1):
        if kinds[i] == "S" and kinds[i - 1] == kinds[i + 1] == "N" and glyphs[i] != "\u00a0":
            kinds[i] = "N"


def _latin_runs(kinds: list[str]) -> None:
    """What stands between Latin letters, and numbers beside them, runs with them."""
    start = 0
    while start < len(kinds):
        if kinds[start] in "RU":
            start += 1
            continue
        end = start
        while end < len(kinds) and kinds[end] not in "RU":
            end += 1
        strong = [i for i in range(start, end) if kinds[i] in "LN"]
        latin = [i for i in strong if kinds[i] == "L"]
        if latin:
            first, last = _reach(kinds, strong, latin)
            kinds[first : last + 1] = ["L"] * (last + 1 - first)
        start = end


def _reach(kinds: list[str], strong: list[int], latin: list[int]) -> tuple[int, int]:
    """How far a Latin run takes numbers in: to the right always, to the left beside a letter."""
    first, last = latin[0], strong[-1]
    for i in reversed([i for i in strong if i < first]):
        if first - i > 2:
            break
        first = i
    return first, last


def _arabic_runs(kinds: list[str]) -> None:
    """In a line that reads from the left, Arabic words and what stands between them run back."""
    arabic = [i for i, kind in enumerate(kinds) if kind == "R"]
    for before, after in pairwise(arabic):
        if all(kinds[i] in "OS" for i in range(before + 1, after)):
            kinds[before:after] = ["R"] * (after - before)


def _runs_reversed(order: list[int], kinds: list[str], turned: tuple[str, ...]) -> list[int]:
    result: list[int] = []
    run: list[int] = []
    kind = ""
    for index in order:
        if kinds[index] in turned:
            if run and kinds[index] != kind:
                result += run[::-1]
                run = []
            kind = kinds[index]
            run.append(index)
        else:
            result += run[::-1]
            run = []
            result.append(index)
    return result + run[::-1]


def order_groups(text: str) -> str:
    """Set groups of digits that hyphens join in the order in which they are meant.

    Producers differ in the direction of such a run. A group that begins with 0 comes first (of a
    telephone number), and of two groups as long as each other the lower one (of a range).
    """
    return _GROUPS.sub(_ordered, text)


def _ordered(found: re.Match[str]) -> str:
    parts = re.split("([-–])", found[0])
    groups = parts[::2]
    if groups[-1][0] in "0٠" and groups[0][0] not in "0٠":
        return "".join(reversed(parts))
    falls = len(groups) == 2 and len(groups[0]) == len(groups[1]) and groups[0] > groups[1]
    return "".join(reversed(parts)) if falls else found[0]


def pair_brackets(text: str) -> str:
    """Set right the brackets that stand the wrong way round: «)39(» becomes «(39)»."""
    places = [index for index, character in enumerate(text) if _shape(character) is not None]
    if not places or _balanced([text[place] for place in places]):
        return text
    characters = list(text)
    if _ends_marker(text[: places[0]]):
        characters[places[0]] = _closing(characters[places[0]])
        places = places[1:]
    for turned in (False, True):
        drawn = [(_OPPOSITE[characters[i]] if turned else characters[i]) for i in places]
        if _balanced(drawn):
            for index, character in zip(places, drawn, strict=True):
                characters[index] = character
            return "".join(characters)
    waiting: list[tuple[int, str]] = []
    for index in places:
        shape = _shape(text[index]) or ""
        if waiting and waiting[-1][1] == shape:
            start, _ = waiting.pop()
            characters[start], characters[index] = shape, _OPPOSITE[shape]
        else:
            waiting.append((index, shape))
    return "".join(characters)


def _shape(character: str) -> str | None:
    """Return the opening bracket of a pair that the character belongs to."""
    if character in _PAIRED:
        return character
    opposite = _OPPOSITE.get(character, "")
    return opposite if opposite in _PAIRED and opposite else None


def _closing(character: str) -> str:
    return _OPPOSITE[character] if character in _PAIRED else character


def _balanced(brackets: list[str]) -> bool:
    waiting: list[str] = []
    for bracket in brackets:
        if bracket in _PAIRED:
            waiting.append(_OPPOSITE[bracket])
        elif not waiting or waiting.pop() != bracket:
            return False
    return not waiting


def _ends_marker(start: str) -> bool:
    """Return whether a bracket after the start of a line ends the mark of an item: «أ)», «12)»."""
    mark = start.lstrip()
    return (mark.isdigit() and len(mark) <= 3) or (len(mark) == 1 and mark.isalpha())
