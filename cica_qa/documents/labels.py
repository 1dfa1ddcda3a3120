"""What the lines of a text are by what opens them: fields, speech, questions, replies, notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded
from cica_qa.arabic.sentences import has_word
from cica_qa.documents.lines import BULLET, LETTERED, Line, Stanza
from cica_qa.types import BlockKind

Place = tuple[int, int]

_LABELLED = re.compile(
    r"(?P<open>[*_]*)(?P<label>[^\s:：.؟?!؛،,*_|«»\"][^:：.؟?!؛،,*|«»\"\n]{0,70}?)[ \t\u00a0]*"
    r"(?P<close>[*_]*)[:：](?P<late>[*_]*)[ \t\u00a0]*(?P<value>.*)",
    re.DOTALL,
)
_IN_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_LABEL_WORDS, _FIELD_CHARS, _ALONE_CHARS = 6, 150, 110
_QUESTION = re.compile(r"[*_]*[^\"«“”؟?]+[؟?][*_\s»]*")
_QUESTION_WORDS = 20
_NOTE_MARK = re.compile(
    r"(?:\[\^([^\]\s]{1,9})\]:|[(\[]([0-9٠-٩۰-۹]{1,3})[)\]]|([0-9٠-٩۰-۹]{1,3})[-.)])\s*"
)
_DIACRITICS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_SPEECH_LINES = 3
_SHORT = 0.7  # of the longest line of a stanza: a line that was broken on purpose


@dataclass(frozen=True, slots=True)
class Tag:
    """What a line opens, with the spans of its label and value and its number."""

    kind: BlockKind
    label: Place | None = None
    value: Place | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label and what stands behind its colon; ``marked`` is whether it is emphasised."""

    label: Place
    value: Place
    word: str
    marked: bool


def labelled(line: Line) -> Labelled | None:
    """Return the label that opens a line or an item, and its value, if it has one."""
    bullet = BULLET.match(line.text) or LETTERED.match(line.text)
    shift = bullet.end() if bullet else 0
    match = _LABELLED.match(line.text, shift)
    if match is None:
        return None
    label, value = match["label"], match["value"]
    bare = _IN_BRACKETS.sub("", label)
    if not any(map(str.isalpha, label)) or not 1 <= len(bare.split()) <= _LABEL_WORDS:
        return None
    if set("()[]") & set(bare):  # «[ص: 45]» is a place
        return None
    if value.startswith("//") or (label[-1].isdigit() and value[:1].isdigit()):
        return None
    if _says(bare):
        return None
    word = fold(_DIACRITICS.sub("", " ".join(bare.split())))
    start = line.start + match.start("value")
    end = start + len(value.rstrip("*_ \t\u00a0")) * has_word(value)
    place = line.start + match.start("label"), line.start + match.end("label")
    return Labelled(
        place, (start, end), word, bool(match["open"] and match["close"] + match["late"])
    )


def tags(stanzas: Sequence[Stanza], taken: frozenset[int]) -> dict[int, Tag]:
    """Return what the lines of a text open, by where they start.

    ``taken`` are the starts of lines that are something else: rows, designated parts.
    """
    found: dict[int, Tag] = {}
    free = [[line for line in stanza.lines if line.start not in taken] for stanza in stanzas]
    labels = {line.start: one for lines in free for line in lines if (one := labelled(line))}
    found |= _exchanges(free)
    found |= _asked(stanzas, free, found)
    found |= _speech(free, labels, found)
    found |= _notes(stanzas, free, labels, found)
    for lines in free:
        for line in lines:
            if line.start not in found and (line.is_item):
                found[line.start] = Tag("item")
    return found | _fields(stanzas, taken, labels, found)


def itemised(line: Line, followed_by_item: bool) -> Tag:
    """Return what an item is: a field where a label and a short value are all of it."""
    one = labelled(line)
    if one is None:
        return Tag("item")
    empty = one.value[0] == one.value[1]
    if empty:
        return (
            Tag("field", one.label, one.value)
            if one.marked and not followed_by_item
            else Tag("item")
        )
    value = line.text[one.value[0] - line.start :]
    if line.finished or "؟" in value or len(value) > _ALONE_CHARS:
        return Tag("item", one.label, one.value)
    return Tag("field", one.label, one.value)


