"""Assignment of marks (tashkeel) to letters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from cica_qa.documents.pdf.glyphs import Glyph, Glyphs
from cica_qa.documents.pdf.letters import is_arabic_glyph

# Distances relative to the height of the line.
_REACH = 0.6  # greatest distance of the baselines of a mark and its letter
_BESIDE = 0.3  # greatest horizontal distance of a mark from its letter
_NEXT = 0.1  # the same for the letter next to it in PDFium's order

LetterRow = tuple[float, float, list[Glyph]]


def attach_marks(glyphs: Glyphs, rows: Sequence[LetterRow]) -> None:
    """Attach the marks of a page to letters of its rows: baseline, height, letters from the left.

    A mark goes to the letter next to it in PDFium's order if it is above or below that letter,
    else to the nearest letter above or below it. Some producers write a mark after its letter,
    some before; the side on which more marks are close to their letters is used.
    """
    if not glyphs.marks and not glyphs.strokes:
        return
    order = sorted(
        (
            (y, height, [g for g in letters if is_arabic_glyph(g.text[:1])])
            for y, height, letters in rows
        ),
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
    mark: Glyph, letters: dict[int, tuple[LetterRow, Glyph]], marks: set[int]
) -> tuple[_Found, _Found]:
    """Return the letters before and after a mark in PDFium's order, with their distances."""
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


def _under(mark: Glyph, rows: Sequence[LetterRow], heights: list[float]) -> Glyph | None:
    """Return the letter that a mark is above or below, if any."""
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
    """Add a mark to a letter; one over the lam of a lam-alef goes between, a shadda first."""
    middle = (mark.left + mark.right) / 2
    lam_alef = len(letter.text) == 2 and letter.text[0] == "ل" and not letter.parts
    if lam_alef and middle > (letter.left + letter.right) / 2:
        letter.text = letter.text[0] + mark.text + letter.text[1:]
    elif mark.text not in letter.marks:
        marks = mark.text + letter.marks if mark.text == "ّ" else letter.marks + mark.text
        letter.marks = marks
