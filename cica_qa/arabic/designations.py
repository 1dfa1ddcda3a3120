"""Designations of numbered parts: «المادة (٧)», «البند الثالث», «7.2», «E2», «أولًا».

``opening_designation`` reads the one at the start of a line, ``designations_in`` finds all of them
in a question. Numbers are returned in ASCII digits, however they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.numbers import numbers

CODE, DOTTED, ORDINAL = "code", "dotted", "ordinal"
"""The values of ``Designation.word`` for «E2», «7.2» and «أولًا», which have no noun."""

_OPENING_CHARS = 90
_WORD = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[\s*_#>]*")
_DIGITS = re.compile(r"\s*(?:رقم\s*)?[(\[]?\s*(\d{1,4}(?:[./]\d{1,3})*)(?![\d٪%]|[.,:]\d)\s*[)\]]?")
_BRACKETED = re.compile(r"\s*(?:رقم\s*)?[(\[]?\s*")
_AGAIN = re.compile(r"\s*\(?مكررا?\)?(?!\w)")
_HUNDRED_MORE = re.compile(r"\s+بعد\s+(?:ال)?(?:مائة|مئة|مايه|ميه)(?!\w)")
_CODE = re.compile(
    r"(?<![A-Za-z0-9._-])([A-Za-z]{1,4})[-–]?(\d{1,4})([A-Za-z]?)(?![A-Za-z0-9]|[.-]\w)"
)
_DOTTED = re.compile(r"(?<![\d.,/])(\d{1,3}(?:\.\d{1,3}){1,4})(?![\d%٪/]|[.,]\d)")
_ARTICLE = re.compile(r"[وف]?(?:[بك]?ال|لل)")
_FIRST = frozenset(("اول", "اولي"))
_TANWEEN_FIRST = "اولا"


class Designation(NamedTuple):
    """A numbered part named at ``text[start:end]``.

    ``word`` is the noun, folded and without its article, or one of ``CODE``, ``DOTTED`` and
    ``ORDINAL``; ``number`` is the number in ASCII digits.
    """

    start: int
    end: int
    word: str
    number: str

    @property
    def known(self) -> bool:
        """Whether the noun names parts of texts, as «المادة» does and «الساعة» does not."""
        return self.word in folded_rows("designations") or self.word == ORDINAL

    @property
    def rank(self) -> int:
        """The depth of such a part in a document; 1 is the outermost."""
        if self.word == DOTTED:
            return 10 + self.number.count(".")
        row = folded_rows("designations").get(self.word)
        return int(row[0]) if row else 5 if self.word == ORDINAL else 9


def opening_designation(line: str) -> Designation | None:
    """Return the designation at the start of a line, after white space and Markdown marks."""
    normal = _normalizer().normalize(line[:_OPENING_CHARS])
    found = _opening(normal.text)
    if found is None:
        return None
    start, end = normal.original_span(found.start, found.end)
    return found._replace(start=start, end=end)


def designations_in(question: str) -> list[Designation]:
    """Return the designations in a normalised question, in order."""
    found: list[Designation] = []
    for match in _WORD.finditer(question):
        if found and match.start() < found[-1].end:
            continue
        word = _bare(match[0])
        number = _number(question, match.end(), loose=word in folded_rows("designations"))
        if number is None:
            continue
        digits = any(map(str.isdigit, question[match.end() : number[1]]))
        if digits or _ARTICLE.match(fold(match[0])):  # «خطوة أول مرة» does not name a step
            found.append(Designation(match.start(), number[1], word, number[0]))
    taken = [range(one.start, one.end) for one in found]
    for code in _CODE.finditer(question):
        if not any(code.start() in span for span in taken):
            found.append(Designation(*code.span(), CODE, _code(code)))
    for dotted in _DOTTED.finditer(question):
        alone = not question[dotted.end() :].strip(" ؟?.!")
        if alone and not any(dotted.start() in span for span in taken):
            found.append(Designation(*dotted.span(), DOTTED, dotted[1]))
    return sorted(found)


def code_pattern(code: str) -> str:
    """Return the pattern that the codes of one series share: ``E#`` for ``E2``."""
    return re.sub(r"\d+", "#", code, count=1)