def _says(label: str) -> bool:
    verbs = folded("saying_verbs")
    first = fold(_DIACRITICS.sub("", label.split()[0]))
    return first in verbs or (first[:1] in "وف" and first[1:] in verbs)


@cache
def _mark_pattern() -> re.Pattern[str]:
    marks = "|".join(sorted(map(re.escape, folded("exchange_marks")), key=len, reverse=True))
    return re.compile(
        rf"[*_]*(?P<mark>{marks})[ \t]*(?P<number>[0-9٠-٩۰-۹]{{0,3}})[ \t]*[*_]*[:：.)\-–/][*_]*\s*"
    )


def _exchanges(free: Sequence[Sequence[Line]]) -> dict[int, Tag]:
    """Questions and replies that their marks tell: «س: … ج: …»."""
    found: dict[int, Tag] = {}
    for lines in free:
        for line in lines:
            match = _mark_pattern().match(fold_in_place(line.text))
            if not match or match.end() >= len(line.text):
                continue
            (role,) = folded("exchange_marks")[match["mark"]]
            number = str(int(match["number"])) if match["number"] else ""
            value = line.start + match.end(), line.end
            kind: BlockKind = "question" if role == "question" else "reply"
            found[line.start] = Tag(
                kind, (line.start, line.start + match.end("number")), value, number
            )
    kinds = Counter(tag.kind for tag in found.values())
    numbered = sum(bool(tag.number) for tag in found.values() if tag.kind == "question")
    return found if kinds["question"] and (kinds["reply"] or numbered > 1) else {}


def fold_in_place(text: str) -> str:
    """Fold letters without changing the length of a text."""
    return "".join(fold(character) or character for character in text)


def _asked(
    stanzas: Sequence[Stanza], free: Sequence[Sequence[Line]], marked: Mapping[int, Tag]
) -> dict[int, Tag]:
    """Lines of their own that ask, each with a reply under it, where there are two or more."""
    firsts = [
        lines[0] if lines and lines[0] == stanza.first else None
        for stanza, lines in zip(stanzas, free, strict=True)
    ]
    asks = [first is not None and _is_question(first) for first in firsts]
    found: dict[int, Tag] = {}
    for at, first in enumerate(firsts):
        if first is None:
            continue
        tag = marked.get(first.start)
        if not asks[at] and (tag is None or tag.kind != "question"):
            continue
        inside = [line for line in free[at][1:] if line.start not in marked]
        after = firsts[at + 1] if at + 1 < len(firsts) else None
        if inside and not inside[0].is_item:
            reply = inside[0]
        elif not inside and after and not asks[at + 1] and not after.is_item:
            reply = after
        elif inside or (after and after.is_item):
            reply = None
        else:
            continue
        if tag is None:
            found[first.start] = Tag("question")
        if reply is not None and reply.start not in marked:
            found[reply.start] = Tag("reply")
    questions = sum(tag.kind == "question" for tag in (*found.values(), *marked.values()))
    return found if questions > 1 else {}


def _is_question(line: Line) -> bool:
    short = len(line.text.split()) <= _QUESTION_WORDS
    return short and _QUESTION.fullmatch(line.text) is not None and not line.is_item


def _speech(
    free: Sequence[Sequence[Line]], labels: Mapping[int, Labelled], marked: Mapping[int, Tag]
) -> dict[int, Tag]:
    """Lines of a dialogue: their labels are its speakers, who take turns and say sentences."""
    found: dict[int, Tag] = {}
    run: list[tuple[Line, Labelled]] = []
    for line in [line for lines in free for line in lines]:
        one = labels.get(line.start)
        if one and line.start not in marked and one.value[0] < one.value[1]:
            run.append((line, one))
        elif not one or line.start in marked:
            found |= _dialogue(run)
            run = []
    return found | _dialogue(run)


def _dialogue(run: Sequence[tuple[Line, Labelled]]) -> dict[int, Tag]:
    speakers = Counter(one.word for _, one in run)
    recurring = sum(count for count in speakers.values() if count > 1)
    said = sum(line.finished for line, _ in run)
    if len(run) < _SPEECH_LINES or len(speakers) < 2 or not recurring or 2 * said < len(run):
        return {}
    if 2 * recurring < len(run):
        return {}
    return {line.start: Tag("speech", one.label, one.value) for line, one in run}


