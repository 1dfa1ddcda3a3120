"""Pieces of lines from glyphs: runs of text on one baseline without a wide gap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from cica_qa.documents.pdf.bidi import bidi_class, reads_right_to_left, to_logical_order
from cica_qa.documents.pdf.glyphs import Glyph, Glyphs
from cica_qa.documents.pdf.letters import is_arabic_glyph
from cica_qa.documents.pdf.marks import attach_marks
from cica_qa.documents.pdf.spaces import NARROW, WIDE, resolve_gaps

_BASELINE = 0.25  # of the glyph's height: greatest distance of baselines within one line
_LEVEL = 0.1  # of the height: greatest distance of a stroke on the line, not above it
_SPLIT = 1.0  # em: least gap between two pieces of a line
_TWICE = 0.5  # of the width: greatest distance between copies of a glyph drawn to look bold
_LEAST_SPACE, _MOST_SPACE, _USUAL_SPACE = 0.07, 0.2, 0.14  # em: widths of the least space
_SURE = 2.0  # multiple of the least space that is certainly a space
_OPEN_GAP = 0.025  # em: least gap that may be a space
_OF_A_SPACE = 0.65  # ratio of the least space to the spaces that the page draws
_WORD = 20  # glyphs: greatest length of a word around a ligature
_FEW = 24  # glyphs: a row with more is a line of its own
_TINY = 0.5  # of the line's height: greatest height of a raised letter
_SMALL = 0.8  # of the line's height: greatest height of a raised or lowered number
_RAISED = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", "⁰¹²³⁴⁵⁶⁷⁸⁹⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(slots=True)
class LinePiece:
    """A run of text on one baseline, with coordinates in points.

    Attributes:
        text: The text in logical order.
        left: The left edge.
        right: The right edge.
        y: The baseline.
        height: The height of the line box.
        index: The index in PDFium of the character whose font is taken.
        size: The font size in points.
        bold: Whether the font is bold.
        letters: The number of letters.

    """

    text: str
    left: float
    right: float
    y: float
    height: float
    index: int = 0
    size: float = 0.0
    bold: bool = False
    letters: int = 0


@dataclass(slots=True)
class _Row:
    y: float
    height: float
    letters: list[Glyph] = field(default_factory=list)
    spaces: list[Glyph] = field(default_factory=list)
    size: float = 0.0


LigatureOrder = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What is known of a page apart from its glyphs.

    Attributes:
        size_of: Returns the font size, in points, of a character of PDFium.
        order: Returns the letters of a ligature whose order is unknown in their right order,
            given them and the letters before and after.
        walls: The vertical rules as (x, bottom, top), which no piece crosses.
        right_to_left: The direction of lines without letters.

    """

    size_of: Callable[[int], float]
    order: LigatureOrder
    walls: tuple[tuple[float, float, float], ...] = ()
    right_to_left: bool = True


