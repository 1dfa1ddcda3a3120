"""Which letter each mark (tashkeel) belongs to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from cica_qa.documents.pdf.glyphs import Glyph, Glyphs
from cica_qa.documents.pdf.letters import is_arabic

_REACH = 0.6  # of the height: how far a mark's baseline may be from its letter's
_BESIDE = 0.3  # of the height: how far a mark may stand beside its letter
_NEXT = 0.1  # of the height: how far beside the letter that it was written with

Row = tuple[float, float, list[Glyph]]


def attach(glyphs: Glyphs, rows: Sequence[Row]) -> None:
    """Give the marks of a page to letters of its rows: baseline, height, letters from the left.

    A mark goes to the letter that PDFium has beside it, where it stands over or under that one,
    and else to the letter that it stands over or under. Whether producers write a mark after its
    letter or before it differs; what lets more marks stand near theirs is taken.
    """
    if not glyphs.marks and not glyphs.strokes:
        return
    order = sorted(
        ((y, height, [g for g in letters if is_arabic(g.text[:1])]) for y, height, letters in rows),
        key=lambda row: row[0],
    )
    heights = [row[0] for row in order]
    letters = {
        letter.index + place: (row, letter)
        for row in order
        for letter in row[2]
        for place in range(letter.span)
    }
    marks = {mark.index + place for mark in glyphs.marks for place in range(mark.span)}
    marks |= glyphs.hollow
    beside = [_beside(mark, letters, marks) for mark in glyphs.marks]
    side = min((0, 1), key=lambda side: sum(min(pair[side][0], 1.0) for pair in beside))
    for mark, pair in zip(glyphs.marks, beside, strict=True):
        distance, letter = pair[side]
        if letter is None or distance > _NEXT:
            letter = _under(mark, order, heights)
        if letter is not None:
            _put(mark, letter)
    for stroke in glyphs.strokes:
        letter = _under(stroke, order, heights)
        if letter is not None and letter.text == "ا" and stroke.y > letter.y + 0.2 * letter.height:
            _put(stroke, letter)


_Found = tuple[float, Glyph | None]


def _beside(
    mark: Glyph, letters: dict[int, tuple[Row, Glyph]], marks: set[int]
) -> tuple[_Found, _Found]:
    """Return the letters before and after a mark in PDFium's order, each with its distance."""
    found: list[_Found] = []
    for index, step in ((mark.index - 1, -1), (mark.index + mark.span, 1)):
        while index in marks:
            index += step
        nearest: _Found = (9.0, None)
        if index in letters:
            row, letter = letters[index]
            if abs(row[0] - mark.y) <= _REACH * row[1]:
                nearest = (_away(mark, letter, row[1]), letter)
        found.append(nearest)
    return found[0], found[1]


def _away(mark: Glyph, letter: Glyph, height: float) -> float:
    middle = (mark.left + mark.right) / 2
    return max(letter.left - middle, middle - letter.right, 0.0) / height


def _under(mark: Glyph, rows: Sequence[Row], heights: list[float]) -> Glyph | None:
    """Return the letter that a mark stands over or under."""
    middle = (mark.left + mark.right) / 2
    at = bisect_left(heights, mark.y)
    best: _Found = (9.0, None)
    for y, height, letters in rows[max(0, at - 3) : at + 3]:
        away = abs(y - mark.y) / height
        if away > _REACH:
            continue
        start = bisect_left(letters, middle, key=lambda glyph: glyph.left)
        for letter in letters[max(0, start - 3) : start + 2]:
            beside = _away(mark, letter, height)
            off = abs((letter.left + letter.right) / 2 - middle) / height
            score = away + beside + 0.5 * off
            if beside < _BESIDE and score < best[0]:
                best = (score, letter)
    return best[1]


def _put(mark: Glyph, letter: Glyph) -> None:
    """Return a mark over the lam of a lam-alef goes between the two; a shadda before its vowel."""
    middle = (mark.left + mark.right) / 2
    lam_alef = len(letter.text) == 2 and letter.text[0] == "ل" and not letter.parts
    if lam_alef and middle > (letter.left + letter.right) / 2:
        letter.text = letter.text[0] + mark.text + letter.text[1:]
    elif mark.text not in letter.marks:
        marks = mark.text + letter.marks if mark.text == "ّ" else letter.marks + mark.text
        letter.marks = marks
