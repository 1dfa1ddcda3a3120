"""Latin in Arabic as HTML: directions, isolated numbers and codes, and links.

A text is right to left unless it has no Arabic letter. What reads from left to right within it
(numbers with signs, codes, dates, Latin words, addresses) is isolated, so that «920-001-234» stands
as it does in the file. Without its tags the markup is the text, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape as escape_html

_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c9ﭐ-ﷻﹰ-ﻼ]")
_LETTER = re.compile(r"[^\W\d_]")
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")
_DIGITS = "0-9٠-٩۰-۹"
_URL = r"(?:https?://|www\.)[A-Za-z0-9][^\s<>«»\"'،؛؟]*"
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
    r"(?<![A-Za-z0-9_٠-٩۰-۹])[.#@$€£]?(?:(?<!\w)[-+−])?[$€£]?[A-Za-z0-9]+(?:[-_/.:,\\&@+×=–~'’]-?[A-Za-z0-9]+)*"
    r"(?:[+#%‰°]+(?!\w))?"
)
# Punctuation between Latin words is theirs: «Asia – CICA», «Almaty, Kazakhstan».
_BETWEEN = r"(?: (?:& )?|(?<=[A-Za-z])(?: [–—/|-]|[,;:]) (?=[A-Za-z]))"
_RUN = rf"{_CODE}(?:{_BETWEEN}{_CODE})*"
_FOUND = re.compile(
    rf"(?P<url>{_URL})|(?P<mail>{_MAIL})|(?P<date>{_DATE})|(?P<phone>{_PHONE})|(?P<run>{_RUN})"
)
_BARE = re.compile(r"[0-9]+|[A-Za-z]+")  # what no reordering can tear apart
_AFTER_URL = ".,:;!?)]}'\""
_WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def escape(text: str) -> str:
    """Make any text literal in HTML, in content and in attributes.

    NUL and lone surrogates, which no page can hold, become U+FFFD, one for one. A carriage
    return is written as a reference, since parsers turn a bare one into a line feed.
    """
    shown = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return escape_html(shown).replace("\r", "&#13;")


def direction(text: str) -> str:
    """Return ``ltr`` for a text that has letters and none of them Arabic, else ``rtl``."""
    return "ltr" if _LETTER.search(text) and not _ARABIC.search(text) else "rtl"


def isolated(text: str, *, links: bool = True) -> str:
    """Return a text as markup, with what reads from left to right isolated.

    With ``links``, web and mail addresses and telephone numbers lead there.
    """
    parts, at = [], 0
    for found in _FOUND.finditer(text):
        if found.start() < at:
            continue
        shown, end = _shown(found, links)
        parts += [escape(text[at : found.start()]), shown]
        at = end
    return "".join([*parts, escape(text[at:])])


def lines(text: str, inline: Callable[[str], str] = isolated) -> str:
    """Return a text of several lines: those without an Arabic letter run from left to right."""
    return "".join(_line(row, inline) for row in text.splitlines(keepends=True))


def _line(row: str, inline: Callable[[str], str]) -> str:
    body = row.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
    shown = inline(body)
    if direction(body) == "ltr":
        shown = f'<bdi dir="ltr">{shown}</bdi>'
    return shown + escape(row[len(body) :])


def _shown(found: re.Match[str], links: bool) -> tuple[str, int]:
    """What was found as markup, and where in the text it ends."""
    text, end = found[0], found.end()
    if found["url"]:
        text = _without_end(text)
        end = found.start() + len(text)
        target = text if "://" in text else f"https://{text}"
        return (_link(target, text) if links else _bdi(text)), end
    if found["mail"]:
        return (_link(f"mailto:{text}", text) if links else _bdi(text)), end
    if found["phone"]:
        digits = re.sub(r"[^0-9]", "", text.translate(_WESTERN))
        if links and _is_phone(text.translate(_WESTERN), digits):
            plus = "+" if text.startswith(("+", "(+")) else ""
            return _link(f"tel:{plus}{digits}", text), end
        if not re.search("[0-9]", text):  # Arabic digits order themselves
            return escape(text), end
    return (escape(text) if _BARE.fullmatch(text) else _bdi(text)), end


def _without_end(url: str) -> str:
    """Return an address without the sentence's punctuation; a bracket that it opens stays."""
    while url and url[-1] in _AFTER_URL:
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url


def _is_phone(text: str, digits: str) -> bool:
    """Whether digits are dialled: international, with a leading zero, or in groups as told."""
    size = len(digits)
    if text.startswith(("+", "(+", "00")):
        return 8 <= size <= 16
    if digits.startswith("0"):
        return 7 <= size <= 12
    groups = re.split(r"[ ()-]+", text.strip("()"))
    grouped = len(groups) > 1 and all(2 <= len(group) <= 5 for group in groups)
    return 9 <= size <= 12 and (grouped or digits.startswith(("800", "920")))


def _bdi(text: str) -> str:
    return f'<bdi dir="ltr">{escape(text)}</bdi>'


def _link(target: str, text: str) -> str:
    away = "" if target.startswith(("tel:", "mailto:")) else ' target="_blank"'
    kind = f'href="{escape(target)}" dir="ltr"{away} rel="noopener noreferrer"'
    return f"<a {kind}>{escape(text)}</a>"
