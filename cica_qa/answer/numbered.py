"""Answers to questions that name a numbered unit: its text, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cica_qa.answer.cite import cite
from cica_qa.answer.reasons import UNANSWERED
from cica_qa.arabic.letters import WORD, fold
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.documents.lines import without_bullet
from cica_qa.types import Answer, Hit, Lookup, Passage, Unit

_SEPARATOR = re.compile(r"[*_]*\s*[:：\-–—=|.)]*[*_]*\s*")
_CONFIDENCE = 0.9


def answer_by_number(question: str, asked: str, hits: Sequence[Hit]) -> Answer | None:
    """Return the answer to a question that a numbered unit alone decides, else None.

    That is so if the documents have units of its kind but none with that number, or if the
    question asks for the unit itself. ``asked`` is the normalised question.
    """
    lookups = hits[0].lookups if hits else ()
    if missing := [one for one in lookups if not one.found]:
        why = not_found_message(missing[0])
        return Answer(question, UNANSWERED, (), tuple(hits), abstained=True, reason=why)
    if not lookups or not _asks_for_itself(asked, lookups, hits[0]):
        return None
    unit = _common_unit(lookups)
    if unit is None:
        return None
    passage = hits[0].passage
    said = _cited_part(passage, unit)
    citation = cite(1, passage, said, _focus(passage, said))
    return Answer(question, citation.quote, (citation,), tuple(hits), confidence=_CONFIDENCE)


def not_found_message(lookup: Lookup) -> str:
    """Return the sentence that there is no such unit: «لا توجد المادة 40 في «نظام المرور».»."""
    noun = lookup.name.split()[0]
    verb = "توجد" if fold(noun).endswith("ه") else "يوجد"
    where = "، ".join(f"«\u2068{title}\u2069»" for title in lookup.titles)
    return f"لا {verb} {lookup.name} في {where}."


def _common_unit(lookups: Sequence[Lookup]) -> Unit | None:
    """Return the unit that all lookups lead to, the innermost one, or None."""
    if not all(one.units for one in lookups):
        return None
    outer, inner = lookups[-1].units[0], lookups[0].units[0]
    for one in lookups:
        inner = min((inner, *one.units), key=lambda unit: unit.end - unit.start)
        outer = max((outer, one.units[0]), key=lambda unit: unit.end - unit.start)
    return inner if outer.start <= inner.start and inner.end <= outer.end else None


def _asks_for_itself(asked: str, lookups: Sequence[Lookup], hit: Hit) -> bool:
    """Return whether the question only names the unit and its document, besides asking."""
    named = {fold(word) for one in lookups for word in WORD.findall(one.name)}
    known = {*folded_rows("asking_words"), *named, *map(fold, hit.match.titled)}
    return all(_is_known(fold(word), known) for word in WORD.findall(asked))


def _is_known(word: str, known: set[str]) -> bool:
    forms = {word, word.removeprefix("ال"), word[1:], word[1:].removeprefix("ال")}
    return bool(forms & known)


def _cited_part(passage: Passage, unit: Unit) -> Unit:
    """Return the part of a unit that is in the passage, without its heading or bullet."""
    inside = [one for one in passage.units if unit.start <= one.start and one.end <= unit.end]
    if not inside:
        return unit
    start, end = inside[0].start, inside[-1].end
    if unit.kind == "item":
        start = end - len(without_bullet(passage.slice(start, end), unit.kind))
    return Unit(start, end, unit.kind, unit.number, unit.label)


def _focus(passage: Passage, unit: Unit) -> tuple[tuple[int, int], ...]:
    """Return the span after the designation if the quote begins with one."""
    if unit.label is None or not unit.start <= unit.label[0] < unit.end:
        return ()
    after = _SEPARATOR.match(passage.text, unit.label[1] - passage.start)
    start = passage.start + (after.end() if after else unit.label[1] - passage.start)
    return ((start, unit.end),) if start < unit.end else ()
