"""Answers about documents as wholes: what one says, which mention something, how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from cica_qa.answer.answerer import compose
from cica_qa.answer.cite import cite
from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.arabic.matching import WordForms
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.numbers import numbers
from cica_qa.documents.units import LISTED, without_bullet_span
from cica_qa.types import Answer, Citation, Document, Hit, Passage, Unit

OUTLINE = "«\u2068{}\u2069»، وممّا ورد فيه:"
MENTIONED = "ورد ذلك في {}:"
COUNT = "عدد الوثائق: {}"
LISTED_ALL = "الوثائق هي: {}"
LISTED_SOME = "من الوثائق، وعددها {}: {}"
_LINES = 6
_LONGEST_LINE = 400
_HELD = 0.8
_WORD = re.compile(r"[^\W_]+")
_PROCLITICS = re.compile(r"^(?:[وفبلك]?ال|لل|[وفبلك](?=\w{4}))")
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """What is wanted of documents as wholes; ``words`` are the words that say of what."""

    kind: Literal["outline", "mentions", "count", "listing"]
    words: tuple[str, ...]


def overview_request(question: str, kind: str) -> OverviewRequest | None:
    """Return what a normalised question wants of whole documents; None where it asks in them.

    ``kind`` is what it asks for: see ``arabic.questions``.
    """
    roles: set[str] = set()
    rest: list[str] = []
    for word in _WORD.findall(question):
        role = _role(word)
        if role:
            roles.add(role)
        elif not is_stop_word(fold(word)) and not numbers(word):
            rest.append(word)
    if "documents" in roles and "mention" in roles and rest:
        return OverviewRequest("mentions", tuple(rest))
    if kind == "number" and "documents" in roles and not rest:
        return OverviewRequest("count", ())
    if "documents" in roles and roles & {"summary", "topic"} and not rest:
        return OverviewRequest("listing", ())
    if "summary" in roles or {"topic", "document"} <= roles:
        return OverviewRequest("outline", tuple(rest))
    return None


def _role(word: str) -> str:
    roles = folded_rows("overview")
    for form in (fold(word), _PROCLITICS.sub("", fold(word))):
        if form in roles:
            return roles[form][0]
    return ""


def title_matches(words: Sequence[str], document: Document, normalizer: Normalizer) -> bool:
    """Return whether the title of a document has all words that say which one is meant."""
    forms = WordForms(normalizer(document.title))
    return all(forms.coverage(word) >= _HELD for word in words)


def first_with_text(passages: Sequence[Passage]) -> Passage:
    """Return the first passage that has more than titles and headings, else the first one."""
    return next((passage for passage in passages if _said(passage)), passages[0])


def outline(
    question: str, document: Document, passages: Sequence[Passage], hits: Sequence[Hit]
) -> Answer:
    """Return what a document is called and the first unit of each of its parts."""
    saying = [passage for passage in passages if _said(passage)] or list(passages)
    chosen = _spread(saying, _LINES)
    citations = tuple(
        cite(number, passage, _opening(passage)) for number, passage in enumerate(chosen, 1)
    )
    lead = OUTLINE.format(document.title)
    text, hits = compose(lead, citations), _with_cited(chosen, hits)
    return Answer(question, text, citations, hits, confidence=_SURE, lead=lead)


def mentions(
    question: str,
    words: Sequence[str],
    hits: Sequence[Hit],
    titles: dict[str, str],
    normalizer: Normalizer,
) -> Answer | None:
    """Return the documents that have all ``words`` in one unit, with it; None where none has."""
    found: dict[str, tuple[Passage, Unit]] = {}
    for hit in hits:
        for unit in hit.passage.units:
            forms = WordForms(normalizer(hit.passage.slice(unit.start, unit.end)))
            if all(forms.coverage(word) >= _HELD for word in words):
                found.setdefault(hit.passage.doc_id, (hit.passage, unit))
                break
    if not found:
        return None
    citations = tuple(cite(at, *place) for at, place in enumerate(found.values(), 1))
    lead = MENTIONED.format(_named(titles[doc] for doc in found))
    text = compose(lead, citations)
    return Answer(question, text, citations, tuple(hits), confidence=_SURE, lead=lead)


def document_count(question: str, first: Sequence[Passage], total: int) -> Answer:
    """Return how many documents there are, with how the ``first`` ones begin."""
    citations: tuple[Citation, ...] = tuple(
        cite(at, passage, _opening(passage)) for at, passage in enumerate(first, 1)
    )
    lead = COUNT.format(total)
    text, hits = compose(lead, citations), _with_cited(first)
    return Answer(question, text, citations, hits, confidence=_SURE, lead=lead)


def document_list(
    question: str, first: Sequence[Passage], titles: Sequence[str], total: int
) -> Answer:
    """Return the names of the documents, or of the first ones, with how each begins."""
    answer = document_count(question, first, total)
    named = _named(titles)
    lead = LISTED_ALL.format(named) if total == len(titles) else LISTED_SOME.format(total, named)
    return replace(answer, lead=lead, text=compose(lead, answer.citations))


def _with_cited(cited: Iterable[Passage], hits: Sequence[Hit] = ()) -> tuple[Hit, ...]:
    """Hits, and behind them the cited passages that are not among them."""
    found = {hit.passage.passage_id: hit for hit in hits}
    for passage in cited:
        found.setdefault(passage.passage_id, Hit(passage, 0.0, len(found) + 1))
    return tuple(found.values())


def _named(titles: Iterable[str]) -> str:
    return "، ".join(f"«\u2068{title}\u2069»" for title in titles)


def _opening(passage: Passage) -> Unit:
    """The first unit that says something, with the list that it leads to, else cut short."""
    units = _said(passage) or list(passage.units)
    unit, shift = units[0], passage.start
    start, end = without_bullet_span(passage.text, unit.start - shift, unit.end - shift, unit.kind)
    listed = list(takewhile(lambda one: one.kind in LISTED, units[1:]))
    if passage.text[start:end].rstrip().endswith(":") and listed:
        return Unit(start + shift, listed[-1].end, "item")
    return Unit(start + shift, min(end + shift, start + shift + _LONGEST_LINE), unit.kind)


def _said(passage: Passage) -> list[Unit]:
    return [unit for unit in passage.units if unit.kind not in ("title", "heading", "question")]


def _spread(passages: Sequence[Passage], most: int) -> list[Passage]:
    """Up to ``most`` passages, evenly over the document, the first one included."""
    if len(passages) <= most:
        return list(passages)
    return [passages[at * len(passages) // most] for at in range(most)]
