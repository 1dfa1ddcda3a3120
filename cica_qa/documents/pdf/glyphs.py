"""The glyphs of a page with their boxes, from PDFium, rotated upright."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

from cica_qa.documents.pdf.letters import (
    decode_letter,
    decode_ligature,
    is_arabic_glyph,
    is_mark,
    is_odd,
)

_LOW = 0.35  # of the line box: greatest height of a mark
_FLAT = 0.12  # of the line box: every letter is higher
KASHIDA = "ـ"
_TALL = frozenset("اأإآلكطظ")  # letters with a stem
_FEW = 0.3  # of the Arabic letters: with more unmapped glyphs the text layer is damaged
_UNREADABLE = "\ufffd"
_Raw = tuple[int, int, float, float, float, float, float, float, float]


@dataclass(slots=True)
class Glyph:
    """A glyph, with coordinates in points from the lower left of the upright page.

    Attributes:
        text: The letters shown; empty for a stroke without a letter.
        left: The position of the pen before the glyph.
        right: The position of the pen after the glyph.
        y: The baseline.
        height: The height of the line box.
        index: The index of the glyph's first character in PDFium.
        parts: The letters of a ligature whose order is unknown.
        span: The number of characters in PDFium.
        marks: The marks attached to the letters.

    """

    text: str
    left: float
    right: float
    y: float
    height: float
    index: int
    parts: str = ""
    span: int = 1
    marks: str = ""


@dataclass(slots=True)
class Glyphs:
    """The letters, marks and spaces of a page, and the edges of the upright page.

    ``hollow`` are the indexes of spaces that PDFium inserted. ``strokes`` are small strokes drawn
    for a space character: over an alef they are Word's tanween. ``unmapped`` counts the glyphs
    without a character in the file.
    """

    letters: list[Glyph]
    marks: list[Glyph]
    spaces: list[Glyph]
    hollow: set[int]
    strokes: list[Glyph] = field(default_factory=list)
    unmapped: int = 0
    upright: bool = True
    left: float = 0.0
    bottom: float = 0.0
    top: float = 0.0


def read_glyphs(page: Any, textpage: Any) -> Glyphs:
    """Return the upright glyphs of a page; slanted text (a watermark) is left out."""
    hollow: set[int] = set()
    found = _characters(textpage, hollow)
    rotation = (4 - pdfium.FPDFPage_GetRotation(page)) % 4
    turns = {angle: _quarter(angle) for angle in {raw[7] for raw in found}}
    quarters = Counter(turns[raw[7]] for raw in found if raw[1] != 32)
    main = max(quarters, key=quarters.__getitem__, default=0)
    if main is not None and main != rotation and quarters[main] > 0.8 * quarters.total():
        rotation = main
    page_box = page.get_bbox()
    quarter = rotation or 0
    edges = _upright(quarter, page_box[0], page_box[2], page_box[1], page_box[3], 0, 0)
    glyphs = Glyphs([], [], [], hollow, upright=not rotation)
    glyphs.left, _, glyphs.bottom, glyphs.top = edges[:4]
    for group in _same_glyph(found):
        index, _, left, right, bottom, top, x, angle, y = group[0]
        if len(group) > 1:
            left, right = min(raw[2] for raw in group), max(raw[3] for raw in group)
        if turns[angle] != rotation or not _inside(page_box, left, right, bottom, top):
            continue
        if quarter:
            left, right, bottom, top, x, y = _upright(quarter, left, right, bottom, top, x, y)
        text, parts = _shown(group)
        if not text:
            glyphs.unmapped += 1
            continue
        if text.isspace():
            drawn = _ink(textpage, index, quarter) / (top - bottom)
            if not 0.05 < drawn < 0.9:
                if right - x > 0.01:
                    glyphs.spaces.append(Glyph(" ", x, right, y, top - bottom, index))
            elif drawn < _LOW:
                glyphs.strokes.append(Glyph("ً", left, right, y, top - bottom, index))
            continue
        if is_mark(text):
            left, right = _tight(textpage, index, quarter)[:2]
            if is_odd(text[0]):
                glyphs.unmapped += 1
            else:
                glyphs.marks.append(
                    Glyph(text, left, right, y, top - bottom, index, span=len(group))
                )
            continue
        start = x if left - 0.1 * (right - left) <= x < right else left
        height, span = top - bottom, len(group)
        glyphs.letters.append(Glyph(text, start, right, y, height, index, parts, span))
    _drop_unmapped(glyphs, textpage)
    _drop_kashida(glyphs, textpage, quarter)
    return glyphs


def _drop_kashida(glyphs: Glyphs, textpage: Any, quarter: int) -> None:
    """Clear flat strokes that justify a line but are mapped to a letter: «محمدددد».

    A single one may be a kashida, or carry the letter that the next glyph draws.
    """
    letters = glyphs.letters
    for glyph in letters:
        if glyph.text in _TALL and _ink(textpage, glyph.index, quarter) < _FLAT * glyph.height:
            glyph.parts = glyph.text + KASHIDA
    thrice = {
        a.text
        for a, b, c in zip(letters, letters[1:], letters[2:], strict=False)
        if a.text == b.text == c.text and is_arabic_glyph(a.text[:1])
    }
    for glyph in letters if thrice else ():
        if glyph.text in thrice and _ink(textpage, glyph.index, quarter) < _FLAT * glyph.height:
            glyph.text = ""


def _ink(textpage: Any, index: int, quarter: int) -> float:
    """Return the height of the ink of a character."""
    box = _tight(textpage, index, quarter)
    return box[3] - box[2]


def _drop_unmapped(glyphs: Glyphs, textpage: Any) -> None:
    """Count glyphs without a character and clear them if they are few.

    The letter of such a glyph is carried by another one. If there are many, the text layer is
    damaged, and they stay.
    """
    strange = [
        glyph
        for glyph in glyphs.letters
        if not is_arabic_glyph(glyph.text[0])
        and (
            is_odd(glyph.text[0])
            or glyph.text == _UNREADABLE
            or pdfium.FPDFText_HasUnicodeMapError(textpage.raw, glyph.index) == 1
        )
    ]
    arabic = sum(is_arabic_glyph(glyph.text[0]) for glyph in glyphs.letters)
    glyphs.unmapped += len(strange)
    if strange and len(strange) < _FEW * arabic:
        for glyph in strange:
            glyph.text = ""


def _characters(textpage: Any, hollow: set[int]) -> list[_Raw]:
    """Return index, code, loose box (left, right, bottom, top), pen x, angle and baseline of each.

    The indexes of spaces without a width are added to ``hollow``.
    """
    raw = textpage.raw
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    to_box, to_x, to_y = ctypes.byref(box), ctypes.byref(x), ctypes.byref(y)
    code_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    origin_of, angle_of = pdfium.FPDFText_GetCharOrigin, pdfium.FPDFText_GetCharAngle
    found: list[_Raw] = []
    for index in range(pdfium.FPDFText_CountChars(raw)):
        code = code_of(raw, index)
        if code in (10, 13):
            continue
        box_of(raw, index, to_box)
        origin_of(raw, index, to_x, to_y)
        if code == 32 and abs(box.right - box.left) < 0.01:
            hollow.add(index)
            continue
        angle = angle_of(raw, index)
        found.append(
            (index, code, box.left, box.right, box.bottom, box.top, x.value, angle, y.value)
        )
    return found


def _same_glyph(found: list[_Raw]) -> list[list[_Raw]]:
    """Group the characters of each glyph; a ligature has several."""
    groups: list[list[_Raw]] = []
    for raw in found:
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and raw[1] != 32
            and last[1] != 32
            and abs(raw[6] - last[6]) < 1e-4
            and abs(raw[8] - last[8]) < 1e-4
            and len(groups[-1]) < 24
            and not (raw[1] == last[1] and raw[2:6] == last[2:6] and not _doubles(raw[1]))
        ):
            groups[-1].append(raw)
        else:
            groups.append([raw])
    return groups


def _doubles(code: int) -> bool:
    return code in (0x0644, 0x0640, 0x66, 0x6C)


def _shown(group: list[_Raw]) -> tuple[str, str]:
    """Return the text of a glyph, and its letters as they came if their order is unknown."""
    if len(group) == 1:
        text = decode_letter(group[0][1])
        return (text if len(text) < 2 else decode_ligature(text[::-1]) or text), ""
    boxes = {raw[2] for raw in group}
    if len(boxes) == len(group):  # PDFium has split the glyph's box among its letters
        right_to_left = sorted(group, key=lambda raw: -raw[2])
        shown = "".join(decode_letter(raw[1]) for raw in right_to_left)
        known = decode_ligature(shown[::-1])
        return known or shown, ""
    shown = "".join(decode_letter(raw[1]) for raw in group)
    if not any(map(is_arabic_glyph, shown)) and not is_mark(shown[:1]):
        return shown, ""
    known = decode_ligature(shown)
    return (known, "") if known is not None else (shown[::-1], shown)


def _quarter(angle: float) -> int | None:
    """Return the number of quarter turns of an angle, or None for slanted text."""
    turns = angle / (math.pi / 2)
    nearest = round(turns)
    return nearest % 4 if abs(turns - nearest) < 0.05 else None


def _inside(
    page: tuple[float, float, float, float], left: float, right: float, bottom: float, top: float
) -> bool:
    x, y = (left + right) / 2, (bottom + top) / 2
    return page[0] - 1 <= x <= page[2] + 1 and page[1] - 1 <= y <= page[3] + 1


def _upright(
    quarter: int, left: float, right: float, bottom: float, top: float, x: float, y: float
) -> tuple[float, float, float, float, float, float]:
    """Rotate a box and its origin by quarter turns so that its text is horizontal."""
    if quarter == 0:
        return left, right, bottom, top, x, y
    if quarter == 3:  # angles are clockwise: this text runs upwards
        return bottom, top, -right, -left, y, -x
    if quarter == 2:
        return -right, -left, -top, -bottom, -x, -y
    return -top, -bottom, left, right, -y, x


def _tight(textpage: Any, index: int, quarter: int) -> tuple[float, float, float, float]:
    """Return the ink box (left, right, bottom, top) of a character on the upright page."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage.raw, index, left, right, bottom, top)
    return _upright(quarter, left.value, right.value, bottom.value, top.value, 0, 0)[:4]
