"""Repair texts that arrive damaged: letters in reverse order or decoded wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cica_qa.arabic.letter_pairs import is_backwards, letter_score
from cica_qa.documents.file_notes import file_note
from cica_qa.documents.reading import Read

_LETTERS_TO_JUDGE = 30
_SAMPLE = 100_000  # characters, enough to judge a text by
_ARABIC = re.compile(r"[\u0621-\u063a\u0641-\u064a]")
_LETTER = re.compile(r"[^\W\d_]")
_LINE = re.compile(r"[^\r\n\u2028\u2029]+")
_TURNED = re.compile(r"[0-9A-Za-z\u0660-\u0669](?:[^\u0590-\u08ff\s]*[0-9A-Za-z\u0660-\u0669])?")
_YEAR = re.compile(r"(?<!\d)(?:1[34]\d\d|19\d\d|20\d\d)(?!\d)")
_GROUPS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_CAPITAL = re.compile(r"\b[A-Z][a-z]+\b")
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
# Western European characters that bytes of Arabic become when decoded wrongly.
_WESTERN = re.compile(
    r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]"
)
_FEW_ARABIC = 0.1


def repair_letters(result: Read) -> Read:
    """Return a reader's result with its letters repaired and remaining doubts noted."""
    result = _turned(_decoded_again(result))
    sample = result.text[:_SAMPLE]
    letters, arabic = len(_LETTER.findall(sample)), len(_ARABIC.findall(sample))
    doubts = list(result.doubts)
    lost = result.text.count("\ufffd")
    if lost:
        doubts.append(file_note("damaged_letters", count=lost))
    if letters >= _LETTERS_TO_JUDGE and arabic < _FEW_ARABIC * letters:
        doubts.append(file_note("few_arabic"))
    elif arabic >= _LETTERS_TO_JUDGE and letter_score(result.text)[0] <= 0:
        doubts.append(file_note("strange_letters"))
    return replace(result, doubts=tuple(doubts))


def _decoded_again(result: Read) -> Read:
    """Undo the decoding of Arabic as Western European: «Ø§Ù„» becomes «ال»."""
    sample = result.text[:_SAMPLE]
    western = len(_WESTERN.findall(sample))
    if result.blocks or western < _LETTERS_TO_JUDGE or 2 * western < len(_LETTER.findall(sample)):
        return result
    for codec in ("cp1252", "latin-1"):
        try:
            data = result.text.encode(codec)
        except UnicodeEncodeError:
            continue
        for right in ("utf-8", "cp1256"):
            try:
                text = data.decode(right)
            except UnicodeDecodeError:
                continue
            score, pairs = letter_score(text)
            if score > 0 and pairs >= _LETTERS_TO_JUDGE / 2:
                return replace(
                    result, text=text, repairs=(*result.repairs, file_note("decoded_again"))
                )
    return result


def _turned(result: Read) -> Read:
    """Reverse the lines of a text stored in visual order, left to right."""
    if not is_backwards(result.text):
        return result
    whole = "\n".join(line[0] for line in _LINE.finditer(result.text))
    order = _numbers_are_turned(whole)
    mirror = _opens_wrongly(whole[::-1])
    text: list[str] = []
    done = 0
    for start, end in _stretches(result):
        line = result.text[start:end][::-1]
        if not order:
            line = _TURNED.sub(lambda match: match[0][::-1], line)
        text += (result.text[done:start], line.translate(_MIRRORED) if mirror else line)
        done = end
    repairs = *result.repairs, file_note("reversed")
    return replace(result, text="".join([*text, result.text[done:]]), repairs=repairs)


def _stretches(result: Read) -> Iterator[tuple[int, int]]:
    """Yield the stretches that are reversed independently: lines, or the cells of rows."""
    for block in result.blocks:
        if block.cells:
            yield from (cell for cell in block.cells if cell[1] > cell[0])
        else:
            yield from (line.span() for line in _LINE.finditer(result.text, block.start, block.end))
    if not result.blocks:
        yield from (line.span() for line in _LINE.finditer(result.text))


def _numbers_are_turned(text: str) -> bool:
    """Return whether numbers and Latin words are reversed as well in the text as it came."""
    return _sense(text[::-1]) > _sense(text)


def _sense(text: str) -> int:
    return sum(len(mark.findall(text)) for mark in (_YEAR, _GROUPS, _CAPITAL))


def _opens_wrongly(text: str) -> bool:
    """Return whether brackets close before they open."""
    wrong = len(re.findall(r"[)»\]][^()«»\[\]\n]{1,60}[(«\[]", text))
    right = len(re.findall(r"[(«\[][^()«»\[\]\n]{1,60}[)»\]]", text))
    return wrong > right
