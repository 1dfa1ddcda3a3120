"""The place of a citation in words: document, part and page."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cica_qa.answer.cite import page_name
from cica_qa.types import Answer, Citation, Passage, Unit

TitleOf = Callable[[str], str]
"""Returns the title of the document with an id."""

_LONGEST_TITLE, _LONGEST_PART = 40, 26
"""The most characters of a title and of a part in a chip."""


class CitationPlace(NamedTuple):
    """The place of a citation: title, part and page of its document, each possibly empty.

    ``alone`` is whether there is only one document, whose title need not be shown.
    """

    title: str
    part: str
    page: str
    alone: bool = False

    @property
    def short(self) -> str:
        """The text of a chip: «عقد الإيجار، البند 3، ص 2», without the title if it is needless."""
        parts = [_cut(self.part, _LONGEST_PART), self.page]
        if not self.alone or not any(parts):
            parts.insert(0, _cut(self.title, _LONGEST_PART if any(parts) else _LONGEST_TITLE))
        return "، ".join(filter(None, parts))

    @property
    def whole(self) -> str:
        """The full text, with nothing truncated."""
        return "، ".join(filter(None, (self.title, self.part, self.page)))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]}…"


def citation_places(
    answer: Answer, title_of: TitleOf, *, alone: bool = False
) -> dict[int, CitationPlace]:
    """Return the place of each citation of an answer, by its number."""
    passages = {hit.passage.passage_id: hit.passage for hit in answer.hits}
    return {
        citation.number: CitationPlace(
            title_of(citation.doc_id),
            _part(passages[citation.passage_id], citation),
            page_name(citation.page) if citation.page else "",
            alone,
        )
        for citation in answer.citations
    }


def _part(passage: Passage, citation: Citation) -> str:
    """Return the name of the part of a document that is cited: «المادة 12», or its heading."""
    around = [
        (unit.end - unit.start, label)
        for unit in (*passage.wholes, *passage.units)
        if unit.start <= citation.start and citation.end <= unit.end
        if (label := _designation(unit)) is not None
    ]
    if around:
        _, label = min(around, key=lambda sized: sized[0])
        return " ".join(passage.slice(*label).split()).strip(" :.-–*#")
    return heading_of(passage)


def _designation(unit: Unit) -> tuple[int, int] | None:
    return unit.label if unit.number and unit.kind in ("article", "item") else None


def heading_of(passage: Passage) -> str:
    """Return the innermost heading of a passage, or an empty string."""
    return passage.headings[-1].strip(" :") if passage.headings else ""
