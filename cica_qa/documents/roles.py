"""Roles of stanzas in plain text: title, headings and the heads of numbered parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cica_qa.arabic.designations import Designation
from cica_qa.documents.fields import LineTag
from cica_qa.documents.lines import Stanza, TextLine
from cica_qa.documents.outline import is_titled, states_fact
from cica_qa.documents.tables import TableRun
from cica_qa.types import BlockKind

_HEADING_CHARS, _HEADING_WORDS = 100, 14
_TITLE_CHARS, _TITLE_WORDS, _TITLE_LINES = 250, 35, 3
_LAST_WORDS = 4
_SENTENCE_ENDS = (".", "؟", "!")


@dataclass(frozen=True, slots=True)
class LineAnalysis:
    """Designations of parts, tags and tables found in a text, by the start of the line."""

    parts: Mapping[int, Designation]
    tags: Mapping[int, LineTag]
    tables: Mapping[int, TableRun]

    def in_table(self, line: TextLine) -> bool:
        """Return whether a line is a row of a table or a verse."""
        return line.start in self.tables


def assign_roles(stanzas: Sequence[Stanza], layout: LineAnalysis) -> list[BlockKind]:
    """Return the role of the first line of each stanza."""
    if not stanzas:
        return []
    alone = [_heads(stanza, layout) for stanza in stanzas]
    for at in range(len(stanzas)):  # a numbered line next to another is a list item
        neighbours = (*stanzas[max(at - 1, 0) : at], *stanzas[at + 1 : at + 2])
        if stanzas[at].first.is_item and any(other.first.is_item for other in neighbours):
            alone[at] = False
    found: list[BlockKind] = ["paragraph"] * len(stanzas)
    first = 0
    if len(stanzas) > 1 and _is_title(stanzas[0], layout):
        found[0] = "title"
        first = 1
    while first < len(stanzas):
        if not alone[first]:
            first += 1
            continue
        last = first
        while last + 1 < len(stanzas) and len(stanzas[last].lines) == 1 and alone[last + 1]:
            last += 1
        followed = last + 1 < len(stanzas) or len(stanzas[last].lines) > 1
        if last - first < 2:
            found[first : last + 1] = ["heading"] * (last + 1 - first)
            if not followed and not _may_end(stanzas[last], found[:last]):
                found[last] = "paragraph"
        elif followed:
            found[last] = "heading"
        if first == 0 and not followed:
            found[:] = ["paragraph"] * len(stanzas)
        first = last + 1
    if found[0] == "paragraph" and title_lines(stanzas[0], layout):
        later = layout.parts or "heading" in found[1:]
        found[0] = "title" if later and len(stanzas) > 1 else "paragraph"
    for at, stanza in enumerate(stanzas):
        if stanza.first.start in layout.parts and found[at] != "title":
            found[at] = _part_role(stanzas, at, layout.parts)
    return found


def _part_role(stanzas: Sequence[Stanza], at: int, parts: Mapping[int, Designation]) -> BlockKind:
    """Return ``heading`` if a designation stands above its part, ``article`` if within it."""
    stanza = stanzas[at]
    one = parts[stanza.first.start]
    if not is_titled(stanza.first, one):
        return "article"
    if len(stanza.lines) > 1:
        return "heading"
    after = parts.get(stanzas[at + 1].first.start) if at + 1 < len(stanzas) else None
    followed = at + 1 < len(stanzas) and (after is None or after.rank > one.rank)
    return "heading" if followed else "article"


def title_lines(stanza: Stanza, layout: LineAnalysis) -> int:
    """Return the number of lines of the title at the beginning of the first stanza.

    Only titles of several lines count; the result is 0 for any other stanza.
    """
    named = 0
    for line in stanza.lines:
        free = line.start not in layout.tags and line.start not in layout.parts
        short = len(line.text.split()) <= _HEADING_WORDS and line.unpunctuated
        if (
            stanza.is_paragraph
            or not (free and short)
            or layout.in_table(line)
            or states_fact(line.text)
        ):
            break
        named += 1
    return named if 2 <= named <= _TITLE_LINES else 0


def _may_end(stanza: Stanza, before: Sequence[BlockKind]) -> bool:
    """Return whether a line with nothing under it can be an empty last section."""
    words = stanza.first.text.split()
    return (
        "heading" in before
        and len(words) <= _LAST_WORDS
        and not any(map(str.isdigit, stanza.first.text))
    )


def _is_title(stanza: Stanza, layout: LineAnalysis) -> bool:
    line = stanza.first
    if stanza.is_paragraph or layout.in_table(line) or line.start in layout.parts:
        return False
    tag = layout.tags.get(line.start)
    if tag is not None and tag.kind not in ("field", "item"):
        return False
    short = len(line.text) <= _TITLE_CHARS and len(line.text.split()) <= _TITLE_WORDS
    return len(stanza.lines) == 1 and short and not line.is_item and line.unpunctuated


def _heads(stanza: Stanza, layout: LineAnalysis) -> bool:
    """Return whether the first line of a stanza reads as a heading."""
    line = stanza.first
    tag = layout.tags.get(line.start)
    if stanza.is_paragraph or line.start in layout.parts or layout.in_table(line):
        return False
    if len(line.text) > _HEADING_CHARS or len(line.text.split()) > _HEADING_WORDS:
        return False
    if not line.unpunctuated or (tag is not None and tag.kind != "item") or states_fact(line.text):
        return False
    if len(stanza.lines) == 1:
        return not line.is_item or line.text.lstrip("([")[:1].isdigit()
    # Without a blank line below, what follows must clearly be a paragraph, a list or a table.
    under = stanza.lines[1]
    sentence = under.text.endswith(_SENTENCE_ENDS) and len(line.text.split()) <= _LAST_WORDS
    longer = len(under.text) >= 2 * len(line.text) and (len(under.text) > 60 or sentence)
    listed = under.is_item or layout.in_table(under)
    return not line.is_item and (longer or listed) and len(line.text) <= 60
