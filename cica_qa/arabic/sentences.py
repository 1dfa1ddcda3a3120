"""Sentence spans of Arabic and mixed text, and cuts inside sentences that never end."""

from __future__ import annotations

import re

# One or more terminals with the marks and closing brackets or quotes that follow them.
_TERMINAL = re.compile("[.!?؟…۔\u061d]+[\u064b-\u065f\u200e\u200f]*[»\"”’'\\)\\]}›]*")
_LAST_TOKEN = re.compile(r"[^\s«(\"“\[{]+$")
_NUMBERING = re.compile(r"[\s(\[]*[0-9٠-٩۰-۹]{1,3}[.)]*$")
_ABBREVIATIONS = set(
    "mr mrs ms dr prof st vs etc e.g i.e fig no vol pp ed jr sr co inc ltd u.s u.k u.n "
    "ق.م د.ت ص.ب هـ ت تحـ".split()
)
_CLAUSE_END = re.compile(r"[،,؛;:][\s]")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return the spans of the sentences in ``text[start:end]``, trimmed of white space.

    Only white space lies between the spans. A full stop ends no sentence inside a number,
    after an initial («د. أحمد») or an abbreviation, or before a small Latin letter; a line
    break alone ends none, since plain text is often wrapped.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _TERMINAL.finditer(text, start, end):
        if _ends_sentence(text, begin, match, end):
            begin = _append(spans, text, begin, match.end())
    _append(spans, text, begin, end)
    return spans


def split_long(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    """Cut ``text[start:end]`` into spans of at most ``limit`` characters.

    Cuts fall after a comma or a colon where one is near, else at white space, else anywhere
    but between a character and its marks.
    """
    spans: list[tuple[int, int]] = []
    while end - start > limit:
        cut = _cut_before(text, start, start + limit)
        _append(spans, text, start, cut)
        start = cut
    _append(spans, text, start, end)
    return spans


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    after = text[match.end()] if match.end() < end else " "
    dots_only = set(match[0]) == {"."}
    if not after.isspace():
        # «غرامي.غنت»: the space after a full stop is often missing in Arabic.
        if not after.isalpha() or not _is_arabic(after):
            return False
        before = text[match.start() - 1] if match.start() > begin else " "
        return not dots_only or (_is_arabic(before) and not _abbreviated(text, begin, match))
    if not dots_only:
        return True
    follower = text[match.end() : end].lstrip()[:1]
    if follower.islower():
        return False
    return not follower or not _abbreviated(text, begin, match)


def _abbreviated(text: str, begin: int, match: re.Match[str]) -> bool:
    """Whether the full stop belongs to the word before it: an initial, «ق.م», a list number."""
    if len(match[0]) > 1:
        return False
    before = text[max(begin, match.start() - 40) : match.start()]
    if _NUMBERING.fullmatch(text[begin : match.start()]):
        return True
    token = _LAST_TOKEN.search(before)
    if token is None:
        return False
    last = token[0].rsplit(".", 1)[-1]
    return (len(last) == 1 and last.isalpha()) or token[0].lower() in _ABBREVIATIONS


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> int:
    """Add the trimmed span; one without a letter or digit joins the span before it."""
    first, last = start, end
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    if first == last:
        return end
    if spans and not any(character.isalnum() for character in text[first:last]):
        spans[-1] = (spans[-1][0], last)
    else:
        spans.append((first, last))
    return end


def _cut_before(text: str, start: int, limit: int) -> int:
    middle = start + (limit - start) // 2
    clauses = [match.end() for match in _CLAUSE_END.finditer(text, middle, limit)]
    if clauses:
        return clauses[-1]
    for cut in range(limit, start, -1):
        if text[cut - 1].isspace():
            return cut
    cut = limit
    while cut > start + 1 and _rides(text[cut]):
        cut -= 1
    return cut if not _rides(text[cut]) else limit


def _rides(character: str) -> bool:
    return bool(re.match("[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]", character))


def _is_arabic(character: str) -> bool:
    return "\u0600" <= character <= "\u06ff"
