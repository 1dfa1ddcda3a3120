"""What the lines of a text are by what opens them: speech, questions, replies, notes, fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.documents.fields import Labelled, Tag, fields, labelled
from cica_qa.documents.lines import Line, Stanza, mark_of, without_bullet
from cica_qa.types import BlockKind

_QUESTION = re.compile(r"[*_]*[^\"«“”؟?]+[؟?][*_\s»]*")
_QUESTION_WORDS = 20
_NOTE_MARK = re.compile(
    r"(?:\[\^([^\]\s]{1,9})\]:|[(\[]([0-9٠-٩۰-۹]{1,3})[)\]]|([0-9٠-٩۰-۹]{1,3})[-.)])\s*"
)
_SPEECH_LINES = 3


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
    return found | fields(stanzas, taken, labels, found)


@cache
def _mark_pattern() -> re.Pattern[str]:
    marks = "|".join(sorted(map(re.escape, folded_rows("exchange_marks")), key=len, reverse=True))
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
            (role,) = folded_rows("exchange_marks")[match["mark"]]
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
    heads = {stanza.first.start for stanza in stanzas}
    lines = [line for lines in free for line in lines]
    found: dict[int, Tag] = {}
    for line, after in pairwise(lines):
        tag = marked.get(line.start)
        told = tag is not None and tag.kind == "question"
        asks = tag is None and _is_question(line) and (line.start in heads or line.is_item)
        if not (told or asks) or (after.start not in marked and _is_question(after)):
            continue
        if asks:
            found[line.start] = Tag("question", number=mark_of(line.text)[1])
        if after.start not in marked and not after.is_item:
            found[after.start] = Tag("reply")
    questions = sum(tag.kind == "question" for tag in (*found.values(), *marked.values()))
    return found if questions > 1 else {}


def _is_question(line: Line) -> bool:
    text = without_bullet(line.text)
    return len(text.split()) <= _QUESTION_WORDS and _QUESTION.fullmatch(text) is not None


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
            elif one and one.word in folded_rows("note_labels") and line.start not in marked:
                found[line.start] = Tag("note", one.label, one.value)
    return found
