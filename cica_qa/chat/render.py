"""The conversation as HTML: pure functions from answers to markup.

Every text that comes from a user or a document passes through ``escape``. What is shown of
a document is a slice of it: the text of a source panel is the passage, character for
character, and the text of its ``<mark>`` is the quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from cica_qa.answer.cite import page_name
from cica_qa.arabic.matching import Forms
from cica_qa.chat import texts
from cica_qa.chat.sources import escape, name, source
from cica_qa.types import Answer, Citation, Document, Passage

TitleOf = Callable[[str], str]
"""Gives the title of the document with a given id."""

NEAREST_SHOWN = 3
_BULLET = re.compile(r"\s*[•●○◦▪▫■□‣⁃·*–—-]\s+(?=\S)")
_MARKS = re.compile(r"\s*\[(\d{1,3})\]")
_SENTENCE = re.compile(r"[^.؟!]+[.؟!]?")
_ICON = '<span class="cica-icon" aria-hidden="true">{}</span>'


class Line(NamedTuple):
    """One line of an answer; ``number`` is the citation whose chip follows it.

    ``focus`` are the stretches of the text that answer.
    """

    text: str
    item: bool
    number: int | None
    focus: tuple[tuple[int, int], ...] = ()


def header(documents: Sequence[Document]) -> str:
    """Name the one document, or count several and list their names."""
    titles = [document.title or document.doc_id for document in documents]
    if len(titles) == 1:
        top, below = titles[0], texts.SUBTITLE
    else:
        top, below = texts.documents(len(titles)), texts.names(titles)
    return f'<h1 dir="auto">{name(top)}</h1><p dir="auto">{escape(below)}</p>'


def welcome() -> str:
    """What stands in an empty conversation."""
    return (
        f'<div class="cica-welcome"><h2>{escape(texts.WELCOME_TITLE)}</h2>'
        f"<p>{escape(texts.WELCOME)}</p></div>"
    )


def aside() -> str:
    """What stands beside the conversation while no source is open."""
    return (
        f'<div class="cica-hint">{_ICON.format("❞")}<h2>{escape(texts.ASIDE_TITLE)}</h2>'
        f"<p>{escape(texts.ASIDE)}</p></div>"
    )


def conversation() -> str:
    """The log that screen readers follow, empty; the page's script puts the exchanges into it."""
    state = f'role="log" aria-label="{texts.CONVERSATION}" aria-busy="false"'
    return f'<div class="cica-log" {state}>{welcome()}</div>'


def newest(key: str, inner: str, *, busy: bool = False) -> str:
    """An exchange for the script to show, in the place of the one with its ``key``.

    ``busy`` is while its answer is on its way. It is an attribute, so that it is in the page once.
    """
    state = f'data-key="{key}" data-busy="{str(busy).lower()}"'
    return f'<div class="cica-sent" {state} data-markup="{escape(inner)}"></div>'


def exchange(question: str, body: str) -> str:
    """A question as it was typed, and what came of it (``body`` is markup)."""
    return (
        '<article class="cica-exchange">'
        f'<div class="cica-question" dir="auto" aria-label="{texts.ASKED}">{escape(question)}</div>'
        f"{body}</article>"
    )


def thinking() -> str:
    """The sign that an answer is on its way."""
    return (
        '<div class="cica-thinking" role="status"><span class="cica-spinner"></span>'
        f"{escape(texts.THINKING)}</div>"
    )


def notice(message: str) -> str:
    """A gentle word about a question that could not be answered."""
    return _card("notice", "!", texts.NOTICE, _paragraph(message))


def answer(answer: Answer, key: str, title_of: TitleOf) -> str:
    """An answer with its sources.

    ``key`` is unique to the exchange within the page and contains no markup.
    """
    said = (
        _told(texts.READ_AS, answer.read_as) + _told(texts.ABOUT, answer.carried) + _respelt(answer)
    )
    if answer.abstained and (answer.hits or answer.reason):
        return said + _abstention(answer, key, title_of)
    lines = _phrased(answer) or _lines(answer) or [Line(answer.text, False, None)]
    sources = _sources(answer, key, title_of)
    body = _body(lines, answer, key, title_of)
    numbers = dict.fromkeys(line.number for line in lines if line.number is not None)
    panels = "".join(sources[number] for number in numbers)
    inner = _lead(answer.lead) + body + _note(answer.note)
    return f'{said}<div class="cica-answer">{inner}</div>{panels}'


def about(message: str) -> str:
    """A remark above an answer: how the question was taken."""
    return f'<p class="cica-about" dir="auto">{escape(message)}</p>'


def _abstention(answer: Answer, key: str, title_of: TitleOf) -> str:
    buttons, panels = [], []
    for number, hit in enumerate(answer.hits[:NEAREST_SHOWN], start=1):
        passage = hit.passage
        panel, title = f"cica-near-{key}-{number}", title_of(passage.doc_id)
        buttons.append(_near_button(panel, passage, title))
        panels.append(source(panel, texts.NEAR_SOURCE, title, hit, (passage.start,) * 2))
    near = f"<p>{escape(texts.NEAREST)}</p><ul>{''.join(buttons)}</ul>" if buttons else ""
    reason = answer.reason if answer.reason != answer.text else ""
    said = "".join(_paragraph(text) for text in (answer.text, reason) if text)
    card = _card("abstention", "؟", texts.ABSTAINED, f"{said}{near}")
    return f"{card}{''.join(panels)}"


