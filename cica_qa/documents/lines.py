"""Lines of a plain text, their stanzas, and the bullets that open them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cica_qa.arabic.sentences import has_word

# The bullets that are nothing else, and numbers before an Arabic letter, need no space.
BULLET = re.compile(
    r"[•●▪■□◆○◦‣⁃∙➢►✓❖\uf0b7][ \t\u00a0]*"
    r"|[(\[]?[0-9٠-٩۰-۹]{1,3}[.)\]-](?:[ \t\u00a0]+|(?=[\u0621-\u064a]))"
    r"|(?:[·*+–—-]|[(\[]?[\u0621-\u064aA-Za-z][)\]-])[ \t\u00a0]+"
)
# «أ. نسخة» opens an item beside «ب. تصحيح»; alone «د. أحمد» is a doctor.
LETTERED = re.compile(r"[*_]*([\u0621-\u064a])ـ?[*_]*[.)\]:-][*_]*[ \t\u00a0]+(?=\S)")
_NUMBER_MARK = re.compile(r"[(\[]?([0-9٠-٩۰-۹]{1,3})[.)\]-]")
_LETTER_MARK = re.compile(r"[(\[]?([\u0621-\u064aA-Za-z])ـ?[.)\]-]")
_ORDERS = ("ابجدهوزحطيكلمنسعفصقرشتثخذضظغ", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
_LINE = re.compile("[^\r\n\u2028\u2029]*(?:\r\n?|[\n\u2028\u2029]|\\Z)")
# What wraps a text on its way through XML or HTML, and is no part of it.
_DEBRIS = r"<!\[CDATA\[|\]\]>|<\?xml[^<>]*\?>|<!DOCTYPE[^<>]*>"
_INVISIBLE = r"\s\x00\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_LEADING = re.compile(rf"(?:[{_INVISIBLE}]|{_DEBRIS})+", re.IGNORECASE)
_PIECE = re.compile(rf"{_DEBRIS}|(?P<content>(?:(?!{_DEBRIS})[^{_INVISIBLE}])+)", re.IGNORECASE)
_WRAPPER = re.compile(_DEBRIS, re.IGNORECASE)
_RULE = re.compile(r"[_\-—–=ـ*~.]{3,}")
_SENTENCE_END = tuple(".؟?!؛،,:;…")
_CLOSING = "»\"”')]*_"


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the white space and the debris at its two ends.

    ``indent`` is the number of characters before it, ``detached`` whether debris or a rule
    stands before it, ``ruled`` whether it is a rule.
    """

    start: int
    end: int
    text: str
    detached: bool = False
    indent: int = 0
    ruled: bool = False

    @property
    def blank(self) -> bool:
        """Whether it has neither letter nor digit."""
        return not has_word(self.text)

    @property
    def is_item(self) -> bool:
        """Whether a bullet or a number opens it."""
        return BULLET.match(self.text) is not None

    @property
    def unpunctuated(self) -> bool:
        """Whether it ends in no punctuation."""
        return not self.text.rstrip(_CLOSING).endswith(_SENTENCE_END)

    @property
    def finished(self) -> bool:
        """Whether it ends as a sentence does."""
        return self.text.rstrip(_CLOSING).endswith((".", "؟", "?", "!", "…"))


@dataclass(frozen=True, slots=True)
class Stanza:
    """Lines with content between lines without any.

    ``joined`` says that no blank line parts it from the stanza before, ``ruled`` that a rule
    does. ``told`` is whether a reader of a file told its role: it can be no heading. ``leads`` is
    whether items or rows that were told stand behind it and may be led to.
    """

    lines: tuple[Line, ...]
    joined: bool = False
    ruled: bool = False
    told: bool = False
    leads: bool = False

    @property
    def first(self) -> Line:
        """Its first line."""
        return self.lines[0]


def stanzas_of(text: str) -> list[Stanza]:
    """Return the stanzas of a text in order."""
    found: list[Stanza] = []
    stanza: list[Line] = []
    detached = ruled = False
    for line in lines_of(text):
        if stanza and (line.blank or line.detached):
            found.append(Stanza(tuple(stanza), ruled=ruled))
            stanza, ruled = [], False
        detached = detached or line.detached or (line.blank and bool(line.text))
        ruled = ruled or line.ruled
        if not line.blank:
            stanza.append(replace(line, detached=detached))
            detached = False
    if stanza:
        found.append(Stanza(tuple(stanza), ruled=ruled))
    return found


def lines_of(text: str, begin: int = 0, end: int | None = None) -> Iterator[Line]:
    """Yield the lines of ``text[begin:end]``."""
    after_debris = False
    last = len(text) if end is None else end
    for match in _LINE.finditer(text, begin, last):
        lead = _LEADING.match(text, *match.span())
        start = stop = lead.end() if lead else match.start()
        for piece in _PIECE.finditer(text, start, match.end()):
            stop = piece.end() if piece["content"] else stop
        detached = after_debris or bool(_WRAPPER.search(text, match.start(), start))
        line = text[start:stop]
        yield Line(
            start, stop, line, detached, start - match.start(), _RULE.fullmatch(line) is not None
        )
        after_debris = bool(_WRAPPER.search(text, stop, match.end())) or (
            detached and start == stop
        )


def lettered(lines: Sequence[Line]) -> set[int]:
    """Return the starts of lines that «أ.», «ب.», «ج.» open in the order of the alphabet."""
    found: set[int] = set()
    before: tuple[Line, str] | None = None
    for line in lines:
        match = LETTERED.match(line.text)
        if not match:
            continue
        letter = match[1].translate(str.maketrans("أإآ", "ااا"))
        if before and any(before[1] + letter in order for order in _ORDERS):
            found |= {before[0].start, line.start}
        before = line, letter
    return found


def mark_of(text: str) -> tuple[str, str]:
    """Return the style of the bullet that opens an item, and its number or letter."""
    text = text.lstrip("*_")
    if not BULLET.match(text) and not LETTERED.match(text):
        return "", ""
    if number := _NUMBER_MARK.match(text):
        return "number", str(int(number[1]))
    if letter := _LETTER_MARK.match(text):
        return "letter", letter[1]
    return text[:1], ""


def without_bullet(text: str, kind: str = "") -> str:
    """Return a list item without its bullet or number.

    Of a text whose ``kind`` is ``item``, «أ.» is one as well.
    """
    match = BULLET.match(text) or (LETTERED.match(text) if kind in ("item", "field") else None)
    return text[match.end() :] if match else text


def lettered_number(item: str) -> str:
    """Return the letter that stands behind the bullet of an item: «- **أ)** …»."""
    match = LETTERED.match(without_bullet(item))
    return match[1] if match else ""
