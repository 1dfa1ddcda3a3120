"""From glyphs to pieces of lines: runs of text on one baseline without a wide gap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from cica_qa.documents.pdf.bidi import direction, logical, reads_right_to_left
from cica_qa.documents.pdf.glyphs import Glyph, Glyphs
from cica_qa.documents.pdf.letters import is_arabic
from cica_qa.documents.pdf.marks import attach
from cica_qa.documents.pdf.spaces import NARROW, WIDE, settle

_BASELINE = 0.25  # of the glyph's height: what differs less stands on one line
_LEVEL = 0.1  # of the height: what differs less stands on the line, not over it
_SPLIT = 1.0  # em: a gap that parts two pieces of a line
_TWICE = 0.5  # of the width: how far the copies of one glyph may be apart (drawn bold)
_LEAST_SPACE, _MOST_SPACE, _USUAL_SPACE = 0.07, 0.2, 0.14  # em: what parts two words
_SURE, _OPEN_GAP = 2.0, 0.025  # of the least space, em: what is a space for sure, what may be one
_OF_A_SPACE = 0.65  # of the width of the spaces that are drawn
_WORD = 20  # glyphs: the longest word that is looked at
_FEW = 24  # glyphs: a row with more is a line of its own
_TINY = 0.5  # of the height of a line: a letter that is no larger is raised
_SMALL = 0.8  # of the height of a line: a number that is no larger is raised or lowered
_RAISED = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", "⁰¹²³⁴⁵⁶⁷⁸⁹⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(slots=True)
class Piece:
    """A run of text on one baseline. ``y`` is the baseline, ``height`` that of its line box.

    ``size`` (in points) and ``bold`` are of the font at ``index``, a character in PDFium.
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


Order = Callable[[str, str, str], str]
SizeOf = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page tells beside its glyphs.

    ``size_of`` gives the size of the font of a character. ``order`` tells the order of a
    ligature's letters where the glyph leaves it open: it gets them with the letters before and
    after. ``walls`` are the vertical rules as (x, bottom, top): no piece runs through one.
    ``right_to_left`` holds for lines without letters.
    """

    size_of: SizeOf
    order: Order
    walls: tuple[tuple[float, float, float], ...] = ()
    right_to_left: bool = True


def read_pieces(glyphs: Glyphs, facts: PageFacts) -> list[Piece]:
    """Return the pieces of all lines of a page, from the top down, each from left to right."""
    rows = _with_raised(_rows(glyphs.letters))
    places = sorted(range(len(rows)), key=lambda i: rows[i].y)
    heights = [rows[i].y for i in places]
    for space in glyphs.spaces:
        row = _nearest(rows, places, heights, space, _BASELINE)
        if row is not None:
            row.spaces.append(space)
    for stroke in glyphs.strokes:
        row = _nearest(rows, places, heights, stroke, _LEVEL)
        if row is not None:  # part of a letter: it leaves no gap
            row.letters.append(replace(stroke, text=""))
    for row in rows:
        row.letters = _once(sorted(row.letters, key=lambda glyph: glyph.left))
    attach(glyphs, [(row.y, row.height, row.letters) for row in rows])
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
    """Put what is raised or lowered into the line that it belongs to.

    These are the numbers of notes and formulas, and letters that a producer (Skia) has put where
    their mark stands.
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
    if not number and not is_arabic(glyph.text[:1]):
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
    """Leave out the copies of a glyph that is drawn several times to look bold."""
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


def _pieces(row: _Row, least: float, facts: PageFacts) -> list[Piece]:
    """Cut a row at its wide gaps and put spaces into the narrow ones."""
    size = row.size
    walls = [x for x, bottom, top in facts.walls if bottom < row.y + 0.3 * size < top]
    drawn = sorted(row.spaces, key=lambda glyph: glyph.left)
    pieces: list[Piece] = []
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
    """Whether a space stands between two letters; one that ends a line lies under the last."""
    half = 0.5 * (space.right - space.left)
    ordered = before.index < space.index < after.index or after.index < space.index < before.index
    return after.left - space.left > half and (ordered or space.right - reach > half)


def _least_space(rows: list[_Row]) -> float:
    """Return the least gap between two words, in em, by the spaces that the page draws."""
    widths = [(space.right - space.left) / row.size for row in rows for space in row.spaces]
    if len(widths) < 3:
        return _USUAL_SPACE
    return min(max(_OF_A_SPACE * median(widths), _LEAST_SPACE), _MOST_SPACE)


def _piece(glyphs: list[Glyph], size: float, facts: PageFacts) -> Piece:
    texts = [glyph.text for glyph in glyphs]
    for place, glyph in enumerate(glyphs):
        if glyph.parts:
            before = _neighbours(glyphs[place + 1 : place + _WORD])
            after = _neighbours(glyphs[max(0, place - _WORD) : place][::-1])
            texts[place] = facts.order(glyph.parts, before[::-1], after)
    for place, glyph in enumerate(glyphs):
        texts[place] += glyph.marks
    known = reads_right_to_left(texts)
    text = settle(logical(texts, facts.right_to_left if known is None else known))
    letters = [glyph for glyph in glyphs if glyph.index >= 0]
    middle = letters[len(letters) // 2]
    return Piece(
        text,
        letters[0].left,
        max(glyph.right for glyph in letters),
        median(glyph.y for glyph in letters),
        median(glyph.height for glyph in letters),
        middle.index,
        size,
        letters=sum(direction(text) in "RL" for text in texts if text),
    )


def _neighbours(glyphs: list[Glyph]) -> str:
    """Return the letters of a word on one side of a glyph, the nearest first."""
    letters = ""
    for glyph in glyphs:
        if glyph.text in (" ", WIDE):
            break
        letters += glyph.text if glyph.text != NARROW else ""
    return letters
