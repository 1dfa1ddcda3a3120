"""Bilingual texts, number formats, and nouns that agree with their count."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

NOTHING = "—"
_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class BilingualText(NamedTuple):
    """A text in Arabic and in English."""

    ar: str
    en: str


class Noun(NamedTuple):
    """An Arabic noun in the forms that counts require, and its English singular and plural."""

    none: str
    one: str
    two: str
    of_two: str
    few: str
    many: str
    hundred: str
    english: BilingualText


QUESTION = Noun(
    "لا أسئلة",
    "سؤال واحد",
    "سؤالان",
    "سؤالين",
    "أسئلة",
    "سؤالًا",
    "سؤال",
    BilingualText("question", "questions"),
)
REMARK = Noun(
    "لا ملاحظات",
    "ملاحظة واحدة",
    "ملاحظتان",
    "ملاحظتين",
    "ملاحظات",
    "ملاحظة",
    "ملاحظة",
    BilingualText("remark", "remarks"),
)


def counted(count: int, noun: Noun = QUESTION, *, oblique: bool = False) -> BilingualText:
    """Return a count with its noun: سؤال واحد، سؤالان، 3 أسئلة، 11 سؤالًا، 100 سؤال.

    ``oblique`` is the case after a preposition or in a construct, as in «نحو سؤالين».
    """
    english = f"{count:,} {noun.english[count != 1]}"
    if count <= 2:
        return BilingualText(
            (noun.none, noun.one, noun.of_two if oblique else noun.two)[count], english
        )
    last = count % 100
    form = noun.few if 3 <= last <= 10 else noun.many if last > 10 else noun.hundred
    return BilingualText(f"{count:,} {form}", english)


def rounded(count: int) -> int:
    """Return the count rounded to two significant digits: 1234 becomes 1200."""
    return round(count, 2 - len(str(count))) if count >= 100 else count


def decimal(value: float, digits: int = 3) -> str:
    """Return a figure with a fixed number of decimals; «—» if it is not finite."""
    return f"{value:.{digits}f}" if math.isfinite(value) else NOTHING


def signed(value: float) -> str:
    """Return a difference with its sign: +0.012, −0.034 (a true minus), 0.000."""
    shown = decimal(value)
    if shown == NOTHING or not float(shown):
        return shown.lstrip("-")
    return f"−{shown[1:]}" if shown.startswith("-") else f"+{shown}"


def probability(value: float) -> str:
    """Return a p value as text: "0.032" or "<0.001"."""
    return "<0.001" if value < 0.001 else decimal(value)


def interval(low: float, high: float, *, sign: bool = False) -> str:
    """Return an interval as «0.612–0.702» or «−0.012 … +0.034»; "" if it is not finite."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{signed(low)} … {signed(high)}" if sign else f"{decimal(low)}–{decimal(high)}"


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds: «42», «3.1», «0», «1,250»."""
    value = seconds * 1000
    if not math.isfinite(value):
        return NOTHING
    return f"{value:,.0f}" if value >= 10 or not value else f"{value:.1f}"


def bidi_isolated(text: str) -> str:
    """Return a text between Unicode isolates, without bidi controls of its own."""
    return f"\u2068{_CONTROLS.sub('', text)}\u2069" if text else ""
