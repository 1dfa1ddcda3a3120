"""Lines of plain text classified by how they begin: speech, questions, replies, notes, fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

from cica_qa.arabic.letters import fold_in_place
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.documents.fields import LabelledLine, LineTag, parse_label, tag_fields
from cica_qa.documents.lines import Stanza, TextLine, mark_of, without_bullet
from cica_qa.types import BlockKind

_QUESTION = re.compile(r"[*_]*[^\"«“”؟?]+[؟?][*_\s»]*")
_QUESTION_WORDS = 20
_NOTE_MARK = re.compile(
    r"(?:\[\^([^\]\s]{1,9})\]:|[(\[]([0-9٠-٩۰-۹]{1,3})[)\]]|([0-9٠-٩۰-۹]{1,3})[-.)])\s*"
)
_SPEECH_LINES = 3


def tag_lines(stanzas: Sequence[Stanza], occupied: frozenset[int]) -> dict[int, LineTag]:
    """Return the tags of the lines of a text, by the start of the line.

    ``occupied`` are the starts of lines that are something else: rows or designated parts.
    """
    found: dict[int, LineTag] = {}
    free = [[line for line in stanza.lines if line.start not in occupied] for stanza in stanzas]
    labels = {line.start: one for lines in free for line in lines if (one := parse_label(line))}
    found |= _exchanges(free)
    found |= _asked(stanzas, free, found)
    found |= _speech(free, labels, found)
    found |= _notes(stanzas, free, labels, found)
    for lines in free:
        for line in lines:
            if line.start not in found and line.is_item:
                found[line.start] = LineTag("item")
    return found | tag_fields(stanzas, occupied, labels, found)


@cache
def _mark_pattern() -> re.Pattern[str]:
    marks = "|".join(sorted(map(re.escape, folded_rows("exchange_marks")), key=len, reverse=True))
    return re.compile(
        rf"[*_]*(?P<mark>{marks})[ \t]*(?P<number>[0-9٠-٩۰-۹]{{0,3}})"
        r"[ \t]*[*_]*[:：.)\-–/][*_]*\s*",
        re.IGNORECASE,
    )


def _exchanges(free: Sequence[Sequence[TextLine]]) -> dict[int, LineTag]:
    """Return questions and replies introduced by marks: «س: … ج: …»."""
    found: dict[int, LineTag] = {}
    for lines in free:
        for line in lines:
            match = _mark_pattern().match(fold_in_place(line.text))
            if not match or match.end() >= len(line.text):
                continue
            (role,) = folded_rows("exchange_marks")[match["mark"].lower()]
            number = str(int(match["number"])) if match["number"] else ""
            value = line.start + match.end(), line.end
            kind: BlockKind = "question" if role == "question" else "reply"
            found[line.start] = LineTag(
                kind, (line.start, line.start + match.end("number")), value, number
            )
    kinds = Counter(tag.kind for tag in found.values())
    numbered = sum(bool(tag.number) for tag in found.values() if tag.kind == "question")
    return found if kinds["question"] and (kinds["reply"] or numbered > 1) else {}


def _asked(
    stanzas: Sequence[Stanza], free: Sequence[Sequence[TextLine]], tags: Mapping[int, LineTag]
) -> dict[int, LineTag]:
    """Return interrogative lines and the replies under them, if there are two or more."""
    heads = {stanza.first.start for stanza in stanzas}
    lines = [line for lines in free for line in lines]
    found: dict[int, LineTag] = {}
    for line, after in pairwise(lines):
        tag = tags.get(line.start)
        told = tag is not None and tag.kind == "question"
        asks = tag is None and _is_question(line) and (line.start in heads or line.is_item)
        if not (told or asks) or (after.start not in tags and _is_question(after)):
            continue
        if asks:
            found[line.start] = LineTag("question", number=mark_of(line.text)[1])
        if after.start not in tags and not after.is_item:
            found[after.start] = LineTag("reply")
    questions = sum(tag.kind == "question" for tag in (*found.values(), *tags.values()))
    return found if questions > 1 else {}


def _is_question(line: TextLine) -> bool:
    text = without_bullet(line.text)
    return len(text.split()) <= _QUESTION_WORDS and _QUESTION.fullmatch(text) is not None


def _speech(
    free: Sequence[Sequence[TextLine]],
    labels: Mapping[int, LabelledLine],
    tags: Mapping[int, LineTag],
) -> dict[int, LineTag]:
    """Return the lines of dialogues: their labels name speakers, who take turns."""
    found: dict[int, LineTag] = {}
    run: list[tuple[TextLine, LabelledLine]] = []
    for line in [line for lines in free for line in lines]:
        one = labels.get(line.start)
        if one and line.start not in tags and one.value[0] < one.value[1]:
            run.append((line, one))
        elif not one or line.start in tags:
            found |= _dialogue(run)
            run = []
    return found | _dialogue(run)


def _dialogue(run: Sequence[tuple[TextLine, LabelledLine]]) -> dict[int, LineTag]:
    speakers = Counter(one.word for _, one in run)
    recurring = sum(count for count in speakers.values() if count > 1)
    said = sum(line.finished for line, _ in run)
    if len(run) < _SPEECH_LINES or len(speakers) < 2 or not recurring or 2 * said < len(run):
        return {}
    if 2 * recurring < len(run):
        return {}
    return {line.start: LineTag("speech", one.label, one.value) for line, one in run}


def _notes(
    stanzas: Sequence[Stanza],
    free: Sequence[Sequence[TextLine]],
    labels: Mapping[int, LabelledLine],
    tags: Mapping[int, LineTag],
) -> dict[int, LineTag]:
    """Return notes: lines numbered under a rule, and lines with the label of a note."""
    found: dict[int, LineTag] = {}
    for stanza, lines in zip(stanzas, free, strict=True):
        for line in lines:
            mark = _NOTE_MARK.match(line.text)
            one = labels.get(line.start)
            if mark and (stanza.ruled or mark[1]):
                number = next(filter(None, mark.groups()))
                number = str(int(number)) if number.isdigit() else number
                place = line.start, line.start + mark.end()
                found[line.start] = LineTag("note", None, (place[1], line.end), number)
            elif one and one.word in folded_rows("note_labels") and line.start not in tags:
                found[line.start] = LineTag("note", one.label, one.value)
    return found
