"""The lines that are drawn on a page: borders of tables, rules over footnotes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_THIN = 2.5  # points
_SHORT = 15.0  # points
_MOST = 20_000  # objects of a page that are looked at


@dataclass(frozen=True, slots=True)
class Rules:
    """Horizontal rules as (y, left, right), from the top; vertical ones as (x, bottom, top)."""

    horizontal: tuple[tuple[float, float, float], ...] = ()
    vertical: tuple[tuple[float, float, float], ...] = ()

    def lying(self, bottom: float, top: float, gutters: list[tuple[float, float]]) -> int:
        """Count the heights between two at which a rule crosses a gutter."""
        heights = {
            round(y / 2)
            for y, left, right in self.horizontal
            if bottom < y < top and any(left <= x0 + 1 and right >= x1 - 1 for x0, x1 in gutters)
        }
        return len(heights)

    def between(self, bottom: float, top: float) -> bool | None:
        """Whether a rule parts two baselines; ``None`` where the page has too few to tell."""
        near = [y for y, _, _ in self.horizontal if bottom - 60 < y < top + 60]
        if len(near) < 2 or not min(near) <= bottom + 4 or not max(near) >= top:
            return None
        return any(bottom < y <= top + 1 for y in near)

    def crosses(self, bottom: float, top: float) -> bool:
        """Return whether a horizontal rule lies between two baselines."""
        return any(bottom < y <= top for y, _, _ in self.horizontal)

    def parts(self, left: float, right: float, y: float) -> bool:
        """Return whether a vertical rule stands in a gap of a line."""
        return any(
            left - 1 < x < right + 1 and low < y + 3 < high for x, low, high in self.vertical
        )

    def columns(self, y: float) -> list[float]:
        """Return where vertical rules part the columns of a grid around a baseline."""
        found: list[float] = []
        for x in sorted(x for x, low, high in self.vertical if low < y + 3 < high):
            if not found or x - found[-1] > _THIN + 1:
                found.append(x)
        return found[1:-1]

    def join(self, bottom: float, top: float) -> bool:
        """Return whether one vertical rule runs along both baselines."""
        return any(low <= bottom + 3 and high >= top - 3 for _, low, high in self.vertical)


def read_rules(page: Any) -> Rules:
    """Return the rules of a page; those inside of form objects are not looked for."""
    horizontal: list[tuple[float, float, float]] = []
    vertical: list[tuple[float, float, float]] = []
    edges = [ctypes.c_float() for _ in range(4)]
    raw = page.raw
    for index in range(min(pdfium.FPDFPage_CountObjects(raw), _MOST)):
        drawn = pdfium.FPDFPage_GetObject(raw, index)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        if not pdfium.FPDFPageObj_GetBounds(drawn, *edges):
            continue
        left, bottom, right, top = (edge.value for edge in edges)
        wide, high = right - left > _SHORT, top - bottom > _SHORT
        if wide and top - bottom <= _THIN:
            horizontal.append(((top + bottom) / 2, left, right))
        elif high and right - left <= _THIN:
            vertical.append(((left + right) / 2, bottom, top))
        elif wide and top - bottom > 8:
            horizontal += [(top, left, right), (bottom, left, right)]
            if high:
                vertical += [(left, bottom, top), (right, bottom, top)]
    return Rules(tuple(sorted(horizontal, reverse=True)), tuple(vertical))
