"""Word lists, and values for the slots of a text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path


class Draw(random.Random):
    """A random generator that keeps one currency and one date style per document."""

    currency = "ريال/ريالات/ريالًا"
    date_style = 0.0
    year = 2022

    def start_document(self) -> None:
        """Draw the currency, date style and year of the next document."""
        self.currency = self.choice(words("currency"))
        self.date_style = self.random()
        self.year = self.randint(2006, 2025)


DATA = Path(__file__).parent / "data"
_UNITS = "واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة".split()
ORDINALS = (
    "الأولى الثانية الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة "
    "الحادية_عشرة الثانية_عشرة الثالثة_عشرة الرابعة_عشرة الخامسة_عشرة السادسة_عشرة "
    "السابعة_عشرة الثامنة_عشرة التاسعة_عشرة العشرون"
).split()
"""Feminine ordinals from the first to the twentieth, joined by underscores."""
MASCULINE_ORDINALS = "الأول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر".split()


def lines_of(name: str) -> list[str]:
    """Return the lines of a data file, except empty lines and comments."""
    text = (DATA / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@cache
def words(name: str) -> tuple[str, ...]:
    """Return the word list of that name. Raises ``KeyError`` if there is none."""
    return _lists()[name]


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    lists: dict[str, tuple[str, ...]] = {}
    for line in lines_of("words.tsv"):
        name, values = line.split("\t")
        lists[name] = lists.get(name, ()) + tuple(v.strip() for v in values.split("|"))
    return lists


@cache
def nouns() -> dict[str, tuple[str, str, str, str]]:
    """Return the dual, plural, accusative singular and gender of each counted noun."""
    rows = (line.split("\t") for line in lines_of("nouns.tsv"))
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


@cache
def oblique_duals() -> dict[str, str]:
    """Return the oblique form of each dual: «يومين» for «يومان»."""
    return {dual: re.sub(r"ا(ن?)(?= |$)", r"ي\1", dual) for dual, *_ in nouns().values()}


def counted(number: int, noun: str, rng: Draw) -> str:
    """Return a number with its noun, inflected for the number."""
    dual, plural, accusative, gender = nouns()[noun]
    if number == 1:
        return f"{noun} {'واحدة' if gender == 'f' else 'واحد'}"
    if number == 2:
        return dual
    if number <= 10:
        if rng.random() < 0.4:
            word = _UNITS[number - 1]
            short = {"ثمانية": "ثماني", "عشرة": "عشر"}.get(word, word.removesuffix("ة"))
            return f"{short if gender == 'f' else word} {plural}"
        return f"{number} {plural}"
    if number % 100 == 0:
        return f"{number} {noun}"
    if 3 <= number % 100 <= 10:
        return f"{number} {plural}"
    return f"{number} {accusative}"


def ordinal(number: int, feminine: bool = True) -> str:
    """Return «السابعة» for 7. Raises ``IndexError`` above 20 (above 10 for the masculine)."""
    names = ORDINALS if feminine else MASCULINE_ORDINALS
    return names[number - 1].replace("_", " ")


def _person(rng: Draw, first: str) -> str:
    names = [rng.choice(words(first)), rng.choice(words("family"))]
    if rng.random() < 0.3:
        names.insert(1, rng.choice(words("boy")))
    return " ".join(names)


def _date(rng: Draw) -> str:
    day, style = rng.randint(1, 28), rng.date_style
    year = rng.year + rng.choice((0, 0, 0, 1, -1))
    if style < 0.35:
        return f"{day} {rng.choice(words('month'))} {year}"
    if style < 0.5:
        return f"{day} {rng.choice(words('month_levant'))} {year}"
    if style < 0.65:
        return f"{day} {rng.choice(words('month_hijri'))} {year - 579}هـ"
    if style < 0.9:
        return f"{day:02}/{rng.randint(1, 12):02}/{year}"
    return f"{year}-{rng.randint(1, 12):02}-{day:02}"


def _money(rng: Draw, low: int, high: int) -> str:
    step = 5 if high < 500 else 50 if high < 10000 else 500
    amount = rng.randrange(low, high + 1, step)
    one, many, accusative = rng.currency.split("/")
    if amount < 11:
        return f"{amount} {many}"
    number = f"{amount:,}" if amount > 999 and rng.random() < 0.4 else str(amount)
    last = amount % 100
    return f"{number} {one if last == 0 else many if 3 <= last <= 10 else accusative}"


def _phone(rng: Draw) -> str:
    head = rng.choice(
        ("05", "011", "02", "06", "01", "022", "+9665", "+2010", "+9627", "920", "0770")
    )
    return head + "".join(rng.choice("0123456789") for _ in range(rng.randint(6, 8)))


def _time(rng: Draw, low: int = 7, high: int = 21) -> str:
    hour, minute = rng.randint(low, high), rng.choice((0, 0, 15, 30, 45))
    part = "صباحًا" if hour < 12 else "ظهرًا" if hour == 12 else "مساءً"
    hour = hour if hour < 13 else hour - 12
    if minute == 0 and rng.random() < 0.4:
        names = "الواحدة الثانية الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة"
        hours = [*names.split(), "الحادية عشرة", "الثانية عشرة"]
        return f"{hours[hour - 1]} {part}"
    return f"{hour}:{minute:02} {part}"


_MADE: dict[str, Callable[[Draw], str]] = {
    "m": lambda rng: _person(rng, "boy"),
    "f": lambda rng: _person(rng, "girl"),
    "person": lambda rng: _person(rng, rng.choice(("boy", "girl"))),
    "date": _date,
    "phone": _phone,
    "time": _time,
    "opens": lambda rng: _time(rng, 6, 11),
    "closes": lambda rng: _time(rng, 13, 23),
    "money": lambda rng: _money(rng, 50, 3000),
    "price": lambda rng: _money(rng, 5, 300),
    "salary": lambda rng: _money(rng, 3000, 30000),
    "budget": lambda rng: _money(rng, 50000, 900000),
    "year": lambda rng: str(rng.randint(1950, 2026)),
    "newyear": lambda rng: str(rng.randint(2015, 2026)),
    "percent": lambda rng: f"{rng.randint(1, 19) * 5}%",
    "id": lambda rng: str(rng.randint(10**6, 10**10 - 1)),
    "code": lambda rng: f"{rng.choice('ABCEFHKMPRST')}-{rng.randint(1, 999)}",
    "mail": lambda rng: f"{rng.choice(words('mailbox'))}@{rng.choice(words('mailhost'))}",
}


def value(spec: str, rng: Draw) -> str:
    """Return a value: «count يوم 3-30», «int 1-9», «pick a/b/c», or the name of a list."""
    kind, _, rest = spec.partition(" ")
    if kind == "count":
        noun, _, bounds = rest.rpartition(" ")
        low, high = map(int, bounds.split("-"))
        return counted(rng.randint(low, high), noun, rng)
    if kind == "int":
        low, high = map(int, rest.split("-"))
        return str(rng.randint(low, high))
    if kind == "pick":
        return rng.choice(rest.split("/"))
    if kind == "money" and rest:
        low, high = map(int, rest.split("-"))
        return _money(rng, low, high)
    return _MADE[kind](rng) if kind in _MADE else rng.choice(words(kind))


def other(spec: str, taken: str, rng: Draw) -> str | None:
    """Return a value of the same kind that does not occur in `taken`, or None."""
    for _ in range(12):
        found = value(spec, rng)
        if found not in taken:
            return found
    return None
