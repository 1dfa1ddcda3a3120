"""A passage in its document as HTML, with what is cited and what is like the question set off.

Every text of a document passes through ``escape``; without its tags, the markup of a passage is the
passage, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html

from cica_qa.answer.support import alike
from cica_qa.chat import texts
from cica_qa.types import Hit, Passage

_LATIN_ASIDE = re.compile(r"\([^()\u0590-\u08ff]*[A-Za-z][^()\u0590-\u08ff]*\)")
_UNSHOWABLE = re.compile("[\x00\ud800-\udfff]")


def escape(text: str) -> str:
    """Make any text literal in HTML, in content and in attributes.

    NUL and lone surrogates, which no page can hold, become U+FFFD, one for one. A carriage
    return is written as a reference, since parsers turn a bare one into a line feed.
    """
    shown = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return escape_html(shown).replace("\r", "&#13;")


def name(title: str) -> str:
    """A title or heading, with «(Latin words)» isolated: a line break would tear them apart."""
    return _LATIN_ASIDE.sub(r"<bdi>\g<0></bdi>", escape(title))


def source(panel: str, label: str, title: str, hit: Hit, span: tuple[int, int]) -> str:
    """A passage in its document, with ``span`` (document offsets) highlighted.

    An empty span highlights nothing. The words that are like those of the question are
    underlined. The panel starts hidden; ``panel`` is its id.
    """
    passage, words = hit.passage, alike(hit)
    start, end = span
    before, quote, after = (
        _worded(passage, a, b, words)
        for a, b in ((passage.start, start), (start, end), (end, passage.end))
    )
    mark = f"<mark>{quote}</mark>" if quote else ""
    path = "".join(f'<li dir="auto">{name(heading)}</li>' for heading in passage.headings)
    return (
        f'<section class="cica-source" id="{panel}" tabindex="-1" hidden '
        f'aria-label="{escape(label)}"><header><span class="cica-label">{escape(label)}</span>'
        f'<button type="button" class="cica-close" aria-label="{texts.CLOSE}">×</button>'
        f'<h3 dir="auto">{name(title)}</h3>{path and f"<ol>{path}</ol>"}</header>'
        f'<div class="cica-passage" tabindex="0">{before}{mark}{after}</div>'
        "</section>"
    )


def _worded(passage: Passage, start: int, end: int, words: Sequence[tuple[int, int]]) -> str:
    """A stretch of a passage, with the words underlined that lie in it."""
    parts, at = [], start
    for first, last in words:
        if at <= first and last <= end:
            inner = escape(passage.slice(first, last))
            parts += [escape(passage.slice(at, first)), f'<u class="cica-word">{inner}</u>']
            at = last
    return "".join([*parts, escape(passage.slice(at, end))])
