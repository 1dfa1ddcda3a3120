"""Cell values formatted as a spreadsheet displays them; formulas are not evaluated."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|_(?P<blank>.)|\*(?P<fill>.)'
    r"|(?P<ampm>AM/PM|A/P|ص/م)|(?P<general>General)|(?P<part>y+|m+|d+|h+|s+(?:\.0+)?|e+|g+|b+)"
    r"|(?P<digits>[0#?]+(?:,[0#?]+)*,*(?:\.[0#?]*)?(?:[Ee][+-][0#?]+)?,*|\.[0#?]+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_ARABIC_MONTHS = (
    *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر"),
    *("أكتوبر", "نوفمبر", "ديسمبر"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ARABIC_DAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def format_value(value: object, style: str) -> str:
    """Return a cell's value in its number format: ``0.25`` in ``0%`` is ``25%``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date | time):
        return _date(value, style)
    if isinstance(value, timedelta):
        return _elapsed(value)
    if isinstance(value, int | float):
        return _number(value, style)
    return str(value)


@cache
def _sections(style: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the tokens of each section of a format: positive, negative, zero, text."""
    sections: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(style):
        kind = match.lastgroup or "other"
        text = match[kind]
        if kind == "other" and text == ";":
            sections.append([])
        else:
            sections[-1].append((kind, text))
    return tuple(map(tuple, sections))


def _number(value: float, style: str) -> str:
    if style in ("General", "@", ""):
        return _general(value)
    sections = _sections(style)
    conditional = any(
        kind == "bracket" and text[:1] in "<>=" for part in sections for kind, text in part
    )
    at = 0
    if not conditional and len(sections) > 1 and value < 0:
        at, value = 1, -value
    elif not conditional and len(sections) > 2 and value == 0:
        at = 2
    tokens = sections[at]
    if not any(kind in ("digits", "general") for kind, _ in tokens):
        return _literal(tokens) if at else _general(value)
    if any(text == "/" for kind, text in tokens if kind == "other"):
        return _general(value)  # a fraction
    if any(kind == "other" and text == "%" for kind, text in tokens):
        value *= 100
    done = False
    parts = ["-"] if value < 0 else []
    arabic = False
    for kind, text in tokens:
        if kind in ("digits", "general") and not done:
            parts.append(_general(abs(value)) if kind == "general" else _digits(abs(value), text))
            done = True
        elif kind == "bracket":
            parts.append(_currency(text))
            arabic = arabic or _has_arabic_digits(text)
        elif kind in ("quoted", "escaped", "other", "ampm", "part"):
            parts.append(text)
    text = " ".join("".join(parts).split())
    if not any(character.isdigit() and character != "0" for character in text):
        text = text.removeprefix("-")
    return text.translate(_ARABIC_DIGITS) if arabic else text


def _general(value: float) -> str:
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e11):
        return str(int(value))
    return f"{value:.10g}".replace("e", "E")


def _digits(value: float, pattern: str) -> str:
    if "E" in pattern.upper():
        decimals = len(pattern.upper().partition("E")[0].partition(".")[2])
        return f"{value:.{decimals}E}"
    whole, _, fraction = pattern.partition(".")
    thousands = len(pattern) - len(pattern.rstrip(","))
    fraction = fraction.rstrip(",")
    scaled = Decimal(str(value)) / (1000**thousands)
    rounded = scaled.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    grouped = "," in whole.rstrip(",")
    integer, _, places = f"{rounded:f}".partition(".")
    least = len(fraction.rstrip("#?"))
    while len(places) > least and places.endswith("0"):
        places = places[:-1]
    zeros = whole.count("0")
    integer = integer.zfill(zeros)
    if grouped and zeros < 4:
        integer = f"{int(integer):,}"
    if integer == "0" and not zeros and places:
        integer = ""
    return f"{integer}.{places}" if places else integer


def _currency(bracket: str) -> str:
    """Return the currency sign in ``[$ر.س-401]``; empty for colours and locales alone."""
    return bracket[1:].partition("-")[0] if bracket.startswith("$") else ""


def _has_arabic_digits(bracket: str) -> bool:
    code = bracket.rpartition("-")[2].partition(",")[0]
    return bracket.startswith("$") and len(code) >= 7 and code[-8:-6].lstrip("0") == "2"


def _literal(tokens: tuple[tuple[str, str], ...]) -> str:
    return "".join(text for kind, text in tokens if kind in ("quoted", "escaped", "other")).strip()


def _elapsed(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _date(value: datetime | date | time, style: str) -> str:
    tokens = _sections(style)[0]
    if not any(kind == "part" for kind, _ in tokens):
        if isinstance(value, datetime) and not any((value.hour, value.minute, value.second)):
            return value.date().isoformat()
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    told = "".join(text for kind, text in tokens if kind == "bracket").lower()
    arabic = any(told.endswith(code) for code in ("401", "801", "c01", "001", "ar")) or any(
        f"-{code}" in told for code in ("1000401", "2000401", "ar-")
    )
    noon = any(kind == "ampm" for kind, _ in tokens)
    parts: list[str] = []
    timed = False  # whether the last part was an hour, so that «m» means minutes
    for at, (kind, text) in enumerate(tokens):
        if kind == "part":
            after = next((t for k, t in tokens[at + 1 :] if k == "part"), "")
            minutes = text[0].lower() == "m" and (timed or after[:1].lower() == "s")
            parts.append(_date_part(value, text.lower(), minutes, noon, arabic))
            timed = text[0].lower() == "h"
        elif kind == "ampm":
            late = getattr(value, "hour", 0) >= 12
            parts.append(("م" if late else "ص") if arabic else ("PM" if late else "AM"))
        elif kind in ("quoted", "escaped", "other") and text != "@":
            parts.append(text)
    shown = "".join(parts).strip()
    return shown.translate(_ARABIC_DIGITS) if _has_arabic_digits(told) else shown


def _date_part(
    value: datetime | date | time, text: str, minutes: bool, noon: bool, arabic: bool
) -> str:
    kind, width = text[0], len(text)
    hour = getattr(value, "hour", 0)
    if kind == "h":
        hour = (hour % 12 or 12) if noon else hour
        return f"{hour:0{min(width, 2)}d}"
    if kind == "s":
        return f"{getattr(value, 'second', 0):0{2 if text.startswith('ss') else 1}d}"
    if minutes:
        return f"{getattr(value, 'minute', 0):0{min(width, 2)}d}"
    if isinstance(value, time):
        return ""
    if kind in "ye":
        return f"{value.year:04d}" if width > 2 or kind == "e" else f"{value.year % 100:02d}"
    if kind == "m":
        name = (_ARABIC_MONTHS if arabic else _MONTHS)[value.month - 1]
        return (
            f"{value.month:0{width}d}" if width < 3 else name if width > 3 or arabic else name[:3]
        )
    if kind == "d":
        name = (_ARABIC_DAYS if arabic else _DAYS)[value.weekday()]
        return f"{value.day:0{width}d}" if width < 3 else name if width > 3 or arabic else name[:3]
    return ""
