"""The rules drawn on a page: borders of tables, lines above footnotes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_THIN = 2.5  # points: greatest thickness of a rule
_SHORT = 15.0  # points: a rule is longer
_MOST = 20_000  # objects of a page that are examined


@dataclass(frozen=True, slots=True)
class PageRules:
    """Horizontal rules as (y, left, right), from the top; vertical ones as (x, bottom, top)."""

    horizontal: tuple[tuple[float, float, float], ...] = ()
    vertical: tuple[tuple[float, float, float], ...] = ()

    def count_crossing(self, bottom: float, top: float, gutters: list[tuple[float, float]]) -> int:
        """Return the number of heights, within the range, at which a rule crosses a gutter."""
        heights = {
            round(y / 2)
            for y, left, right in self.horizontal
            if bottom < y < top and any(left <= x0 + 1 and right >= x1 - 1 for x0, x1 in gutters)
        }
        return len(heights)

    def separated(self, bottom: float, top: float) -> bool | None:
        """Return whether a rule separates two baselines, or None without rules around them."""
        near = [y for y, _, _ in self.horizontal if bottom - 60 < y < top + 60]
        if len(near) < 2 or not min(near) <= bottom + 4 or not max(near) >= top:
            return None
        return any(bottom < y <= top + 1 for y in near)

    def rule_between(self, bottom: float, top: float) -> bool:
        """Return whether there is a horizontal rule between two baselines."""
        return any(bottom < y <= top for y, _, _ in self.horizontal)

    def wall_between(self, left: float, right: float, y: float) -> bool:
        """Return whether there is a vertical rule within a gap of a line."""
        return any(
            left - 1 < x < right + 1 and low < y + 3 < high for x, low, high in self.vertical
        )

    def columns(self, y: float) -> list[float]:
        """Return the positions of the inner vertical rules of a grid at a baseline."""
        found: list[float] = []
        for x in sorted(x for x, low, high in self.vertical if low < y + 3 < high):
            if not found or x - found[-1] > _THIN + 1:
                found.append(x)
        return found[1:-1]

    def wall_spans(self, bottom: float, top: float) -> bool:
        """Return whether one vertical rule spans both baselines."""
        return any(low <= bottom + 3 and high >= top - 3 for _, low, high in self.vertical)


def read_rules(page: Any) -> PageRules:
    """Return the rules of a page, except those inside form objects."""
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
    return PageRules(tuple(sorted(horizontal, reverse=True)), tuple(vertical))
