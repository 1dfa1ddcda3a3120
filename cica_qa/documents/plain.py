"""The structure of plain text, read from its layout: nothing in it is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cica_qa.arabic.sentences import has_word
from cica_qa.types import Block, BlockKind

# The bullets that are nothing else, and numbers before an Arabic letter, need no space.
BULLET = re.compile(
    r"[•●▪■□◆○◦‣⁃∙➢►✓❖\uf0b7][ \t\u00a0]*"
    r"|[(\[]?[0-9٠-٩۰-۹]{1,3}[.)\]-](?:[ \t\u00a0]+|(?=[\u0621-\u064a]))"
    r"|(?:[·*+–—-]|[(\[]?[\u0621-\u064aA-Za-z][)\]-])[ \t\u00a0]+"
)
_LINE = re.compile("[^\r\n\u2028\u2029]*(?:\r\n?|[\n\u2028\u2029]|\\Z)")
# What wraps a text on its way through XML or HTML, and is no part of it.
_DEBRIS = r"<!\[CDATA\[|\]\]>|<\?xml[^<>]*\?>|<!DOCTYPE[^<>]*>"
_INVISIBLE = r"\s\x00\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_LEADING = re.compile(rf"(?:[{_INVISIBLE}]|{_DEBRIS})+", re.IGNORECASE)
_PIECE = re.compile(rf"{_DEBRIS}|(?P<content>(?:(?!{_DEBRIS})[^{_INVISIBLE}])+)", re.IGNORECASE)
_WRAPPER = re.compile(_DEBRIS, re.IGNORECASE)
# «السعر: 1200 ريال»: a label of a few words and what it says.
_FIELD = re.compile(r"(?:[^\s:：.؟?!؛،,]{1,20}[ \t\u00a0]*){1,5}[:：][ \t\u00a0]*[^\s:：؟?][^؟?]*")
_FIELD_CHARS = 150
# Parts of laws, contracts and reports; their number tells that they are headings.
_ORDINAL = r"(?:أول|ثان|ثالث|رابع|خامس|سادس|سابع|ثامن|تاسع|عاشر|حادي|تمهيد|ختام)"
_PART = re.compile(
    rf"(?:ال)?(?:مادة|باب|فصل|بند|قسم|ملحق|مبحث|محور)\s+(?:رقم\s+)?"
    rf"(?:[(\[]?[0-9٠-٩۰-۹]|(?:ال)?{_ORDINAL})[^.؟!،؛]{{0,60}}"
    rf"|{_ORDINAL}\w{{0,2}}\s*[:：-][^.؟!،؛]{{1,60}}"
)
_TANWEEN = str.maketrans("", "", "\u064b")
_SENTENCE_END = tuple(".؟?!؛،,:;…")
_HEADING_CHARS, _HEADING_WORDS = 100, 14
_TITLE_CHARS, _TITLE_WORDS = 250, 35


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    detached: bool = False

    @property
    def blank(self) -> bool:
        return not has_word(self.text)

    @property
    def is_item(self) -> bool:
        return BULLET.match(self.text) is not None

    @property
    def is_field(self) -> bool:
        return len(self.text) <= _FIELD_CHARS and _FIELD.fullmatch(self.text) is not None


def plain_blocks(text: str) -> list[Block]:
    """Return title, headings, paragraphs and list items of a plain text.

    A heading is a short line of its own that ends in no punctuation and has something
    under it; of three or more such lines in a row (a table of contents, a list without
    bullets) only the last can be one. The first line is the title on the same terms.
    """
    stanzas = list(_stanzas(text))
    roles = _roles(stanzas)
    blocks: list[Block] = []
    for stanza, role in zip(stanzas, roles, strict=True):
        detached = stanza[0].detached and bool(blocks)
        if role != "paragraph":
            start, end, level = stanza[0].start, stanza[0].end, int(role == "heading")
            block = Block(role, start, end, level, detached=detached)
            blocks.append(block)
            detached, stanza = False, stanza[1:]
        blocks.extend(_body(stanza, detached))
    return blocks


def _stanzas(text: str) -> Iterator[list[_Line]]:
    """Yield runs of lines with content between lines without any."""
    stanza: list[_Line] = []
    detached = False
    for line in _lines(text):
        if stanza and (line.blank or line.detached):
            yield stanza
            stanza = []
        detached = detached or line.detached or (line.blank and bool(line.text))
        if not line.blank:
            stanza.append(replace(line, detached=detached))
            detached = False
    if stanza:
        yield stanza


def _lines(text: str) -> Iterator[_Line]:
    """Yield each line without the white space and the debris at its two ends."""
    after_debris = False
    for match in _LINE.finditer(text):
        lead = _LEADING.match(text, *match.span())
        start = end = lead.end() if lead else match.start()
        for piece in _PIECE.finditer(text, start, match.end()):
            end = piece.end() if piece["content"] else end
        detached = after_debris or bool(_WRAPPER.search(text, match.start(), start))
        yield _Line(start, end, text[start:end], detached)
        after_debris = bool(_WRAPPER.search(text, end, match.end())) or (detached and start == end)


def _roles(stanzas: Sequence[Sequence[_Line]]) -> list[BlockKind]:
    """Say of each stanza what its first line is."""
    alone = [_heads(stanza) for stanza in stanzas]
    for at in range(len(stanzas)):  # a numbered line beside another is an item of a list
        neighbours = (*stanzas[max(at - 1, 0) : at], *stanzas[at + 1 : at + 2])
        if stanzas[at][0].is_item and any(other[0].is_item for other in neighbours):
            alone[at] = False
    roles: list[BlockKind] = ["paragraph"] * len(stanzas)
    first = 0
    if len(stanzas) > 1 and _is_title(stanzas[0]):
        roles[0] = "title"
        first = 1
    while first < len(stanzas):
        if not alone[first]:
            first += 1
            continue
        last = first
        while last + 1 < len(stanzas) and len(stanzas[last]) == 1 and alone[last + 1]:
            last += 1
        followed = last + 1 < len(stanzas) or len(stanzas[last]) > 1
        if last - first < 2:
            roles[first : last + 1] = ["heading"] * (last + 1 - first)
        elif followed:
            roles[last] = "heading"
        if first == 0 and not followed:
            roles[:] = ["paragraph"] * len(stanzas)
        first = last + 1
    return roles


def _is_title(stanza: Sequence[_Line]) -> bool:
    line = stanza[0]
    short = len(line.text) <= _TITLE_CHARS and len(line.text.split()) <= _TITLE_WORDS
    return len(stanza) == 1 and short and not line.is_item and _unpunctuated(line.text)


def _heads(stanza: Sequence[_Line]) -> bool:
    """Whether the first line of a stanza reads as a heading."""
    line = stanza[0]
    if len(line.text) > _HEADING_CHARS or len(line.text.split()) > _HEADING_WORDS:
        return False
    if _PART.fullmatch(line.text.translate(_TANWEEN)):
        return True
    if not _unpunctuated(line.text):
        return False
    if len(stanza) == 1:
        return not line.is_item or line.text.lstrip("([")[:1].isdigit()
    # No blank line under it: then what follows must plainly be a paragraph or a list.
    under = stanza[1]
    longer = len(under.text) >= 2 * len(line.text) and len(under.text) > 60
    return not line.is_item and (longer or under.is_item) and len(line.text) <= 60


def _unpunctuated(line: str) -> bool:
    return not line.rstrip("»\"”')]").endswith(_SENTENCE_END)


def _body(lines: Sequence[_Line], detached: bool) -> Iterator[Block]:
    """Yield the paragraphs and items of a stanza; a wrapped line continues its block."""
    current: Block | None = None
    for line, item in zip(lines, _items(lines), strict=True):
        if current is not None and not item:
            current = replace(current, end=line.end)
            continue
        if current is not None:
            yield current
        current = Block("item" if item else "paragraph", line.start, line.end, detached=detached)
        detached = False
    if current is not None:
        yield current


def _items(lines: Sequence[_Line]) -> list[bool]:
    """Whether each line opens an item: by its bullet, or in a stanza of nothing but fields."""
    fields = len(lines) > 1 and all(line.is_field for line in lines)
    return [fields or line.is_item for line in lines]
