"""Fields: lines that consist of a label and its value, or of a label without one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.arabic.sentences import has_word
from cica_qa.documents.lines import BULLET, LETTERED, Stanza, TextLine, TextSpan
from cica_qa.types import BlockKind

_LABELLED = re.compile(
    r"(?P<open>[*_]*)(?P<label>[^\s:：.؟?!؛،,*_|«»\"][^:：.؟?!؛،,*|«»\"\n]{0,70}?)[ \t\u00a0]*"
    r"(?P<close>[*_]*)[:：](?P<late>[*_]*)[ \t\u00a0]*(?P<value>.*)",
    re.DOTALL,
)
_IN_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_LABEL_WORDS, _FIELD_CHARS, _ALONE_CHARS = 6, 150, 110
_DIACRITICS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_SHORT = 0.7  # of a stanza's longest line: a shorter line was broken on purpose


@dataclass(frozen=True, slots=True)
class LineTag:
    """The kind of block that a line opens, with the spans of its label and value and its number."""

    kind: BlockKind
    label: TextSpan | None = None
    value: TextSpan | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class LabelledLine:
    """A label and its value.

    ``word`` is the folded label without brackets, ``marked`` whether the label is emphasised.
    """

    label: TextSpan
    value: TextSpan
    word: str
    marked: bool


def parse_label(line: TextLine) -> LabelledLine | None:
    """Return the label at the start of a line or item with its value, or None if it has none."""
    bullet = BULLET.match(line.text) or LETTERED.match(line.text)
    shift = bullet.end() if bullet else 0
    match = _LABELLED.match(line.text, shift)
    if match is None:
        return None
    label, value = match["label"], match["value"]
    bare = _IN_BRACKETS.sub("", label)
    if not any(map(str.isalpha, label)) or not 1 <= len(bare.split()) <= _LABEL_WORDS:
        return None
    if set("()[]") & set(bare):  # «[ص: 45]» is a page reference
        return None
    if value.startswith("//") or (label[-1].isdigit() and value[:1].isdigit()):
        return None
    if _is_saying_verb(bare):
        return None
    word = fold(_DIACRITICS.sub("", " ".join(bare.split())))
    start = line.start + match.start("value")
    end = start + len(value.rstrip("*_ \t\u00a0")) * has_word(value)
    place = line.start + match.start("label"), line.start + match.end("label")
    return LabelledLine(
        place, (start, end), word, bool(match["open"] and match["close"] + match["late"])
    )


def tag_item(line: TextLine, followed_by_item: bool) -> LineTag:
    """Return the tag of an item: a field if it is just a label and a short value."""
    one = parse_label(line)
    if one is None:
        return LineTag("item")
    empty = one.value[0] == one.value[1]
    if empty:
        return (
            LineTag("field", one.label, one.value)
            if one.marked and not followed_by_item
            else LineTag("item")
        )
    value = line.text[one.value[0] - line.start :]
    if line.finished or "؟" in value or len(value) > _ALONE_CHARS:
        return LineTag("item", one.label, one.value)
    return LineTag("field", one.label, one.value)


def _is_saying_verb(label: str) -> bool:
    verbs = folded_rows("saying_verbs")
    first = fold(_DIACRITICS.sub("", label.split()[0]))
    return first in verbs or (first[:1] in "وف" and first[1:] in verbs)


def tag_fields(
    stanzas: Sequence[Stanza],
    occupied: frozenset[int],
    labels: Mapping[int, LabelledLine],
    tags: Mapping[int, LineTag],
) -> dict[int, LineTag]:
    """Return the tags of fields and of items with labels, by the start of their line.

    ``occupied`` are the starts of rows and of designated parts, ``tags`` the tags of other lines.
    """
    found: dict[int, LineTag] = {}
    before: TextLine | None = None
    opened = tags.keys() | occupied
    for at, stanza in enumerate(stanzas):
        lines = stanza.lines
        context = _StanzaContext(
            lines=lines,
            widest=max(len(line.text) for line in lines),
            uniform=all(_may_be_field(line, labels, tags, occupied) for line in lines),
            opened=opened,
            leads=stanza.leads,
        )
        led = False  # whether a line ending in a colon precedes, with only fields between
        if not stanza.is_paragraph and not stanza.joined:
            before = None
        for place, line in enumerate(lines):
            one, tag = labels.get(line.start), tags.get(line.start)
            after = lines[place + 1] if place + 1 < len(lines) else None
            if after is None and stanza.is_paragraph and at + 1 < len(stanzas):
                after = stanzas[at + 1].first
            if one is None or tag is not None:
                if one is not None and tag is not None and tag.kind == "item":
                    follows = after is not None and after.indent > line.indent and after.is_item
                    found[line.start] = tag_item(line, follows)
                led = one is None and line.text.endswith((":", "："))
                before = None
                continue
            beside = before is not None and before.start in found
            beside = beside or (after is not None and _may_be_field(after, labels, tags, occupied))
            if _is_field(line, one, place, after, context, beside=beside, led=led):
                found[line.start] = LineTag("field", one.label, one.value)
            before = line
    return found


@dataclass(frozen=True, slots=True)
class _StanzaContext:
    """The lines of a stanza as the neighbourhood of one of them.

    ``widest`` is the length of the longest line, ``uniform`` whether all lines may be fields.
    ``opened`` are the starts of lines that open something else; ``leads`` is whether a list or
    table follows the last line.
    """

    lines: Sequence[TextLine]
    widest: int
    uniform: bool
    opened: Set[int]
    leads: bool = False


def _may_be_field(
    line: TextLine,
    labels: Mapping[int, LabelledLine],
    tags: Mapping[int, LineTag],
    occupied: frozenset[int],
) -> bool:
    free = line.start in labels and line.start not in tags and line.start not in occupied
    return free and "؟" not in line.text and len(line.text) <= _FIELD_CHARS


def _is_field(
    line: TextLine,
    label: LabelledLine,
    index: int,
    after: TextLine | None,
    stanza: _StanzaContext,
    *,
    beside: bool,
    led: bool,
) -> bool:
    """Return whether a label and a value are a field rather than a sentence with a colon.

    ``beside`` says whether the line before or after may be a field as well, ``led`` whether a
    line ending in a colon introduces them.
    """
    if "؟" in line.text or "?" in line.text or len(line.text) > _FIELD_CHARS:
        return False
    opens = after is not None and after.start in stanza.opened
    opens = opens or (stanza.leads and index + 1 == len(stanza.lines))
    if label.value[0] == label.value[1]:
        return beside and not opens
    if len(stanza.lines) == 1:
        return not line.finished and (label.marked or len(line.text) <= _ALONE_CHARS)
    if stanza.uniform or label.marked:
        return True
    if line.finished or line.text.endswith(("،", "؛", ",")):
        return beside and led
    last = index + 1 == len(stanza.lines)
    broken = opens or len(line.text) <= _SHORT * stanza.widest
    previous = stanza.lines[index - 1] if index else None
    ended = previous is None or previous.finished or previous.start in stanza.opened
    return beside or (ended and (broken or last) and not (last and previous is None))
