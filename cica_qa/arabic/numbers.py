"""Numbers in a text, written in digits or in words, MSA and dialects: «ثمانية وعشرون» is 28."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from cica_qa.arabic.letters import fold

# 1,000,000 and 1.000.000; 3.5; 28. Longer runs of digits are codes, and so are A320 and 12.5.1992.
_TOKEN = re.compile(
    r"(?<![\dA-Za-z])(?<!\d[.,٫٬])(?P<number>"
    r"\d{1,3}(?:[,٬]\d{3}){1,4}(?:[.٫]\d{1,9})?|\d{1,3}(?:\.\d{3}){2,4}|\d{1,15}(?:[.٫]\d{1,9})?)"
    r"(?![.,٫٬]?\d)(?!(?!st|nd|rd|th)[A-Za-z])"
    r"|\d+|(?P<word>[^\W\d_]+)"
)
_SEPARATORS = re.compile(r"[,٬]|\.(?=\d{3}\.)|(?<=\.\d{3})\.")
_PREPOSITIONS = ("ب", "ل", "ك")


class Number(NamedTuple):
    """A number at ``text[start:end]``; ``ordinal`` where it says which one, not how many."""

    start: int
    end: int
    value: int | float
    ordinal: bool = False


def _entries(lines: str) -> Iterator[tuple[str, int]]:
    for line in lines.split("\n"):
        value, *words = line.split()
        yield from ((word, int(value)) for word in words)


# All as ``fold`` leaves them: ا for أ إ آ, ه for ة, ي for ى and ئ, no ء.
_UNITS = dict(
    _entries(
        """0 صفر
1 واحد واحده
2 اثنان اثنين اثنتان اثنتين اتنين تنين ثنين ثنتين تنتين جوج
3 ثلاثه ثلاث تلاته تلات
4 اربعه اربع
5 خمسه خمس
6 سته ست
7 سبعه سبع
8 ثمانيه ثماني ثمان تمانيه تماني تمنيه ثمنيه
9 تسعه تسع
10 عشره عشر"""
    )
)
# Forms that are a number only before «عشر» or «وعشرون»: «أحد» alone is somebody.
_BOUND = {"احد": 1, "احدي": 1, "حادي": 1, "حاديه": 1}
_BOUND_ORDINALS = frozenset(("حادي", "حاديه"))
_BOUND |= dict.fromkeys("اثنا اثني اثنتا اثنتي".split(), 2)
_TEENS = dict(
    _entries(
        """11 احداشر حداشر حداعش احدعش حدعش ادعش اهدعش حضاش حداش
12 اتناشر اطناشر اثناعش اثنعش اطنعش طنعش ثنعش تنعش طناش تناش
13 تلتاشر تلاتاشر تلطاشر تلطعش تلتعش ثلاثطعش ثلطعش ثلاطعش تلطاش تلتاش
14 اربعتاشر اربعطاشر اربعطعش اربعتعش ربعتاش ربعطاش
15 خمستاشر خمسطاشر خمسطعش خمستعش خمسطاش خمستاش
16 ستاشر سطاشر سطعش ستعش ستطعش سطاش ستاش
17 سبعتاشر سبعطاشر سبعطعش سبعتعش سبعطاش سبعتاش
18 تمنتاشر تمانتاشر تمنطاشر تمنطعش تمنتعش ثمنطعش ثمانطعش ثمنتعش تمنطاش تمنتاش
19 تسعتاشر تسعطاشر تسعطعش تسعتعش تسعطاش تسعتاش"""
    )
)
_TENS = {
    stem + ending: 10 * tens
    for tens, stems in enumerate(
        ("عشر", "ثلاث تلات", "اربع", "خمس", "ست", "سبع", "ثمان تمان", "تسع"), start=2
    )
    for stem in stems.split()
    for ending in ("ون", "ين")
}
_TEN = ("عشر", "عشره")
_HUNDRED = ("مايه", "ميه")
_HUNDREDS = {
    "ميتان": 200,
    "ميتين": 200,
    "ميتا": 200,
    "ميتي": 200,
    "مايتان": 200,
    "مايتين": 200,
    "مايتا": 200,
    "مايتي": 200,
    **dict.fromkeys(_HUNDRED, 100),
    **{
        stem + hundred: 100 * value
        for value, stems in enumerate(
            (
                "ثلاث تلات تلت ثلث",
                "اربع ربع",
                "خمس",
                "ست",
                "سبع",
                "ثماني ثمان ثمن تمن",
                "تسع",
            ),
            start=3,
        )
        for stem in stems.split()
        for hundred in _HUNDRED
    },
}
_SCALES = {
    **dict.fromkeys("الف الفا الاف تلاف".split(), 10**3),
    **dict.fromkeys("مليون مليونا ملايين".split(), 10**6),
    **dict.fromkeys("مليار مليارا مليارات بليون بلايين".split(), 10**9),
    **dict.fromkeys("تريليون تريليونا تريليونات".split(), 10**12),
}
_PLURALS = frozenset("الاف تلاف ملايين مليارات بلايين تريليونات".split())
_DUALS = {
    stem + ending: 2 * scale
    for stem, scale in (("الف", 10**3), ("مليون", 10**6), ("مليار", 10**9), ("تريليون", 10**12))
    for ending in ("ان", "ين", "ا", "ي")
}
_ORDINALS = {
    stem + ending: value
    for stem, value in _entries(
        """2 ثاني تاني