def read_pieces(glyphs: Glyphs, facts: PageFacts) -> list[LinePiece]:
    """Return the pieces of a page, line by line from the top, each line from the left."""
    rows = _with_raised(_rows(glyphs.letters))
    places = sorted(range(len(rows)), key=lambda i: rows[i].y)
    heights = [rows[i].y for i in places]
    for space in glyphs.spaces:
        row = _nearest(rows, places, heights, space, _BASELINE)
        if row is not None:
            row.spaces.append(space)
    for stroke in glyphs.strokes:
        row = _nearest(rows, places, heights, stroke, _LEVEL)
        if row is not None:  # part of a letter, so it leaves no gap
            row.letters.append(replace(stroke, text=""))
    for row in rows:
        row.letters = _once(sorted(row.letters, key=lambda glyph: glyph.left))
    attach_marks(glyphs, [(row.y, row.height, row.letters) for row in rows])
    for row in rows:
        row.size = facts.size_of(row.letters[len(row.letters) // 2].index) or 0.7 * row.height
    least = _least_space(rows)
    return [piece for row in rows for piece in _pieces(row, least, facts)]


def _rows(letters: list[Glyph]) -> list[_Row]:
    rows: list[_Row] = []
    for glyph in sorted(letters, key=lambda glyph: -glyph.y):
        row = rows[-1] if rows else None
        if row is not None and row.y - glyph.y <= _BASELINE * min(row.height, glyph.height):
            row.letters.append(glyph)
        else:
            rows.append(_Row(glyph.y, glyph.height, [glyph]))
    return rows


def _with_raised(rows: list[_Row]) -> list[_Row]:
    """Move raised and lowered glyphs to the line they belong to.

    These are numbers of notes and in formulas, and letters that a producer (Skia) has placed at
    the position of their mark.
    """
    for row in rows:
        row.height = max(glyph.height for glyph in row.letters)
    kept: list[_Row] = []
    for place, row in enumerate(rows):
        near = [*kept[-2:], *rows[place + 1 : place + 3]]
        if len(row.letters) <= _FEW:
            row.letters = [glyph for glyph in row.letters if not _joined(glyph, near)]
        if row.letters:
            kept.append(row)
    return kept


def _joined(glyph: Glyph, rows: list[_Row]) -> bool:
    number = all(character.isdigit() for character in glyph.text)
    if not number and not is_arabic_glyph(glyph.text[:1]):
        return False
    for row in sorted(rows, key=lambda row: abs(row.y - glyph.y)):
        rise = (glyph.y - row.y) / row.height
        small = glyph.height < (_SMALL if number else _TINY) * row.height
        reach = 0.4 * row.height
        if not small or not -0.3 < rise < 0.6:
            continue
        if any(
            other.left - reach < glyph.right and glyph.left < other.right + reach
            for other in row.letters
        ):
            if number and rise > 0:
                glyph.text = glyph.text.translate(_RAISED)
            row.letters.append(replace(glyph, y=row.y))
            return True
    return False


def _nearest(
    rows: Sequence[_Row], places: list[int], heights: list[float], glyph: Glyph, reach: float
) -> _Row | None:
    at = bisect_left(heights, glyph.y)
    near = [rows[places[i]] for i in (at - 1, at) if 0 <= i < len(places)]
    row = min(near, key=lambda row: abs(row.y - glyph.y), default=None)
    return row if row is not None and abs(row.y - glyph.y) <= reach * glyph.height else None


def _once(letters: list[Glyph]) -> list[Glyph]:
    """Drop the copies of glyphs drawn several times to look bold."""
    kept: list[Glyph] = []
    for glyph in letters:
        limit = glyph.left - _TWICE * (glyph.right - glyph.left)
        copy = any(
            other.text == glyph.text
            and other.left > limit
            and abs(other.right - glyph.right) < _TWICE * (glyph.right - glyph.left)
            for other in kept[-4:]
        )
        if not copy:
            kept.append(glyph)
    return kept


def _pieces(row: _Row, least: float, facts: PageFacts) -> list[LinePiece]:
    """Split a row at wide gaps and put spaces into narrow ones."""
    size = row.size
    walls = [x for x, bottom, top in facts.walls if bottom < row.y + 0.3 * size < top]
    drawn = sorted(row.spaces, key=lambda glyph: glyph.left)
    pieces: list[LinePiece] = []
    current: list[Glyph] = []
    reach = 0.0
    next_space = 0
    for glyph in row.letters:
        if current:
            gap = glyph.left - reach
            spaced = False
            while next_space < len(drawn) and drawn[next_space].left < glyph.left - 0.01 * size:
                space = drawn[next_space]
                spaced |= _parts(space, current[-1], glyph, reach)
                next_space += 1
            walled = any(reach - 1 < x < glyph.left + 1 for x in walls)
            if gap > (least if walled else _SPLIT) * size:
                pieces.append(_piece(current, size, facts))
                current = []
            elif spaced or gap > _OPEN_GAP * size:
                sure = spaced or gap > _SURE * least * size
                shown = " " if sure else WIDE if gap > least * size else NARROW
                current.append(Glyph(shown, reach, glyph.left, glyph.y, glyph.height, -1))
        reach = max(reach, glyph.right) if current else glyph.right
        current.append(glyph)
    pieces.append(_piece(current, size, facts))
    return pieces


def _parts(space: Glyph, before: Glyph, after: Glyph, reach: float) -> bool:
    """Return whether a space lies between two letters, not under the last one of a line."""
    half = 0.5 * (space.right - space.left)
    ordered = before.index < space.index < after.index or after.index < space.index < before.index
    return after.left - space.left > half and (ordered or space.right - reach > half)


def _least_space(rows: list[_Row]) -> float:
    """Return the least gap between two words, in em, estimated from the spaces drawn."""
    widths = [(space.right - space.left) / row.size for row in rows for space in row.spaces]
    if len(widths) < 3:
        return _USUAL_SPACE
    return min(max(_OF_A_SPACE * median(widths), _LEAST_SPACE), _MOST_SPACE)


def _piece(glyphs: list[Glyph], size: float, facts: PageFacts) -> LinePiece:
    texts = [glyph.text for glyph in glyphs]
    for place, glyph in enumerate(glyphs):
        if glyph.parts:
            before = _neighbours(glyphs[place + 1 : place + _WORD])
            after = _neighbours(glyphs[max(0, place - _WORD) : place][::-1])
            texts[place] = facts.order(glyph.parts, before[::-1], after)
    for place, glyph in enumerate(glyphs):
        texts[place] += glyph.marks
    known = reads_right_to_left(texts)
    text = resolve_gaps(to_logical_order(texts, facts.right_to_left if known is None else known))
    letters = [glyph for glyph in glyphs if glyph.index >= 0]
    middle = letters[len(letters) // 2]
    return LinePiece(
        text,
        letters[0].left,
        max(glyph.right for glyph in letters),
        median(glyph.y for glyph in letters),
        median(glyph.height for glyph in letters),
        middle.index,
        size,
        letters=sum(bidi_class(text) in "RL" for text in texts if text),
    )


def _neighbours(glyphs: list[Glyph]) -> str:
    """Return the letters up to the nearest space, the nearest letter first."""
    letters = ""
    for glyph in glyphs:
        if glyph.text in (" ", WIDE):
            break
        letters += glyph.text if glyph.text != NARROW else ""
    return letters
