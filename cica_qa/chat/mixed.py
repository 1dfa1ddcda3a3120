"""Mixed Arabic and Latin text as HTML: directions, isolated numbers and codes, and links.

A text is right to left unless it contains letters but no Arabic ones. Left-to-right parts (signed
numbers, codes, dates, Latin words, addresses) are isolated, so that «920-001-234» looks as it does
in the file. Without its tags, the markup is the text, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape as escape_html
from itertools import pairwise
from typing import NamedTuple

_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9ﭐ-ﷻﹰ-ﻼ]")
_LETTER = re.compile(r"[^\W\d_]")
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")
_DIGITS = "0-9٠-٩۰-۹"
_URL = r"(?:https?://|www\.)[A-Za-z0-9][^\s<>«»\x22'،؛؟]*"
_MAIL = r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_DATE = (
    rf"(?<![{_DIGITS}/.-])[0-9]{{1,4}}(?P<between>[/.-])[0-9]{{1,2}}(?P=between)[0-9]{{1,4}}"
    rf"(?![{_DIGITS}/-])"
)
_PHONE = (
    rf"(?<![{_DIGITS}A-Za-z_.,/-])\+?\(?[{_DIGITS}][{_DIGITS} ()-]{{4,20}}[{_DIGITS}]"
    rf"(?![{_DIGITS}\w/])"
)
_CODE = (
    r"(?<![A-Za-z0-9_٠-٩۰-۹])[.#@$€£]?(?:(?<![\w])[-+−])?[$€£]?[A-Za-z0-9]+(?:[-_/.:,\\&@+×=–~'’]-?[A-Za-z0-9]+)*"
    r"(?:[+#%‰°]+(?![\w]))?"
)
# Punctuation between Latin words belongs to them: «Asia – CICA», «Almaty, Kazakhstan».
_BETWEEN = r"(?: (?:& )?|(?<=[A-Za-z])(?: [–—/|-]|[,;:]) (?=[A-Za-z]))"
_RUN = rf"{_CODE}(?:{_BETWEEN}{_CODE})*"
_FOUND = re.compile(
    rf"(?P<url>{_URL})|(?P<mail>{_MAIL})|(?P<date>{_DATE})|(?P<phone>{_PHONE})|(?P<run>{_RUN})"
)
_BARE = re.compile(r"[0-9]+|[A-Za-z]+")  # never reordered, so needs no isolate
_AFTER_URL = ".,:;!?)]}'\""
_WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def pattern_for_scripts() -> str:
    """Return the pattern of what is isolated as JavaScript reads it, with its flags ``gu``."""
    named = _FOUND.pattern.replace("(?P<", "(?<").replace("(?P=between)", r"\k<between>")
    return named.replace(r"\w", r"\p{L}\p{N}_")


def escape(text: str) -> str:
    """Return any text escaped for HTML content and attributes.

    NUL and lone surrogates, which HTML cannot contain, become U+FFFD, one for one. A carriage
    return becomes a character reference, since parsers turn a bare one into a line feed.
    """
    shown = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return escape_html(shown).replace("\r", "&#13;")


def direction(text: str) -> str:
    """Return ``ltr`` for a text with letters but no Arabic ones, otherwise ``rtl``."""
    return "ltr" if _LETTER.search(text) and not _ARABIC.search(text) else "rtl"


class Mark(NamedTuple):
    """A span of a text that gets its own tag, such as ``mark`` or ``b class="…"``."""

    start: int
    end: int
    tag: str


class _Element(NamedTuple):
    start: int
    end: int
    opening: str
    closing: str


def isolated(text: str, marks: Sequence[Mark] = (), *, links: bool = True) -> str:
    """Return a text as markup, with its left-to-right parts isolated.

    With ``links``, web and mail addresses and telephone numbers become links. A mark that begins
    or ends within an isolate is split at the boundary: the isolate stays one element, so that
    its words keep their order.
    """
    return _markup(text, [*_isolates(text, links)], marks)


def lines(text: str, marks: Sequence[Mark] = ()) -> str:
    """Return a multi-line text as markup; lines without Arabic letters are left to right."""
    elements, at = [], 0
    for row in text.splitlines(keepends=True):
        body = row.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        if direction(body) == "ltr":
            elements.append(_bdi(at, at + len(body)))
        elements += [
            one._replace(start=one.start + at, end=one.end + at) for one in _isolates(body)
        ]
        at += len(row)
    return _markup(text, elements, marks)


def _markup(text: str, isolates: Sequence[_Element], marks: Sequence[Mark]) -> str:
    """Return a text with its isolates, and its marks split where they would cross an element."""
    elements: list[_Element] = []
    for start, end, tag in marks:
        if start < end:
            opening, closing = f"<{tag}>", f"</{tag.partition(' ')[0]}>"
            cuts = sorted({start, end} | _crossings(start, end, [*elements, *isolates]))
            elements += [_Element(*piece, opening, closing) for piece in pairwise(cuts)]
    return _nested(text, sorted([*elements, *isolates], key=lambda one: (one.start, -one.end)))


def _nested(text: str, elements: Sequence[_Element]) -> str:
    """Return a text with properly nested elements, which are ordered from outer to inner."""
    parts: list[str] = []
    inside: list[_Element] = []
    at = 0
    for element in [*elements, _Element(len(text), len(text), "", "")]:
        while inside and inside[-1].end <= element.start:
            last = inside.pop()
            parts += [escape(text[at : last.end]), last.closing]
            at = last.end
        parts += [escape(text[at : element.start]), element.opening]
        at = element.start
        inside.append(element)
    return "".join(parts)


def _crossings(start: int, end: int, elements: Sequence[_Element]) -> set[int]:
    """Return where a span must be split so that it crosses none of the elements."""
    begun = {one.start for one in elements if start < one.start < end < one.end}
    return begun | {one.end for one in elements if one.start < start < one.end < end}


def _isolates(text: str, links: bool = True) -> Iterator[_Element]:
    at = 0
    for found in _FOUND.finditer(text):
        if found.start() < at:
            continue
        element, at = _element(found, links)
        if element is not None:
            yield element


def _element(found: re.Match[str], links: bool) -> tuple[_Element | None, int]:
    """Return a match as an element, or None if it needs none, and the offset of its end."""
    text, start, end = found[0], found.start(), found.end()
    if found["url"]:
        text = _without_end(text)
        end = start + len(text)
        target = text if "://" in text else f"https://{text}"
        return (_link(start, end, target) if links else _bdi(start, end)), end
    if found["mail"]:
        return (_link(start, end, f"mailto:{text}") if links else _bdi(start, end)), end
    if found["phone"]:
        digits = re.sub(r"[^0-9]", "", text.translate(_WESTERN))
        if links and _is_phone(text.translate(_WESTERN), digits):
            plus = "+" if text.startswith(("+", "(+")) else ""
            return _link(start, end, f"tel:{plus}{digits}"), end
        if not re.search("[0-9]", text):  # Arabic digits need no isolate
            return None, end
    return (None if _BARE.fullmatch(text) else _bdi(start, end)), end


def _without_end(url: str) -> str:
    """Return an address without trailing punctuation, except a bracket that it opens."""
    while url and url[-1] in _AFTER_URL:
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url


def _is_phone(text: str, digits: str) -> bool:
    """Return whether digits are a phone number: international, with leading zero, or grouped."""
    size = len(digits)
    if text.startswith(("+", "(+", "00")):
        return 8 <= size <= 16
    if digits.startswith("0"):
        return 7 <= size <= 12
    groups = re.split(r"[ ()-]+", text.strip("()"))
    grouped = len(groups) > 1 and all(2 <= len(group) <= 5 for group in groups)
    return 9 <= size <= 12 and (grouped or digits.startswith(("800", "920")))


def _bdi(start: int, end: int) -> _Element:
    return _Element(start, end, '<bdi dir="ltr">', "</bdi>")


def _link(start: int, end: int, target: str) -> _Element:
    away = "" if target.startswith(("tel:", "mailto:")) else ' target="_blank"'
    kind = f'href="{escape(target)}" dir="ltr"{away} rel="noopener noreferrer"'
    return _Element(start, end, f"<a {kind}>", "</a>")
