"""A passage in its document as HTML, with what is cited and what is like the question set off.

Every text of a document passes through ``escape``; without its tags, the markup of a passage is the
passage, character for character.
"""

from __future__ import annotations

from collections.abc import Sequence

from cica_qa.answer.support import alike
from cica_qa.chat.mixed import escape, isolated, lines
from cica_qa.types import Hit, Passage


def name(title: str) -> str:
    """A title or heading: what reads from left to right is isolated, without its brackets."""
    return isolated(title, links=False)


def source(number: int, place: str, title: str, hit: Hit, span: tuple[int, int]) -> str:
    """A passage of a document as a ``<template>``, with ``span`` (document offsets) highlighted.

    An empty span highlights nothing. The words that are like those of the question are
    underlined.
    """
    passage, words = hit.passage, alike(hit)
    start, end = span
    before, quote, after = (
        _worded(passage, a, b, words)
        for a, b in ((passage.start, start), (start, end), (end, passage.end))
    )
    mark = f"<mark>{quote}</mark>" if quote else ""
    where = (
        f'data-number="{number}" data-document="{escape(passage.doc_id)}" data-start="{start}" '
        f'data-end="{end}" data-place="{escape(place)}" data-title="{escape(name(title))}"'
    )
    return f'<template class="cica-source" {where}>{before}{mark}{after}</template>'


def _worded(passage: Passage, start: int, end: int, words: Sequence[tuple[int, int]]) -> str:
    """A stretch of a passage, with the words underlined that lie in it."""
    parts, at = [], start
    for first, last in words:
        if at <= first and last <= end:
            inner = isolated(passage.slice(first, last))
            parts += [lines(passage.slice(at, first)), f'<u class="cica-word">{inner}</u>']
            at = last
    return "".join([*parts, lines(passage.slice(at, end))])
