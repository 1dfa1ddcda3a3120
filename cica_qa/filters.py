"""Metadata filters, which limit a search to some documents and are validated before it runs."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from cica_qa.errors import FilterError

Bound = str | int | float | date
Value = Bound | bool
Where = Mapping[str, Value | Collection[Value] | Mapping[str, Bound]]
"""Maps metadata keys, ``title``, ``source`` or ``doc_id`` to the values they must have.

A value is a scalar (equal to it), a list of scalars (equal to one of them) or a range: ``from``
and ``to`` are inclusive bounds, ``after`` and ``before`` exclusive ones. A document has to match
every key.
"""
RangeKind = Literal["number", "date"]

OPERATORS = ("from", "to", "after", "before")
_EXAMPLE = '{"format": "pdf", "created": {"from": "2024-05"}}'
_NUMBER = re.compile(r"[+-]?\d{1,40}(?:[.٫]\d{1,40})?(?:[eE][+-]?\d{1,3})?")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ][\d:.,+Z-]{2,30})?)?)?")
_EPOCH, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_OPEN: Mapping[RangeKind, tuple[float, float]] = {
    "number": (-math.inf, math.inf),
    "date": (-(2**62), 2**62),
}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Span:
    """A closed interval of numbers, or of moments as ``date_of`` returns them."""

    kind: RangeKind
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Condition:
    """Requires the value of a key to be one of ``texts`` or to lie in one of ``spans``."""

    key: str
    texts: frozenset[str]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a document must all meet."""

    conditions: tuple[Condition, ...]


def filter_of(where: Where | Filter) -> Filter:
    """Validate ``where`` and return it as a ``Filter``. Raises ``FilterError``."""
    if isinstance(where, Filter):
        return where
    if not isinstance(where, Mapping):
        raise FilterError(
            f"a filter maps keys to values, as {_EXAMPLE}; this is {_shown(where)}",
            arabic=f"شرط البحث غير مفهوم؛ اكتب كل حقل وقيمته، مثل: {_EXAMPLE}",
        )
    if not where:
        raise FilterError(
            f"the filter is empty; name a key, as {_EXAMPLE}, or leave the filter out",
            arabic="شرط البحث فارغ؛ اذكر فيه حقلًا وقيمته، أو احذفه.",
        )
    return Filter(tuple(_condition(key, value) for key, value in where.items()))


def number_of(text: str) -> float | None:
    """Return the number that a text denotes, in digits of any script, or None."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text.replace("٫", "."))
    return number if math.isfinite(number) else None


def date_of(text: str) -> tuple[int, int] | None:
    """Return the first and the last moment of an ISO 8601 date; None for any other text.

    The date may be a year, a month, a day, or a day with a time, in digits of any script. Moments
    are microseconds since 1970-01-01; a time without a zone is in UTC.
    """
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    try:
        if len(text) > len("2024-05-01"):
            moment = _moment(datetime.fromisoformat(_in_ascii(text)))
            return moment, moment
        first = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if day:
        return _moment(first), _moment(first) + timedelta(days=1) // _TICK - 1
    years, months = divmod(first.year * 12 + first.month - 1 + (1 if month else 12), 12)
    if years > datetime.max.year:
        return _moment(first), _moment(datetime.max)
    return _moment(first), _moment(datetime(years, months + 1, 1, tzinfo=UTC)) - 1


def _moment(when: datetime) -> int:
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - _EPOCH) // _TICK


def _in_ascii(text: str) -> str:
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def _condition(key: object, value: object) -> Condition:
    if not isinstance(key, str) or not key:
        raise FilterError(
            f"the key {_shown(key)} of the filter is no name; give a string",
            arabic="في شرط البحث حقل بلا اسم؛ اكتب اسم الحقل نصًّا.",
        )
    if isinstance(value, Mapping):
        return Condition(key, frozenset(), (_range(key, value),))
    if not isinstance(value, Collection) or isinstance(value, str | bytes):
        value = [value]
    texts: set[str] = set()
    spans: list[Span] = []
    for one in value:
        if isinstance(one, bool):
            texts |= {str(one), str(one).lower()}
        elif isinstance(one, str):
            texts.add(one)
        else:
            spans.append(_range(key, {"from": one, "to": one}))
    return Condition(key, frozenset(texts), tuple(spans))


def _range(key: str, given: Mapping[object, object]) -> Span:
    unknown = [one for one in given if one not in OPERATORS]
    if unknown or not given:
        raise FilterError(
            f"the range of {_shown(key)} has "
            + (f"{_shown(unknown[0])}" if unknown else "no bound")
            + f"; a range has {', '.join(map(repr, OPERATORS))}, one of them at least",
            arabic=f"مدى الحقل «{_cut(key)}» غير مفهوم؛ "
            f"استعمل حدًّا أو أكثر من هذه: {'، '.join(OPERATORS)}.",
        )
    bounds = {str(name): _bound(key, bound) for name, bound in given.items()}
    kinds = {kind for kind, _, _ in bounds.values()}
    if len(kinds) > 1:
        raise FilterError(
            f"the range of {_shown(key)} has a number and a date; give two of a kind",
            arabic=f"في مدى الحقل «{_cut(key)}» عدد وتاريخ؛ اجعل الحدّين من نوع واحد.",
        )
    (kind,) = kinds
    least, most = _OPEN[kind]
    low = max(
        bounds["from"][1] if "from" in bounds else least,
        _next(kind, bounds["after"][2], 1) if "after" in bounds else least,
    )
    high = min(
        bounds["to"][2] if "to" in bounds else most,
        _next(kind, bounds["before"][1], -1) if "before" in bounds else most,
    )
    if low > high:
        raise FilterError(
            f"the range of {_shown(key)} ends before it begins; give the lower bound first",
            arabic=f"مدى الحقل «{_cut(key)}» ينتهي قبل أن يبدأ؛ راجع ترتيب الحدّين.",
        )
    return Span(kind, low, high)


def _next(kind: RangeKind, value: float, step: int) -> float:
    """Return the next representable value above (``step`` 1) or below (``step`` -1)."""
    return math.nextafter(value, step * math.inf) if kind == "number" else value + step


def _bound(key: str, bound: object) -> tuple[RangeKind, float, float]:
    """Return the kind of a bound, and its first and last number or moment."""
    if isinstance(bound, date):
        bound = bound.isoformat()
    if isinstance(bound, str):
        found = date_of(bound)
        if found:
            return "date", *found
    elif isinstance(bound, int | float) and not isinstance(bound, bool):
        try:
            number = float(bound)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return "number", number, number
    raise FilterError(
        f"the filter compares {_shown(key)} with {_shown(bound)}; give a string, a number or "
        "true or false, a list of these, or a range of numbers or of dates such as '2024-05-01'",
        arabic=f"القيمة المطلوبة للحقل «{_cut(key)}» غير صالحة؛ اكتب نصًّا أو عددًا أو قائمة منهما، "
        "أو مدى من أعداد أو تواريخ مثل 2024-05-01.",
    )


def wrong_kind(key: str, kind: RangeKind) -> FilterError:
    """Return the error for a key that has no value of the kind a range asks for."""
    told = {"number": "a number", "date": "a date in ISO 8601"}[kind]
    arabic = {"number": "عددًا", "date": "تاريخًا مثل 2024-05-01"}[kind]
    return FilterError(
        f"the filter asks for {told}, but no document has one under {_shown(key)}; "
        "compare it with strings",
        arabic=f"ليست قيمة الحقل «{_cut(key)}» {arabic} في أيّ وثيقة؛ قارنها بنصوص.",
    )


def _shown(value: object) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