3 ثالث تالت
4 رابع
5 خامس
6 سادس
7 سابع
8 ثامن تامن
9 تاسع
10 عاشر"""
    )
    for ending in ("", "ه")
}
# With the article and alone these are days, water and a lady.
_NOT_WITH_ARTICLE = frozenset("اثنين اتنين تنين ثنين احد ميه مايه ست الف".split())
_KNOWN = frozenset().union(_UNITS, _BOUND, _TEENS, _TENS, _HUNDREDS, _SCALES, _DUALS, _ORDINALS)


class _Part(NamedTuple):
    """One token: digits with their value, or a word without what is joined to it.

    ``lead`` is where it begins with a «و» that stands apart.
    """

    lead: int
    start: int
    end: int
    word: str
    value: Decimal | None = None
    joined: bool = False
    article: bool = False


def numbers(text: str) -> list[Number]:
    """Return the numbers of a text in order, none inside another.

    Digits of any script may have thousands separators and decimals and be followed by a scale
    («3.5 مليون»). Words may be masculine or feminine, nominative or oblique, with clitics, in
    MSA or as the dialects say them; ordinals are there from the second on. Words that mean
    something else more often («الأحد», «أحد», «الست») count only inside a longer number.
    """
    parts = _parts(text)
    found, at = [], 0
    while at < len(parts):
        if parts[at].value is None and parts[at].word not in _KNOWN:
            at += 1
            continue
        number, at = _number(text, parts, at)
        found += [number] if number else []
    return found


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    lead = None
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match["word"] == "و":
            lead = start
            continue
        begin, lead = (start if lead is None else lead), None
        if match["word"]:
            word, joined, article = _bare(match["word"])
            parts.append(_Part(begin, start, end, word, None, joined or begin < start, article))
        else:
            value = _value(match["number"]) if match["number"] else None
            parts.append(_Part(begin, start, end, "", value, joined=begin < start))
    return parts


def _value(digits: str) -> Decimal:
    return Decimal(_SEPARATORS.sub("", digits).replace("٫", "."))


@lru_cache(1 << 16)
def _bare(word: str) -> tuple[str, bool, bool]:
    """Take conjunction, preposition and article off, as far as a word of a number is left.

    Returns the folded word, whether there was a conjunction, whether there was an article.
    """
    eleven = word.startswith("وأحد")  # «وأحد عشر», which folding makes «واحد»
    word, joined, article = fold(word), False, False
    if (eleven or word not in _KNOWN) and word[:1] in ("و", "ف"):
        word, joined = word[1:], True
    if word not in _KNOWN and word[:1] in _PREPOSITIONS:
        article = word.startswith("لل")
        word = word[1 + article :]
    if word not in _KNOWN and word.startswith("ال"):
        word, article = word[2:], True
    return word, joined, article


def _number(text: str, parts: list[_Part], at: int) -> tuple[Number | None, int]:
    """Read the longest number that begins at a part; return it and the place behind it."""
    total, last, ordinal, i = Decimal(0), Decimal("inf"), False, at
    while i == at or (last > 1 and _next(text, parts, i, joined=True)):
        value, scale, after, is_ordinal = _term(text, parts, i)
        if after == i or value * scale >= last:
            break
        total, last, ordinal, i = total + value * scale, scale, ordinal or is_ordinal, after
    if i == at or (i == at + 1 and parts[at].article and parts[at].word in _NOT_WITH_ARTICLE):
        return None, at + 1
    number = int(total) if total == total.to_integral_value() else float(total)
    return Number(parts[at].start, parts[i - 1].end, number, ordinal), i


def _term(text: str, parts: list[_Part], i: int) -> tuple[Decimal, Decimal, int, bool]:
    """Read «ثلاثمائة وخمسة آلاف», «ألفان», «28»: value, scale, place behind, ordinal."""
    word, scale = parts[i].word, Decimal(1)
    value, after, ordinal = _group(text, parts, i)
    if after == i and word in _DUALS and (word not in _SCALES or _before_noun(text, parts, i)):
        value, scale, after = Decimal(2), Decimal(_DUALS[word] // 2), i + 1
    elif after == i and word in _SCALES and word not in _PLURALS:
        value, scale, after = Decimal(1), Decimal(_SCALES[word]), i + 1
    while after > i and (part := _next(text, parts, after, joined=False)) and _scales(part):
        scale, after = scale * _SCALES[part.word], after + 1
    return value, scale, after, ordinal


def _scales(part: _Part) -> bool:
    return part.word in _SCALES and not part.article


def _before_noun(text: str, parts: list[_Part], i: int) -> bool:
    """Whether «ألفا» is the dual of «ألفا عام», not the accusative of «بلغ ألفًا»."""
    return _next(text, parts, i + 1, joined=False) is not None


def _group(text: str, parts: list[_Part], i: int) -> tuple[Decimal, int, bool]:
    """Read digits, or words below a thousand: value, place behind (``i``: none), ordinal."""
    part = parts[i]
    if part.value is not None:
        return part.value, i + 1, False
    follower = _next(text, parts, i + 1, joined=False)
    value = _HUNDREDS.get(part.word, 0)
    after = i + bool(value)
    if not value and 3 <= _UNITS.get(part.word, 0) <= 9 and _hundred(follower):
        value, after = 100 * _UNITS[part.word], i + 2
    if not value:
        return _below_hundred(text, parts, i)
    if _next(text, parts, after, joined=True) is None:
        return Decimal(value), after, False
    rest, after, ordinal = _below_hundred(text, parts, after)
    return value + rest, after, ordinal


def _hundred(part: _Part | None) -> bool:
    return part is not None and part.word in _HUNDRED and not part.article


def _below_hundred(text: str, parts: list[_Part], i: int) -> tuple[Decimal, int, bool]:
    word = parts[i].word
    ordinal = word in _ORDINALS or word in _BOUND_ORDINALS
    one = next((d[word] for d in (_UNITS, _BOUND, _ORDINALS) if word in d), 0)
    follower = parts[i + 1] if i + 1 < len(parts) else None
    if 1 <= one <= 9 and follower and _next(text, parts, i + 1, joined=follower.joined):
        if follower.word in _TEN and not follower.joined:
            return Decimal(10 + one), i + 2, ordinal
        if follower.word in _TENS and follower.joined:
            return Decimal(_TENS[follower.word] + one), i + 2, ordinal
    for values in (_TEENS, _TENS, _UNITS, _ORDINALS):
        if word in values:
            return Decimal(values[word]), i + 1, ordinal
    return Decimal(0), i, False


def _next(text: str, parts: list[_Part], i: int, *, joined: bool) -> _Part | None:
    """The part at ``i`` where only white space stands before it and it is joined, or is not."""
    if i >= len(parts) or parts[i].joined != joined:
        return None
    return None if text[parts[i - 1].end : parts[i].lead].strip() else parts[i]
