"""Styles and lists of a Word file: the levels and numbers they give to paragraphs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cica_qa.documents.package import Package, get_attribute, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

_ALPHABET = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
_ABJAD = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_HEADING = re.compile(r"(?:heading|عنوان|titre|überschrift)\s*([1-9])", re.IGNORECASE)
_OFF = ("0", "false", "off", "none")


@dataclass(frozen=True, slots=True)
class Style:
    """The properties that a style sets.

    ``contents`` marks entries of a table of contents, ``level`` is that of a heading (0 for
    text), ``list`` a list's id and depth, ``size`` in half points.
    """

    title: bool = False
    contents: bool = False
    level: int = 0
    list: tuple[str, int] | None = None
    bold: bool = False
    size: int = 0


@dataclass(slots=True)
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class Numbering:
    """The numbered lists of a file and their counters, which ``label`` advances."""

    _levels: Mapping[str, Mapping[int, _Level]]
    _lists: Mapping[str, tuple[str, Mapping[int, int]]]
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    def label(self, list_id: str, depth: int) -> tuple[str, str] | None:
        """Return the label of the next item of a list, and its number in ASCII digits.

        Both are empty for a bullet. Returns None if the item belongs to no list.
        """
        base, starts = self._lists.get(list_id, ("", {}))
        levels = self._levels.get(base, {})
        if depth not in levels:
            return ("", "") if base else None
        counts = self._counts.setdefault(base, {})
        restart = (list_id, depth) not in self._begun and depth in starts
        self._begun.add((list_id, depth))
        first = starts.get(depth, levels[depth].start)
        counts[depth] = first if restart or depth not in counts else counts[depth] + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        level = levels[depth]
        if level.format in ("bullet", "none"):
            return "", ""
        numbers: list[str] = []

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = levels.get(at, level)
            count = counts.setdefault(at, other.start)
            numbers.append(str(count))
            return _written(count, other.format)

        text = re.sub(r"%([1-9])", shown, level.text)
        return text, ".".join(numbers)


def read_styles(package: Package, part: str) -> dict[str, Style]:
    """Return the paragraph and character styles by id, inheritance resolved."""
    if part not in package:
        return {}
    raw = {
        get_attribute(style, "styleId"): style
        for style in package.xml(part)
        if local_name(style) == "style"
    }
    done: dict[str, Style] = {}
    for style_id in raw:
        chain: list[str] = []
        at = style_id
        while at in raw and at not in chain:
            chain.append(at)
            at = get_attribute(child(raw[at], "basedOn"), "val")
        own = Style()
        for one in reversed(chain):
            own = _derived(own, raw[one], one == style_id)
        done[style_id] = own
    return done


def read_numbering(package: Package, part: str) -> Numbering:
    """Return the lists defined in ``numbering.xml``."""
    if part not in package:
        return Numbering({}, {})
    levels: dict[str, dict[int, _Level]] = {}
    lists: dict[str, tuple[str, dict[int, int]]] = {}
    for element in package.xml(part):
        if local_name(element) == "abstractNum":
            levels[get_attribute(element, "abstractNumId")] = {
                parse_int(get_attribute(level, "ilvl")): _level(level)
                for level in element
                if local_name(level) == "lvl"
            }
        elif local_name(element) == "num":
            base = get_attribute(child(element, "abstractNumId"), "val")
            starts = {
                parse_int(get_attribute(one, "ilvl")): parse_int(
                    get_attribute(child(one, "startOverride"), "val")
                )
                for one in element
                if local_name(one) == "lvlOverride" and child(one, "startOverride") is not None
            }
            lists[get_attribute(element, "numId")] = (base, starts)
    return Numbering(levels, lists)


def child(element: _Element | None, name: str) -> _Element | None:
    """Return the first child with the given local name."""
    if element is None:
        return None
    return next((one for one in element if local_name(one) == name), None)


def parse_int(text: str, default: int = 0) -> int:
    """Return the integer that ``text`` spells, or ``default`` if it spells none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else default


def is_on(properties: _Element | None, name: str) -> bool | None:
    """Return whether a property is switched on, or None if it is not mentioned."""
    found = child(properties, name)
    return None if found is None else get_attribute(found, "val").lower() not in _OFF


def list_of(properties: _Element | None) -> tuple[str, int] | None:
    """Return the list id and depth that paragraph properties specify, or None."""
    listed = child(properties, "numPr")
    if listed is None:
        return None
    list_id = get_attribute(child(listed, "numId"), "val")
    return (list_id, parse_int(get_attribute(child(listed, "ilvl"), "val")))


def outline_of(properties: _Element | None) -> int:
    """Return the heading level, from 1, that paragraph properties specify; 0 for text."""
    level = parse_int(get_attribute(child(properties, "outlineLvl"), "val"), 9)
    return level + 1 if 0 <= level < 9 else 0


def _derived(style: Style, element: _Element, itself: bool) -> Style:
    """Return the base ``style`` with the settings of ``element`` applied.

    ``itself`` is False for an ancestor, whose name does not make its descendants titles.
    """
    name = get_attribute(child(element, "name"), "val")
    paragraph, run = child(element, "pPr"), child(element, "rPr")
    heading = _HEADING.fullmatch(name.strip())
    bold = is_on(run, "bCs") if is_on(run, "b") is None else is_on(run, "b")
    size = max(parse_int(get_attribute(child(run, kind), "val")) for kind in ("sz", "szCs"))
    listed = list_of(paragraph)
    if listed and not listed[0] and style.list:
        listed = (style.list[0], listed[1])
    return Style(
        title=itself and name.lower() in ("title", "العنوان"),
        contents=style.contents or re.fullmatch(r"toc( \d| heading)", name.lower()) is not None,
        level=int(heading[1]) if heading else outline_of(paragraph) or style.level,
        list=listed or style.list,
        bold=style.bold if bold is None else bold,
        size=size or style.size,
    )


def _level(element: _Element) -> _Level:
    return _Level(
        get_attribute(child(element, "numFmt"), "val") or "decimal",
        get_attribute(child(element, "lvlText"), "val"),
        parse_int(get_attribute(child(element, "start"), "val"), 1),
    )


def _written(count: int, style: str) -> str:
    letters = {
        "arabicAlpha": _ALPHABET,
        "arabicAbjad": _ABJAD,
        "lowerLetter": _LATIN,
        "upperLetter": _LATIN.upper(),
    }.get(style)
    if letters and count > 0:
        return letters[(count - 1) % len(letters)] * min(1 + (count - 1) // len(letters), 9)
    if style in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (count // value)
            count %= value
        return roman if style == "lowerRoman" else roman.upper()
    return f"{count:02d}" if style == "decimalZero" else str(count)
