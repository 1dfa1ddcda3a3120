"""Questions and answers as HTML: pure functions from answers to markup.

All text from users and documents passes through ``escape``. Document text is shown as slices:
without its tags, a source is its passage, character for character, and its ``<mark>`` is the quote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from cica_qa.answer.select import confidence_levels
from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import fold
from cica_qa.arabic.matching import WordForms
from cica_qa.chat import texts
from cica_qa.chat.mixed import Mark, direction, escape, isolated
from cica_qa.chat.places import CitationPlace, TitleOf, citation_places, heading_of
from cica_qa.chat.quotes import AnswerLine, answer_lines
from cica_qa.chat.sources import name, source
from cica_qa.documents.units import visible
from cica_qa.types import Answer, Hit, Passage

NEAREST_SHOWN = 3
_LONGEST_QUOTE = 240  # characters in the tooltip of a chip
_ICON = '<span class="cica-icon" aria-hidden="true">{}</span>'
_SAY_NO_MORE = ("لم أجد ", "لا يوجد ")
"""How reasons begin that only repeat that there is no answer."""


def question(text: str) -> str:
    """Return a question as typed, with left-to-right parts isolated, for its bubble."""
    return isolated(text)


def notice(message: str) -> str:
    """Return a notice about a question that could not be answered."""
    return _card("notice", "!", "notice", _paragraph(message))


def answer(
    answer: Answer,
    title_of: TitleOf,
    *,
    alone: bool = False,
    marked: frozenset[str] = frozenset(),
) -> str:
    """Return an answer with its sources, each in a ``<template>`` that the page opens.

    ``alone`` is whether there is only one document, whose title is then left out. ``marked`` are
    the ids of Markdown documents.
    """
    said = (
        _told("read_as", answer.read_as) + _told("about", _topic(answer.carried)) + _respelt(answer)
    )
    if answer.abstained and (answer.hits or answer.reason):
        return said + _abstention(answer, title_of)
    places = citation_places(answer, title_of, alone=alone)
    lines = answer_lines(answer, marked)
    if not answer.citations:
        rows = (_paragraph(text) for text in answer.text.splitlines() if text.strip())
        return f'{said}<div class="cica-answer">{"".join(rows)}</div>'
    chips = _Chips(answer, places)
    body = "".join(_body(lines, chips))
    inner = _lead(answer.lead) + body + _note(answer.note) + _sureness(answer)
    sources = "".join(_sources(answer, places, chips.order))
    return f'{said}<div class="cica-answer">{inner}</div>{_footnotes(answer, places)}{sources}'


def about(message: str) -> str:
    """Return a remark above an answer about how the question was understood."""
    return f'<p class="cica-about">{isolated(message)}</p>'


def sure_of(answer: Answer) -> str:
    """Return the confidence of an answer in words, as a key of ``static/words.json``."""
    least = confidence_levels()
    return next((word for word in ("sure", "likely") if answer.confidence >= least[word]), "unsure")


def _abstention(answer: Answer, title_of: TitleOf) -> str:
    buttons, sources = [], []
    for number, hit in enumerate(answer.hits[:NEAREST_SHOWN], start=1):
        title = title_of(hit.passage.doc_id)
        place = CitationPlace(title, heading_of(hit.passage), "")
        buttons.append(_near_button(number, hit.passage, title))
        sources.append(source(number, place.whole, title, hit, (hit.passage.start,) * 2))
    near = f"<ul>{''.join(buttons)}</ul>" if buttons else ""
    reason = answer.reason if answer.reason != answer.text else ""
    told = _card("abstention", "؟", "abstained" if buttons else "none", f"{_why(reason)}{near}")
    return f"{told}{''.join(sources)}"


def _why(reason: str) -> str:
    """Return the reason of an abstention if it adds to the card above it."""
    if not reason or reason.startswith(_SAY_NO_MORE):
        return ""
    return f'<p class="cica-why">{isolated(reason)}</p>'


def _near_button(number: int, passage: Passage, title: str) -> str:
    place = passage.headings[-1] if passage.headings else title
    text = "".join(passage.text[at] for at in visible(passage.text, 0, len(passage.text)))
    opening = [word for word in text.strip().removeprefix(place).split() if word != "•"]
    snippet = " ".join(opening[:14]) + ("…" if len(opening) > 14 else "")
    label = _attribute("near_chip", "aria-label", place=place)
    return (
        f'<li><button type="button" class="cica-near" data-source="{number}" {label}>'
        f'<strong dir="{direction(place)}">{name(place)}</strong>'
        f'<span dir="{direction(snippet)}">{isolated(snippet, links=False)}</span>'
        "</button></li>"
    )


def _card(kind: str, icon: str, label: str, inner: str) -> str:
    return (
        f'<div class="cica-card cica-{kind}">{_ICON.format(icon)}<div>'
        f"<strong {texts.marked(label)}>{escape(texts.say(label))}</strong>{inner}</div></div>"
    )


def _attribute(key: str, attribute: str, **parts: object) -> str:
    """Return an attribute with a text of the page, and what is needed to show it in English."""
    return (
        f'{attribute}="{escape(texts.say(key, **parts))}" {texts.marked(key, attribute, **parts)}'
    )


def _paragraph(text: str) -> str:
    return f'<p dir="{direction(text)}">{isolated(text)}</p>'


def _told(label: str, understood: str) -> str:
    """Return how a question was understood, so that a wrong guess is visible."""
    if not understood:
        return ""
    said = f"<span {texts.marked(label)}>{escape(texts.say(label))}</span>"
    about = f'<bdi dir="{direction(understood)}">{isolated(understood, links=False)}</bdi>'
    return f'<p class="cica-about">{said} {about}</p>'


def _topic(carried: str) -> str:
    """Return what a question took from earlier turns, without leading and trailing stop words."""
    words = carried.strip(" ؟?.،؛:!").split()
    while words and is_stop_word(fold(words[0])):
        words.pop(0)
    while words and is_stop_word(fold(words[-1])):
        words.pop()
    return " ".join(words)


def _respelt(answer: Answer) -> str:
    """Return a remark about corrected words, except for mere variants of the same word."""
    changes = answer.hits[0].match.corrected if answer.hits else ()
    said = [
        texts.searched_as(*pair) for pair in changes if WordForms(pair[1]).coverage(pair[0]) < 1
    ]
    return f'<p class="cica-about">{escape(" ".join(said))}</p>' if said else ""


def _lead(lead: str) -> str:
    if not lead:
        return ""
    return f'<p class="cica-lead" dir="{direction(lead)}"><strong>{isolated(lead)}</strong></p>'


def _note(note: str) -> str:
    return f'<p class="cica-note" dir="{direction(note)}">{isolated(note)}</p>' if note else ""


def _sureness(answer: Answer) -> str:
    key = sure_of(answer)
    return f'<p class="cica-sure cica-{key}" {texts.marked(key)}>{escape(texts.say(key))}</p>'


def _focused(line: AnswerLine) -> str:
    """Return the text of a line with its focus highlighted."""
    return isolated(line.text, [Mark(*place, 'b class="cica-focus"') for place in line.focus])


class _Chips:
    """Renders lines with citation chips; ``order`` lists the citations in order of appearance."""

    def __init__(self, answer: Answer, places: Mapping[int, CitationPlace]) -> None:
        self._places = places
        self._quotes = {citation.number: citation.quote for citation in answer.citations}
        self.order: list[int] = []

    def line(self, line: AnswerLine) -> str:
        """Return a line with its chip, which a no-break space ties to the last word."""
        if line.number is None:
            return _focused(line)
        self.order.append(line.number)
        chip = self._chip(line.number)
        return f'{_focused(line)}<span class="cica-last">&nbsp;{chip}</span>'

    def table(self, line: AnswerLine) -> str:
        """Return a table with its chip in the last cell."""
        head, *rows = line.rows
        inner = "".join(f"<th>{isolated(cell)}</th>" for cell in head)
        parts = [f"<tr>{inner}</tr>"]
        for row in rows:
            cells = [isolated(cell) for cell in row]
            if row is rows[-1] and line.number is not None:
                self.order.append(line.number)
                cells[-1] += f"&nbsp;{self._chip(line.number)}"
            parts.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        way = direction(line.text)
        return f'<div class="cica-wide"><table dir="{way}">{"".join(parts)}</table></div>'

    def _chip(self, number: int) -> str:
        place = self._places[number]
        label = _attribute("chip", "aria-label", number=number, place=place.whole)
        quote = " ".join(self._quotes[number].split())
        if len(quote) > _LONGEST_QUOTE:
            quote = quote[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + "…"
        return (
            f'<button type="button" class="cica-chip" data-source="{number}" {label} '
            f'data-tip="{escape(isolated(quote, links=False))}"><b>{number}</b> '
            f'<bdi dir="{direction(place.short)}">{name(place.short)}</bdi></button>'
        )


def _body(lines: Sequence[AnswerLine], chips: _Chips) -> Iterator[str]:
    for (item, is_table), group in groupby(lines, key=lambda line: (line.item, bool(line.rows))):
        if is_table:
            yield from map(chips.table, group)
            continue
        tag = "li" if item else "p"
        rows = [f'<{tag} dir="{direction(line.text)}">{chips.line(line)}</{tag}>' for line in group]
        inner = "".join(rows)
        yield f"<ul>{inner}</ul>" if item else inner


def _sources(
    answer: Answer, places: Mapping[int, CitationPlace], order: Sequence[int]
) -> Iterator[str]:
    hits: dict[str, Hit] = {hit.passage.passage_id: hit for hit in answer.hits}
    cited = {citation.number: citation for citation in answer.citations}
    for number in dict.fromkeys(order):
        citation, place = cited[number], places[number]
        span = (citation.start, citation.end)
        yield source(number, place.whole, place.title, hits[citation.passage_id], span)


def _footnotes(answer: Answer, places: Mapping[int, CitationPlace]) -> str:
    """Return the citations as a list, for printing."""
    rows = (
        f'<li value="{citation.number}">{escape(places[citation.number].whole)}: '
        f"«{isolated(' '.join(citation.quote.split()), links=False)}»</li>"
        for citation in answer.citations
    )
    return f'<ol class="cica-footnotes">{"".join(rows)}</ol>'
