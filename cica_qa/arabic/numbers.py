"""Numbers in digits or in words, in MSA and the dialects: «ثمانية وعشرون» is 28."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from cica_qa.arabic.letters import ARTICLE, TO_THE, fold
from cica_qa.arabic.lexicon import entries, pattern, word_list

# 1,000,000 and 1.000.000; 3.5; 28. Longer runs of digits, A320 and 12.5.1992 are codes.
_TOKEN = re.compile(
    r"(?<![\dA-Za-z])(?<!\d[.,٫٬])(?P<number>"
    r"\d{1,3}(?:[,٬]\d{3}){1,4}(?:[.٫]\d{1,9})?|\d{1,3}(?:\.\d{3}){2,4}|\d{1,15}(?:[.٫]\d{1,9})?)"
    r"(?![.,٫٬]?\d)(?!(?!st|nd|rd|th)[A-Za-z])"
    r"|\d+|(?P<word>[^\W\d_]+)"
)
_SEPARATORS = re.compile(r"[,٬]|\.(?=\d{3}\.)|(?<=\.\d{3})\.")


class Number(NamedTuple):
    """A number at ``text[start:end]``; ``ordinal`` if it says which one rather than how many."""

    start: int
    end: int
    value: int | float
    ordinal: bool = False


@cache
def _values(mark: str) -> dict[str, int]:
    """Return the folded number words with a mark, and their values."""
    return {word: int(value) for word, value in word_list("numbers", mark).items()}


@cache
def _known() -> frozenset[str]:
    return frozenset(word for word, *_ in entries("numbers"))


class _Part(NamedTuple):
    """A token: digits with their value, or a word without its clitics.

    ``lead`` is its start including a preceding «و» that is written apart. ``joined`` is whether
    there is a conjunction, ``article`` whether there was an article.
    """

    lead: int
    start: int
    end: int
    word: str
    value: Decimal | None = None
    joined: bool = False
    article: bool = False


def numbers(text: str) -> list[Number]:
    """Return the numbers of a text, in order and disjoint.

    Digits of any script may have thousands separators and decimals, and a scale word may follow
    («3.5 مليون»). Words may be masculine or feminine, nominative or oblique, with clitics, in MSA
    or in dialect. Ordinals are recognised from the second on. Words that usually mean something
    else («الأحد», «أحد», «الست») count only within a longer number.
    """
    parts = _parts(text)
    found, at = [], 0
    while at < len(parts):
        if parts[at].value is None and parts[at].word not in _known():
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
    """Strip conjunction, preposition and article from a word, unless it is a number word itself.

    Returns the folded word, whether there was a conjunction, and whether there was an article.
    """
    eleven = pattern("and_one").match(word)  # «وأحد عشر» would fold to «واحد عشر»
    word, joined, article = fold(word), False, False
    if (eleven or word not in _known()) and word[:1] in word_list("clitics", "conjunction"):
        word, joined = word[1:], True
    if word not in _known() and word[:1] in word_list("clitics", "preposition"):
        article = word.startswith(TO_THE)
        word = word[1 + article :]
    if word not in _known() and word.startswith(ARTICLE):
        word, article = word[2:], True
    return word, joined, article


def _number(text: str, parts: list[_Part], at: int) -> tuple[Number | None, int]:
    """Return the longest number that begins at part ``at``, and the index after it."""
    total, last, ordinal, i = Decimal(0), Decimal("inf"), False, at
    while i == at or (last > 1 and _next(text, parts, i, joined=True)):
        value, scale, after, is_ordinal = _term(text, parts, i)
        if after == i or value * scale >= last:
            break
        total, last, ordinal, i = total + value * scale, scale, ordinal or is_ordinal, after
    alone = i == at + 1 and parts[at].article
    if i == at or (alone and parts[at].word in _values("not_with_article")):
        return None, at + 1
    number = int(total) if total == total.to_integral_value() else float(total)
    return Number(parts[at].start, parts[i - 1].end, number, ordinal), i


def _term(text: str, parts: list[_Part], i: int) -> tuple[Decimal, Decimal, int, bool]:
    """Read one term («ثلاثمائة وخمسة آلاف», «ألفان», «28»).

    Returns its value, its scale, the index after it (``i`` if there is none), and whether it is
    an ordinal.
    """
    word, scale, duals, scales = parts[i].word, Decimal(1), _values("dual"), _values("scale")
    value, after, ordinal = _group(text, parts, i)
    if after == i and word in duals and (word not in scales or _before_noun(text, parts, i)):
        value, scale, after = Decimal(2), Decimal(duals[word] // 2), i + 1
    elif after == i and word in scales and word not in _values("plural"):
        value, scale, after = Decimal(1), Decimal(scales[word]), i + 1
    while after > i and (part := _next(text, parts, after, joined=False)) and _scales(part):
        scale, after = scale * scales[part.word], after + 1
    return value, scale, after, ordinal


def _scales(part: _Part) -> bool:
    return part.word in _values("scale") and not part.article


def _before_noun(text: str, parts: list[_Part], i: int) -> bool:
    """Return whether a noun follows: «ألفا عام» is a dual, «بلغ ألفًا» an accusative."""
    return _next(text, parts, i + 1, joined=False) is not None


def _group(text: str, parts: list[_Part], i: int) -> tuple[Decimal, int, bool]:
    """Read digits, or words below a thousand.

    Returns the value, the index after it (``i`` if there is none), and whether it is an ordinal.
    """
    part = parts[i]
    if part.value is not None:
        return part.value, i + 1, False
    follower = _next(text, parts, i + 1, joined=False)
    value = _values("hundred").get(part.word, 0)
    after = i + bool(value)
    if not value and 3 <= _values("unit").get(part.word, 0) <= 9 and _hundred(follower):
        value, after = 100 * _values("unit")[part.word], i + 2
    if not value:
        return _below_hundred(text, parts, i)
    if _next(text, parts, after, joined=True) is None:
        return Decimal(value), after, False
    rest, after, ordinal = _below_hundred(text, parts, after)
    return value + rest, after, ordinal


def _hundred(part: _Part | None) -> bool:
    return part is not None and part.word in _values("one_hundred") and not part.article


def _below_hundred(text: str, parts: list[_Part], i: int) -> tuple[Decimal, int, bool]:
    word = parts[i].word
    ordinal = word in _values("ordinal") or word in _values("bound_ordinal")
    one = next((d[word] for d in map(_values, ("unit", "bound", "ordinal")) if word in d), 0)
    follower = parts[i + 1] if i + 1 < len(parts) else None
    if 1 <= one <= 9 and follower and _next(text, parts, i + 1, joined=follower.joined):
        if follower.word in _values("ten") and not follower.joined:
            return Decimal(10 + one), i + 2, ordinal
        if follower.word in _values("tens") and follower.joined:
            return Decimal(_values("tens")[follower.word] + one), i + 2, ordinal
    for values in map(_values, ("teen", "tens", "unit", "ordinal")):
        if word in values:
            return Decimal(values[word]), i + 1, ordinal
    return Decimal(0), i, False


def _next(text: str, parts: list[_Part], i: int, *, joined: bool) -> _Part | None:
    """Return part ``i`` if only white space precedes it and ``joined`` matches, else None."""
    if i >= len(parts) or parts[i].joined != joined:
        return None
    return None if text[parts[i - 1].end : parts[i].lead].strip() else parts[i]