def _near_button(panel: str, passage: Passage, title: str) -> str:
    place = passage.headings[-1] if passage.headings else title
    opening = [word for word in passage.text.strip().removeprefix(place).split() if word != "•"]
    snippet = " ".join(opening[:14]) + ("…" if len(opening) > 14 else "")
    return (
        f'<li><button type="button" class="cica-near" aria-expanded="false" '
        f'aria-controls="{panel}" aria-label="{escape(texts.near_chip(place))}">'
        f'<strong dir="auto">{name(place)}</strong><span dir="auto">{escape(snippet)}</span>'
        "</button></li>"
    )


def _card(kind: str, icon: str, label: str, inner: str) -> str:
    return (
        f'<div class="cica-card cica-{kind}">{_ICON.format(icon)}<div>'
        f"<strong>{escape(label)}</strong>{inner}</div></div>"
    )


def _paragraph(text: str) -> str:
    return f'<p dir="auto">{escape(text)}</p>'


def _told(label: str, understood: str) -> str:
    """What a question was taken to be or to be about, so that a wrong guess is seen."""
    if not understood:
        return ""
    said = f'{escape(label)} <bdi dir="auto">{escape(understood)}</bdi>'
    return f'<p class="cica-about">{said}</p>'


def _respelt(answer: Answer) -> str:
    """The words that were searched for as others, but for other forms of the same."""
    changes = answer.hits[0].parts.get("corrected", ()) if answer.hits else ()
    assert isinstance(changes, tuple)
    said = [texts.searched_as(*pair) for pair in changes if Forms(pair[1]).holds(pair[0]) < 1]
    return about(" ".join(said)) if said else ""


def _lead(lead: str) -> str:
    return f'<p class="cica-lead" dir="auto"><strong>{escape(lead)}</strong></p>' if lead else ""


def _note(note: str) -> str:
    return f'<p class="cica-note" dir="auto">{escape(note)}</p>' if note else ""


def _lines(answer: Answer) -> list[Line]:
    return [line for citation in answer.citations for line in _cited(citation)]


def _phrased(answer: Answer) -> list[Line]:
    """The lines of an answer in a model's words: each with the first citation it names."""
    if not answer.phrased:
        return []
    lines = []
    for text in filter(str.strip, answer.text.removesuffix(answer.note).splitlines()):
        for part in _SENTENCE.findall(text):
            numbers = [int(number) for number in _MARKS.findall(part)]
            known = [n for n in numbers if n in {c.number for c in answer.citations}]
            number = known[0] if known else None
            lines.append(Line(" ".join(_MARKS.sub("", part).split()), False, number))
    return lines


def _cited(citation: Citation) -> list[Line]:
    """The lines of a quote, without their bullets; the last has the number."""
    lines, start = [], citation.start
    for row in citation.quote.splitlines(keepends=True):
        text, bullet = row.rstrip(), _BULLET.match(row)
        begin = bullet.end() if bullet else len(row) - len(row.lstrip())
        if text.strip():
            inside = [(a - start - begin, b - start - begin) for a, b in citation.focus]
            size = len(text) - begin
            focus = tuple((max(a, 0), min(b, size)) for a, b in inside if a < size and b > 0)
            lines.append(Line(text[begin:], bullet is not None, None, focus))
        start += len(row)
    return [*lines[:-1], *(line._replace(number=citation.number) for line in lines[-1:])]


def _focused(line: Line) -> str:
    """The text of a line, with what answers in it set off."""
    parts, at = [], 0
    for start, end in line.focus:
        inner = escape(line.text[start:end])
        parts += [escape(line.text[at:start]), f'<b class="cica-focus">{inner}</b>']
        at = end
    return "".join([*parts, escape(line.text[at:])])


def _body(lines: Sequence[Line], answer: Answer, key: str, title_of: TitleOf) -> str:
    places = _places(answer, title_of)
    pages = {citation.number: citation.page for citation in answer.citations}
    blocks = []
    for item, group in groupby(lines, key=lambda line: line.item):
        tag = "li" if item else "p"
        rows = (
            f'<{tag} dir="auto">{_focused(line)}{_chip(line.number, key, places, pages)}</{tag}>'
            for line in group
        )
        inner = "".join(rows)
        blocks.append(f"<ul>{inner}</ul>" if item else inner)
    return "".join(blocks)


def _chip(number: int | None, key: str, places: Mapping[int, str], pages: Mapping[int, str]) -> str:
    if number is None:
        return ""
    page = pages.get(number)
    shown = f"{number} · {escape(page_name(page))}" if page else str(number)
    return (  # the space does not break, so that a chip never stands alone on a line
        f'&nbsp;<button type="button" class="cica-chip" aria-expanded="false" '
        f'aria-controls="{_panel(key, number)}" '
        f'aria-label="{escape(texts.chip(number, places[number]))}">{shown}</button>'
    )


def _panel(key: str, number: int) -> str:
    return f"cica-source-{key}-{number}"


def _places(answer: Answer, title_of: TitleOf) -> dict[int, str]:
    passages = {hit.passage.passage_id: hit.passage for hit in answer.hits}
    places = {}
    for citation in answer.citations:
        headings = passages[citation.passage_id].headings
        place = headings[-1] if headings else title_of(citation.doc_id)
        page = f"، {page_name(citation.page)}" if citation.page else ""
        places[citation.number] = place + page
    return places


def _sources(answer: Answer, key: str, title_of: TitleOf) -> dict[int, str]:
    hits = {hit.passage.passage_id: hit for hit in answer.hits}
    return {
        citation.number: source(
            _panel(key, citation.number),
            texts.citation(citation.number),
            title_of(citation.doc_id),
            hits[citation.passage_id],
            (citation.start, citation.end),
        )
        for citation in answer.citations
    }