def _notes(
    stanzas: Sequence[Stanza],
    free: Sequence[Sequence[Line]],
    labels: Mapping[int, Labelled],
    marked: Mapping[int, Tag],
) -> dict[int, Tag]:
    """Remarks: what is numbered under a rule, and what is called a remark."""
    found: dict[int, Tag] = {}
    for stanza, lines in zip(stanzas, free, strict=True):
        for line in lines:
            mark = _NOTE_MARK.match(line.text)
            one = labels.get(line.start)
            if mark and (stanza.ruled or mark[1]):
                number = next(filter(None, mark.groups()))
                number = str(int(number)) if number.isdigit() else number
                place = line.start, line.start + mark.end()
                found[line.start] = Tag("note", None, (place[1], line.end), number)
            elif one and one.word in folded("note_labels") and line.start not in marked:
                found[line.start] = Tag("note", one.label, one.value)
    return found


def _fields(
    stanzas: Sequence[Stanza],
    taken: frozenset[int],
    labels: Mapping[int, Labelled],
    marked: Mapping[int, Tag],
) -> dict[int, Tag]:
    found: dict[int, Tag] = {}
    before: Line | None = None
    for at, stanza in enumerate(stanzas):
        widest = max(len(line.text) for line in stanza.lines)
        if not stanza.told and not stanza.joined:
            before = None
        for place, line in enumerate(stanza.lines):
            one = labels.get(line.start)
            after = stanza.lines[place + 1] if place + 1 < len(stanza.lines) else None
            if after is None and stanza.told and at + 1 < len(stanzas):
                after = stanzas[at + 1].first
            tag = marked.get(line.start)
            if one is None or (tag is not None and tag.kind != "item"):
                before = None
                continue
            listed = tag is not None
            if listed:
                follows = after is not None and after.indent > line.indent and after.is_item
                found[line.start] = itemised(line, follows)
                before = None
                continue
            beside = before is not None and before.start in found
            beside = beside or (after is not None and _may_be_field(after, labels, marked, taken))
            if _is_field(line, one, stanza, place, beside, after, labels, widest, taken, marked):
                found[line.start] = Tag("field", one.label, one.value)
            before = line
    return found


def _may_be_field(
    line: Line, labels: Mapping[int, Labelled], marked: Mapping[int, Tag], taken: frozenset[int]
) -> bool:
    free = line.start in labels and line.start not in marked and line.start not in taken
    return free and "؟" not in line.text and len(line.text) <= _FIELD_CHARS


def _is_field(
    line: Line,
    one: Labelled,
    stanza: Stanza,
    place: int,
    beside: bool,
    after: Line | None,
    labels: Mapping[int, Labelled],
    widest: int,
    taken: frozenset[int],
    marked: Mapping[int, Tag],
) -> bool:
    if "؟" in line.text or "?" in line.text or len(line.text) > _FIELD_CHARS:
        return False
    if one.value[0] == one.value[1]:
        leads = after is not None and (after.start in marked or after.start in taken)
        return beside and not leads
    if len(stanza.lines) == 1:
        return not line.finished and (one.marked or len(line.text) <= _ALONE_CHARS)
    if all(_may_be_field(other, labels, marked, taken) for other in stanza.lines):
        return True
    if one.marked:
        return True
    if line.finished or line.text.endswith(("،", "؛", ",")):
        return beside and _led(stanza, place, labels)
    last = place + 1 == len(stanza.lines)
    broken = len(line.text) <= _SHORT * widest or (after is not None and after.start in marked)
    previous = stanza.lines[place - 1] if place else None
    ended = previous is None or previous.finished or previous.start in marked
    return beside or (ended and (broken or last) and not (last and previous is None))


def _led(stanza: Stanza, place: int, labels: Mapping[int, Labelled]) -> bool:
    """Whether a line and those before it, up to one that leads to them, all have labels."""
    for line in reversed(stanza.lines[:place]):
        if line.start not in labels:
            return line.text.endswith((":", "："))
    return False
