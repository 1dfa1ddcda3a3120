"""Lines and stanzas of plain text, and the bullets that open list items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cica_qa.arabic.sentences import has_word

TextSpan = tuple[int, int]
"""The start and end of a slice of a document, in code points."""
# Unambiguous bullets, and numbers before an Arabic letter, need no space.
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
# Wrappers left over from XML or HTML, which are not part of the text.
_DEBRIS = r"<!\[CDATA\[|\]\]>|<\?xml[^<>]*\?>|<!DOCTYPE[^<>]*>"
_INVISIBLE = r"\s\x00\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_LEADING = re.compile(rf"(?:[{_INVISIBLE}]|{_DEBRIS})+", re.IGNORECASE)
_PIECE = re.compile(rf"{_DEBRIS}|(?P<content>(?:(?!{_DEBRIS})[^{_INVISIBLE}])+)", re.IGNORECASE)
_WRAPPER = re.compile(_DEBRIS, re.IGNORECASE)
_RULE = re.compile(r"[_\-—–=ـ*~.]{3,}")
_SENTENCE_END = tuple(".؟?!؛،,:;…")
_CLOSING = "»\"”')]*_"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line without the white space and markup debris at its ends.

    ``indent`` is the number of characters before it, ``detached`` whether debris or a rule
    precedes it, ``ruled`` whether the line itself is a rule.
    """

    start: int
    end: int
    text: str
    detached: bool = False
    indent: int = 0
    ruled: bool = False

    @property
    def blank(self) -> bool:
        """Whether the line has neither letters nor digits."""
        return not has_word(self.text)

    @property
    def is_item(self) -> bool:
        """Whether the line begins with a bullet or a number."""
        return BULLET.match(self.text) is not None

    @property
    def unpunctuated(self) -> bool:
        """Whether the line ends without punctuation."""
        return not self.text.rstrip(_CLOSING).endswith(_SENTENCE_END)

    @property
    def finished(self) -> bool:
        """Whether the line ends like a sentence."""
        return self.text.rstrip(_CLOSING).endswith((".", "؟", "?", "!", "…"))


@dataclass(frozen=True, slots=True)
class Stanza:
    """A run of lines with content, between blank lines.

    ``joined`` says that no blank line separates it from the previous stanza, ``ruled`` that a
    rule does. ``is_paragraph`` says that a file reader identified it as a paragraph, so that it
    cannot be a heading. ``leads`` says that a list or table follows which it may introduce.
    """

    lines: tuple[TextLine, ...]
    joined: bool = False
    ruled: bool = False
    is_paragraph: bool = False
    leads: bool = False

    @property
    def first(self) -> TextLine:
        """The first line."""
        return self.lines[0]


def stanzas_of(text: str) -> list[Stanza]:
    """Return the stanzas of a text in order."""
    found: list[Stanza] = []
    stanza: list[TextLine] = []
    detached = ruled = False
    for line in iter_lines(text):
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


def iter_lines(text: str, begin: int = 0, end: int | None = None) -> Iterator[TextLine]:
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
        yield TextLine(
            start, stop, line, detached, start - match.start(), _RULE.fullmatch(line) is not None
        )
        after_debris = bool(_WRAPPER.search(text, stop, match.end())) or (
            detached and start == stop
        )


def lettered(lines: Sequence[TextLine]) -> set[int]:
    """Return the starts of lines that begin with «أ.», «ب.», «ج.» in alphabetical order."""
    found: set[int] = set()
    before: tuple[TextLine, str] | None = None
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
    """Return the style of the bullet at the start of an item, and its number or letter."""
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

    A letter with a full stop («أ.») counts as one only if ``kind`` is ``item`` or ``field``.
    """
    match = BULLET.match(text) or (LETTERED.match(text) if kind in ("item", "field") else None)
    return text[match.end() :] if match else text


def lettered_number(item: str) -> str:
    """Return the letter that follows the bullet of an item: «- **أ)** …»."""
    match = LETTERED.match(without_bullet(item))
    return match[1] if match else ""
