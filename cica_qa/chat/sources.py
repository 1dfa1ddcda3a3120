"""Source passages as HTML, with the citation and words similar to the question highlighted.

All text of a document passes through ``escape``. Without its tags, the markup of a passage is the
passage, character for character.
"""

from __future__ import annotations

from cica_qa.answer.coverage import similar_word_spans
from cica_qa.chat.mixed import Mark, escape, isolated, lines
from cica_qa.types import Hit


def name(title: str) -> str:
    """Return a title or heading as markup, with left-to-right parts isolated and no links."""
    return isolated(title, links=False)


def source(number: int, place: str, title: str, hit: Hit, span: tuple[int, int]) -> str:
    """Return a passage as a ``<template>``, with ``span`` (document offsets) highlighted.

    An empty span highlights nothing. Words similar to those of the question are underlined.
    """
    passage, (start, end) = hit.passage, span
    words = (Mark(*word, 'u class="cica-word"') for word in similar_word_spans(hit))
    marks = [
        Mark(first - passage.start, last - passage.start, tag)
        for first, last, tag in (Mark(start, end, "mark"), *words)
    ]
    where = (
        f'data-number="{number}" data-document="{escape(passage.doc_id)}" data-start="{start}" '
        f'data-end="{end}" data-place="{escape(place)}" data-title="{escape(name(title))}"'
    )
    shown = lines(passage.text, marks)
    return f'<template class="cica-source" {where}>{shown}</template>'
