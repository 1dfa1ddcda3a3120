"""Sentence boundaries in Arabic and mixed text, and cuts within overlong sentences."""

from __future__ import annotations

import re
import unicodedata

from cica_qa.arabic.letters import ARTICLE
from cica_qa.arabic.lexicon import word_list
from cica_qa.arabic.script import is_in_arabic_block

# Terminal punctuation with the marks, closing brackets and quotes that follow it.
_TERMINAL = re.compile(
    "([.!?؟…۔\u061d]+)[\u064b-\u065f\u200e\u200f\u202a-\u202e\u2066-\u2069»\"”’'\\)\\]}›]*"
)
_NEXT = re.compile(r"\s*(\S?)")
_LAST_TOKEN = re.compile(r"[^\s«(\"“\[{]+$")
_NUMBERING = re.compile(r"[\s(\[]*[0-9٠-٩۰-۹]{1,3}[.)]*$")
_ERA = re.compile(
    r"[0-9٠-٩۰-۹]\s*(?:م|هـ?)$"
)  # «م» and «هـ» after a year have no full stop of their own
_CLAUSE_END = re.compile(r"[،,؛;:][\s]")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return the spans of the sentences in ``text[start:end]``, without surrounding white space.

    Only white space lies between the spans. A full stop does not end a sentence inside a number,
    after an initial («د. أحمد», «جون إف. كينيدي») or an abbreviation, or before a lower-case Latin
    letter. Nor does a line break alone, since plain text is often wrapped.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _TERMINAL.finditer(text, start, end):
        if _ends_sentence(text, begin, match, end):
            begin = _append(spans, text, begin, match.end())
    _append(spans, text, begin, end)
    if len(spans) > 1 and not has_word(text[slice(*spans[0])]):
        spans[:2] = [(spans[0][0], spans[1][1])]
    return spans


def has_word(text: str) -> bool:
    """Return whether the text contains a letter or a digit; tatweel does not count."""
    return any(character.isalnum() and character != "\u0640" for character in text)


def split_long(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    """Cut ``text[start:end]`` into spans of at most ``limit`` characters.

    Cuts fall after a comma, semicolon or colon in the second half of a span if there is one,
    otherwise at white space, otherwise anywhere except between a character and its combining
    marks, even if that exceeds the limit.
    """
    spans: list[tuple[int, int]] = []
    while end - start > limit:
        cut = min(_cut_before(text, start, start + limit), end)
        _append(spans, text, start, cut, limit)
        start = cut
    _append(spans, text, start, end, limit)
    return spans


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    after = text[match.end()] if match.end() < end else " "
    dots_only = set(match[1]) == {"."}
    if not after.isspace():
        # The space after a full stop is often missing in Arabic: «غرامي.غنت».
        if not after.isalpha() or not is_in_arabic_block(after):
            return False
        before = text[match.start() - 1] if match.start() > begin else " "
        return not dots_only or (
            is_in_arabic_block(before) and not _abbreviated(text, begin, match)
        )
    if not dots_only:
        return True
    follower = _NEXT.match(text, match.end(), end)
    if follower is None or not follower[1]:
        return True
    return not follower[1].islower() and not _abbreviated(text, begin, match)


def _abbreviated(text: str, begin: int, match: re.Match[str]) -> bool:
    """Return whether the full stop belongs to an initial, an abbreviation or a list number."""
    if len(match[1]) > 1:
        return False
    before = text[max(begin, match.start() - 40) : match.start()]
    if match.start() - begin <= len(before) and _NUMBERING.fullmatch(before):
        return True
    token = _LAST_TOKEN.search(before)
    if token is None or _ERA.search(before):
        return False
    last = token[0].rsplit(".", 1)[-1]
    letters = word_list("abbreviations", "letter")
    if last in letters:
        # «بي بي سي.» is a name, not an initial, and «وقد» or «فقال» begins a sentence.
        earlier = before[: token.start()].split()
        follower = _NEXT.match(text, match.end())
        begins = follower is not None and follower[1] in ("و", "ف")
        return not begins and not (earlier and earlier[-1].removeprefix(ARTICLE) in letters)
    initial = len(last) == 1 and last.isalpha()
    return initial or token[0].lower() in word_list("abbreviations", "abbreviation")


def _append(
    spans: list[tuple[int, int]], text: str, start: int, end: int, limit: int | None = None
) -> int:
    """Append the trimmed span, or extend the last one if it contains no letter or digit.

    A span is not extended beyond ``limit`` characters. Returns ``end``.
    """
    first, last = start, end
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    if first == last:
        return end
    fits = spans and (limit is None or last - spans[-1][0] <= limit)
    if fits and not has_word(text[first:last]):
        spans[-1] = (spans[-1][0], last)
    else:
        spans.append((first, last))
    return end


def _cut_before(text: str, start: int, limit: int) -> int:
    middle = start + (limit - start) // 2
    clauses = [match.end() for match in _CLAUSE_END.finditer(text, middle, limit)]
    anywhere = range(limit, start, -1)
    spaces = [cut for cut in anywhere if text[cut - 1].isspace()]
    places: list[int] = [*clauses[::-1], *spaces, *anywhere]
    for cut in places:
        if not _is_mark(text, cut):
            return cut
    while _is_mark(text, limit):
        limit += 1
    return limit


def _is_mark(text: str, at: int) -> bool:
    """Return whether the character at an offset is a combining mark."""
    return at < len(text) and unicodedata.category(text[at]).startswith("M")