def _opening(text: str) -> Designation | None:
    marks = _MARKS.match(text)
    start = marks.end() if marks else 0
    if code := _CODE.match(text, start):
        return Designation(start, code.end(), CODE, _code(code))
    if dotted := _DOTTED.match(text, start):
        return Designation(start, dotted.end(), DOTTED, dotted[1])
    match = _WORD.match(text, start)
    if match is None:
        return None
    word = fold(match[0])
    if word == _TANWEEN_FIRST or word.endswith("ا"):
        value = 1 if word == _TANWEEN_FIRST else _ordinal_value(word[:-1])
        if value is not None:
            return Designation(start, match.end(), ORDINAL, str(value))
    number = _number(text, match.end(), loose=False)
    if number is None:
        return None
    bare = word.removeprefix("ال")
    if bare == word and not any(map(str.isdigit, text[match.end() : number[1]])):
        return None  # «فقرة أولى» may be any first paragraph
    return Designation(start, number[1], bare, number[0])


def _ordinal_value(word: str) -> int | None:
    read = numbers(word)
    whole = read and (read[0].start, read[0].end) == (0, len(word)) and read[0].ordinal
    return int(read[0].value) if whole else None


def _bare(word: str) -> str:
    """Return a folded word without clitics if that leaves a known noun, else without article."""
    word = fold(word)
    for form in _forms(word):
        if form in folded_rows("designations"):
            return form
    return next(iter(_without_article(word)), word)


def _forms(word: str) -> Iterator[str]:
    yield word
    yield from _without_article(word)
    for prefix in ("و", "ف", "ب", "ك"):
        if word.startswith(prefix):
            yield from (word[1:], *_without_article(word[1:]))
    if word.startswith("ول") or word.startswith("فل"):
        yield from _without_article(word[1:])


def _without_article(word: str) -> Iterator[str]:
    for article in ("ال", "لل"):
        if word.startswith(article) and len(word) > 4:
            yield word[2:]
            if article == "لل":
                yield "ل" + word[2:]


def _number(text: str, at: int, *, loose: bool) -> tuple[str, int] | None:
    """Return the number that follows a noun, and the offset of its end.

    If ``loose``, cardinals in words are accepted too («المادة خمسة»).
    """
    if digits := _DIGITS.match(text, at):
        if "رقم" not in digits[0] and not re.match(r"\s|\s*[(\[]", digits[0]):
            return None
        return _with_suffix(text, digits[1].replace("/", "."), digits.end())
    bracket = _BRACKETED.match(text, at)
    begin = bracket.end() if bracket else at
    if begin == at:
        return None
    word = _WORD.match(text, begin)
    if word is None:
        return None
    if fold(word[0]).removeprefix("ال") in _FIRST:
        return _with_suffix(text, "1", _closed(text, begin, word.end()))
    rest = text[begin : begin + 60]
    read = next(iter(numbers(rest)), None)
    if read is None or read.start or not isinstance(read.value, int):
        return None
    if not (read.ordinal or loose or rest.startswith("ال")):
        return None
    value, end = read.value, begin + read.end
    if more := _HUNDRED_MORE.match(text, end):
        value, end = value + 100, more.end()
    return _with_suffix(text, str(value), _closed(text, begin, end))


def _closed(text: str, begin: int, end: int) -> int:
    """Return the end of a number in words, including a closing bracket."""
    opened = text[:begin].rstrip()[-1:] in ("(", "[")
    closing = re.compile(r"\s*[)\]]").match(text, end) if opened else None
    return closing.end() if closing else end


def _with_suffix(text: str, number: str, end: int) -> tuple[str, int]:
    again = _AGAIN.match(text, end)
    return (f"{number} مكرر", again.end()) if again else (number, end)


def _code(match: re.Match[str]) -> str:
    return "".join(match.groups()).upper()


@cache
def _normalizer() -> Normalizer:
    return Normalizer()
