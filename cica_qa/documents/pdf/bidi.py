"""Logical order from visual order: the bidirectional algorithm in reverse, line by line.

The rules for numbers, Latin and the characters between them are those of Unicode Annex 9, applied
from the right. Brackets are not mirrored here: producers and PDFium disagree on which bracket a
glyph is, so ``pair_brackets`` tells opening from closing ones by their order.
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
def bidi_class(text: str) -> str:
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
    """Return whether a line of glyphs reads right to left, or None if it has no letters."""
    right = sum(bidi_class(glyph) == "R" for glyph in glyphs)
    left = sum(bidi_class(glyph) == "L" for glyph in glyphs)
    if not right and not left:
        return None
    return right * 2 >= left


def to_logical_order(glyphs: list[str], right_to_left: bool) -> str:
    """Return the text, in reading order, of glyphs given from left to right."""
    kinds = [bidi_class(glyph) for glyph in glyphs]
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
    """Mark units to the left of their number, which are read after it: «mm 50» is «50 mm»."""
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
    """Make a single separator between digits part of the number."""
    for i in range(1, len(kinds) - 1):
        if kinds[i] == "S" and kinds[i - 1] == kinds[i + 1] == "N" and glyphs[i] != "\u00a0":
            kinds[i] = "N"


def _latin_runs(kinds: list[str]) -> None:
    """Merge Latin letters, the characters between them and adjacent numbers into Latin runs."""
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
    """Return the first and last index of a Latin run.

    It includes all numbers to its right, and those to its left that are next to it.
    """
    first, last = latin[0], strong[-1]
    for i in reversed([i for i in strong if i < first]):
        if first - i > 2:
            break
        first = i
    return first, last


def _arabic_runs(kinds: list[str]) -> None:
    """Merge Arabic words and neutral characters between them into runs, in a left-to-right line."""
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
    """Restore the order of groups of digits joined by hyphens.

    Producers differ in the direction of such a run. A group that begins with 0 comes first, as in
    a telephone number; of two groups of equal length the lower comes first, as in a range.
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
    """Correct brackets that face the wrong way: «)39(» becomes «(39)»."""
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
    """Return the opening bracket of the character's pair, or None if it is not a bracket."""
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
    """Return whether the text before a bracket is an item's mark, as in «أ)» and «12)»."""
    mark = start.lstrip()
    return (mark.isdigit() and len(mark) <= 3) or (len(mark) == 1 and mark.isalpha())
