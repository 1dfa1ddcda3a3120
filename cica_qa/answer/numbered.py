"""Answers to questions that name a numbered unit: its own words, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cica_qa.answer.cite import cite
from cica_qa.answer.reasons import UNANSWERED
from cica_qa.arabic.letters import fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.documents.lines import without_bullet
from cica_qa.types import Answer, Hit, Lookup, Passage, Unit

_WORD = re.compile(r"[^\W_]+")
_APART = re.compile(r"[*_]*\s*[:：\-–—=|.)]*[*_]*\s*")
_SURE = 0.9


def answer_by_number(question: str, asked: str, hits: Sequence[Hit]) -> Answer | None:
    """Return the answer to a question that names a numbered unit, where its number decides.

    It does where the documents have other units of its kind and none of that number, and where
    the question asks for the unit itself. ``asked`` is the question, normalised.
    """
    told = hits[0].lookups if hits else ()
    if missing := [one for one in told if not one.found]:
        why = not_found_message(missing[0])
        return Answer(question, UNANSWERED, (), tuple(hits), abstained=True, reason=why)
    if not told or not _asks_for_itself(asked, told, hits[0]):
        return None
    unit = _meant(told)
    if unit is None:
        return None
    passage = hits[0].passage
    said = _said(passage, unit)
    citation = cite(1, passage, said, _focus(passage, said))
    return Answer(question, citation.quote, (citation,), tuple(hits), confidence=_SURE)


def not_found_message(lookup: Lookup) -> str:
    """Return that there is no such unit: «لا توجد المادة 40 في «نظام المرور».»."""
    noun = lookup.name.split()[0]
    verb = "توجد" if fold(noun).endswith("ه") else "يوجد"
    where = "، ".join(f"«\u2068{title}\u2069»" for title in lookup.titles)
    return f"لا {verb} {lookup.name} في {where}."


def _meant(told: Sequence[Lookup]) -> Unit | None:
    """The unit that all lookups lead to: the innermost inside the others."""
    if not all(one.units for one in told):
        return None
    outer, inner = told[-1].units[0], told[0].units[0]
    for one in told:
        inner = min((inner, *one.units), key=lambda unit: unit.end - unit.start)
        outer = max((outer, one.units[0]), key=lambda unit: unit.end - unit.start)
    return inner if outer.start <= inner.start and inner.end <= outer.end else None


def _asks_for_itself(asked: str, told: Sequence[Lookup], hit: Hit) -> bool:
    """Whether the question has no words but those that name the unit, its document, and ask."""
    named = {fold(word) for one in told for word in _WORD.findall(one.name)}
    known = {*folded_rows("asking_words"), *named, *map(fold, hit.match.titled)}
    return all(_bare(fold(word), known) for word in _WORD.findall(asked))


def _bare(word: str, known: set[str]) -> bool:
    forms = {word, word.removeprefix("ال"), word[1:], word[1:].removeprefix("ال")}
    return bool(forms & known)


def _said(passage: Passage, unit: Unit) -> Unit:
    """A unit as far as the passage has it, without the heading or the bullet over it."""
    inside = [one for one in passage.units if unit.start <= one.start and one.end <= unit.end]
    if not inside:
        return unit
    start, end = inside[0].start, inside[-1].end
    if unit.kind == "item":
        start = end - len(without_bullet(passage.slice(start, end), unit.kind))
    return Unit(start, end, unit.kind, unit.number, unit.label)


def _focus(passage: Passage, unit: Unit) -> tuple[tuple[int, int], ...]:
    """What stands behind the designation, where the quote begins with it."""
    if unit.label is None or not unit.start <= unit.label[0] < unit.end:
        return ()
    after = _APART.match(passage.text, unit.label[1] - passage.start)
    start = passage.start + (after.end() if after else unit.label[1] - passage.start)
    return ((start, unit.end),) if start < unit.end else ()
