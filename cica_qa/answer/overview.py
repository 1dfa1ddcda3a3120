"""Answers about whole documents: what one contains, which mention something, how many exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from cica_qa.answer.answerer import compose
from cica_qa.answer.cite import cite
from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import WORD, fold
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
_MAX_PARTS = 6
_MAX_UNIT_CHARS = 400
_MIN_COVERAGE = 0.8
_PROCLITICS = re.compile(r"^(?:[وفبلك]?ال|لل|[وفبلك](?=\w{4}))")
_CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """A question about whole documents; ``words`` are the words that say which or about what."""

    kind: Literal["outline", "mentions", "count", "listing"]
    words: tuple[str, ...]


def overview_request(question: str, kind: str) -> OverviewRequest | None:
    """Return what a normalised question asks about whole documents, or None.

    ``kind`` is its ``QuestionKind``.
    """
    roles: set[str] = set()
    rest: list[str] = []
    for word in WORD.findall(question):
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
    """Return whether the title of a document contains all words that say which one is meant."""
    forms = WordForms(normalizer(document.title))
    return all(forms.coverage(word) >= _MIN_COVERAGE for word in words)


def first_with_text(passages: Sequence[Passage]) -> Passage:
    """Return the first passage with more than titles and headings, or the first one."""
    return next((passage for passage in passages if _content_units(passage)), passages[0])


def outline(
    question: str, document: Document, passages: Sequence[Passage], hits: Sequence[Hit]
) -> Answer:
    """Return an answer with the title of a document and the first unit of up to six parts."""
    saying = [passage for passage in passages if _content_units(passage)] or list(passages)
    chosen = _spread(saying, _MAX_PARTS)
    citations = tuple(
        cite(number, passage, _opening_unit(passage)) for number, passage in enumerate(chosen, 1)
    )
    lead = OUTLINE.format(document.title)
    text, hits = compose(lead, citations), _with_cited(chosen, hits)
    return Answer(question, text, citations, hits, confidence=_CONFIDENCE, lead=lead)


def mentions(
    question: str,
    words: Sequence[str],
    hits: Sequence[Hit],
    titles: dict[str, str],
    normalizer: Normalizer,
) -> Answer | None:
    """Return an answer with the documents that have all ``words`` in one unit, or None.

    ``titles`` maps document ids to titles.
    """
    found: dict[str, tuple[Passage, Unit]] = {}
    for hit in hits:
        for unit in hit.passage.units:
            forms = WordForms(normalizer(hit.passage.slice(unit.start, unit.end)))
            if all(forms.coverage(word) >= _MIN_COVERAGE for word in words):
                found.setdefault(hit.passage.doc_id, (hit.passage, unit))
                break
    if not found:
        return None
    citations = tuple(cite(at, *place) for at, place in enumerate(found.values(), 1))
    lead = MENTIONED.format(_quoted_titles(titles[doc] for doc in found))
    text = compose(lead, citations)
    return Answer(question, text, citations, tuple(hits), confidence=_CONFIDENCE, lead=lead)


def document_count(question: str, first: Sequence[Passage], total: int) -> Answer:
    """Return an answer with the number of documents and the beginnings of the ``first`` ones."""
    citations: tuple[Citation, ...] = tuple(
        cite(at, passage, _opening_unit(passage)) for at, passage in enumerate(first, 1)
    )
    lead = COUNT.format(total)
    text, hits = compose(lead, citations), _with_cited(first)
    return Answer(question, text, citations, hits, confidence=_CONFIDENCE, lead=lead)


def document_list(
    question: str, first: Sequence[Passage], titles: Sequence[str], total: int
) -> Answer:
    """Return an answer with the titles of (the first) documents and their beginnings."""
    answer = document_count(question, first, total)
    named = _quoted_titles(titles)
    lead = LISTED_ALL.format(named) if total == len(titles) else LISTED_SOME.format(total, named)
    return replace(answer, lead=lead, text=compose(lead, answer.citations))


def _with_cited(cited: Iterable[Passage], hits: Sequence[Hit] = ()) -> tuple[Hit, ...]:
    """Return the hits, followed by the cited passages that are not among them."""
    found = {hit.passage.passage_id: hit for hit in hits}
    for passage in cited:
        found.setdefault(passage.passage_id, Hit(passage, 0.0, len(found) + 1))
    return tuple(found.values())


def _quoted_titles(titles: Iterable[str]) -> str:
    return "، ".join(f"«\u2068{title}\u2069»" for title in titles)


def _opening_unit(passage: Passage) -> Unit:
    """Return the first unit of content with the list it introduces; a long one is cut short."""
    units = _content_units(passage) or list(passage.units)
    unit, shift = units[0], passage.start
    start, end = without_bullet_span(passage.text, unit.start - shift, unit.end - shift, unit.kind)
    listed = list(takewhile(lambda one: one.kind in LISTED, units[1:]))
    if passage.text[start:end].rstrip().endswith(":") and listed:
        return Unit(start + shift, listed[-1].end, "item")
    return Unit(start + shift, min(end + shift, start + shift + _MAX_UNIT_CHARS), unit.kind)


def _content_units(passage: Passage) -> list[Unit]:
    return [unit for unit in passage.units if unit.kind not in ("title", "heading", "question")]


def _spread(passages: Sequence[Passage], most: int) -> list[Passage]:
    """Return up to ``most`` passages, spread evenly over the document, including the first."""
    if len(passages) <= most:
        return list(passages)
    return [passages[at * len(passages) // most] for at in range(most)]
