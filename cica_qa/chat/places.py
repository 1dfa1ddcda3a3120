"""What a person calls the place of a citation: document, part and page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cica_qa.answer.cite import page_name
from cica_qa.types import Answer, Citation, Passage, Unit

TitleOf = Callable[[str], str]
"""Gives the title of the document with a given id."""

_LONGEST_TITLE, _LONGEST_PART = 40, 26  # characters of a title in a chip, of a part of it


class Place(NamedTuple):
    """Where a citation stands: its document, the part of it, the page."""

    title: str
    part: str
    page: str
    alone: bool = False

    @property
    def short(self) -> str:
        """What a chip says: «عقد الإيجار، البند 3، ص 2», without the title of the only one."""
        parts = [_cut(self.part, _LONGEST_PART), self.page]
        if not self.alone or not any(parts):
            parts.insert(0, _cut(self.title, _LONGEST_PART if any(parts) else _LONGEST_TITLE))
        return "، ".join(filter(None, parts))

    @property
    def whole(self) -> str:
        """The same with nothing cut."""
        return "، ".join(filter(None, (self.title, self.part, self.page)))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]}…"


def places_of(answer: Answer, title_of: TitleOf, *, alone: bool = False) -> dict[int, Place]:
    """Return where each citation of an answer stands, by its number."""
    passages = {hit.passage.passage_id: hit.passage for hit in answer.hits}
    return {
        citation.number: Place(
            title_of(citation.doc_id),
            _part(passages[citation.passage_id], citation),
            page_name(citation.page) if citation.page else "",
            alone,
        )
        for citation in answer.citations
    }


def _part(passage: Passage, citation: Citation) -> str:
    """What a person calls the part of a document that is cited: «المادة 12», or its heading."""
    around = [
        unit
        for unit in (*passage.wholes, *passage.units)
        if unit.start <= citation.start and citation.end <= unit.end and _designates(unit)
    ]
    if around:
        nearest = min(around, key=lambda unit: unit.end - unit.start)
        assert nearest.label is not None
        return " ".join(passage.slice(*nearest.label).split()).strip(" :.-–*#")
    return heading_of(passage)


def _designates(unit: Unit) -> bool:
    return bool(unit.number and unit.label and unit.kind in ("article", "item"))


def heading_of(passage: Passage) -> str:
    """Return the innermost heading of a passage; "" where it has none."""
    return passage.headings[-1].strip(" :") if passage.headings else ""
