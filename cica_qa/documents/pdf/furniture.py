"""Detection of running headers, running footers and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.documents.pdf.lines import LinePiece

_ZONE = 0.13  # share of the page's height at its top and bottom for headers and footers
_SHARE = 0.3  # share of the pages that must have the same header or footer
_PAGE = re.compile(
    r"[\s\-–—|\[(]*(?:page|p\.|صفحة|الصفحة|ص)?[\s.:]*(\d{1,5})[\s\-–—|\])]*"
    r"(?:(?:/|of|من)\s*\d{1,5})?[\s\-–—|\])]*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class PagePieces:
    """The pieces of a page and its edges; ``dropped`` are its headers and footers."""

    pieces: list[LinePiece]
    bottom: float
    top: float
    dropped: list[LinePiece]


def drop_furniture(pages: Sequence[PagePieces]) -> None:
    """Move running headers, footers and page numbers from ``pieces`` to ``dropped``."""
    body = _body_size(pages)
    repeated = _repeated(pages, body)
    offset = _numbering(pages)
    for number, page in enumerate(pages):
        kept: list[LinePiece] = []
        outermost = _outermost(page)
        for piece in page.pieces:
            zone = _zone(page, piece)
            running = zone and (_key(zone, piece) in repeated) and piece.size <= 1.15 * body
            counted = id(piece) in outermost and _page_number(piece) == number + offset
            (page.dropped if running or counted else kept).append(piece)
        if kept or not any(piece.letters for piece in page.dropped):
            page.pieces = kept
        else:
            page.dropped = []


def _body_size(pages: Sequence[PagePieces]) -> float:
    sizes = Counter[float]()
    for page in pages:
        for piece in page.pieces:
            sizes[round(piece.size, 1)] += piece.letters
    return max(sizes, key=sizes.__getitem__, default=1.0) or 1.0


def _repeated(pages: Sequence[PagePieces], body: float) -> set[tuple[str, str, int]]:
    if len(pages) < 2:
        return set()
    counts = Counter[tuple[str, str, int]]()
    for page in pages:
        counts.update(
            {
                _key(zone, p)
                for p in page.pieces
                if (zone := _zone(page, p)) and p.size <= 1.15 * body
            }
        )
    least = 2 if len(pages) < 4 else max(3, _SHARE * len(pages))
    return {key for key, count in counts.items() if count >= least}


def _key(zone: str, piece: LinePiece) -> tuple[str, str, int]:
    return zone, " ".join(piece.text.split()), round(piece.y / 8)


def _zone(page: PagePieces, piece: LinePiece) -> str:
    height = page.top - page.bottom
    if piece.y > page.top - _ZONE * height:
        return "header"
    return "footer" if piece.y < page.bottom + _ZONE * height else ""


def _outermost(page: PagePieces) -> set[int]:
    """Return the ids of the pieces in the first and last rows of a page."""
    if not page.pieces:
        return set()
    top, bottom = max(p.y for p in page.pieces), min(p.y for p in page.pieces)
    return {
        id(piece)
        for piece in page.pieces
        if _zone(page, piece) and (top - piece.y < piece.size or piece.y - bottom < piece.size)
    }


def _page_number(piece: LinePiece) -> int | None:
    match = _PAGE.fullmatch(piece.text)
    return int(match[1]) if match else None


def _numbering(pages: Sequence[PagePieces]) -> int:
    """Return the number of the first page implied by most printed page numbers, else 1."""
    offsets = Counter[int]()
    for index, page in enumerate(pages):
        outermost = _outermost(page)
        found = {
            number - index
            for piece in page.pieces
            if id(piece) in outermost and (number := _page_number(piece)) is not None
        }
        offsets.update(found)
    offset = max(offsets, key=lambda value: (offsets[value], -abs(value)), default=1)
    return offset if offsets[offset] >= max(2, _SHARE * len(pages)) else 1


def running_text(pages: Sequence[PagePieces], zone: str) -> str:
    """Return the most frequent header or footer that has letters, or ""."""
    texts = Counter(
        " ".join(piece.text.split())
        for page in pages
        for piece in page.dropped
        if piece.letters and _zone(page, piece) == zone
    )
    return max(texts, key=texts.__getitem__, default="")
