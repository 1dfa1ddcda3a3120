"""Numbered units that a question names («المادة 12»), looked up whatever their spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.designations import CODE, Designation
from cica_qa.documents.numbered import HEADING, ITEM, lookup_nouns, numbered_units, series
from cica_qa.index.texts import NUMBERED
from cica_qa.protocols import PassageStore, Scope
from cica_qa.types import Lookup, Passage

Positions = NDArray[np.int64]
_TITLES = 3
_BEST, _LOOKED_INTO = 3, 50
_GENERIC = (ITEM, HEADING)


@dataclass(frozen=True, slots=True)
class Found:
    """A designation of a question, and where its unit is.

    ``noun`` is that by which it was looked up. ``positions`` are the first passages that have
    ``term``; where there are none, others have units of its kind, by the term ``beside``.
    """

    designation: Designation
    noun: str
    term: str
    positions: Positions
    beside: str = ""


def look_up(
    store: PassageStore, named: Sequence[Designation], k: int, scope: Scope | None
) -> list[Found]:
    """Return the designations of a question that mean units of the collection.

    Of each at most ``k`` passages are found. A noun that no unit is called by means none.
    """
    found: list[Found] = []
    for one in named:
        nouns = tuple(lookup_nouns(one))
        for noun in nouns:
            term = f"{noun} {one.number}"
            positions = store.passages_with(NUMBERED, term, k, scope)
            if len(positions):
                found.append(Found(one, noun, term, positions))
                break
        else:
            found += _missing(store, one, nouns, scope)
    return found


def _missing(
    store: PassageStore, one: Designation, nouns: Sequence[str], scope: Scope | None
) -> list[Found]:
    for noun in nouns:
        beside = series(noun, one.number)
        if len(store.passages_with(NUMBERED, beside, 1, scope)):
            return [Found(one, noun, "", np.empty(0, np.int64), beside)]
    return []


def counts(
    store: PassageStore, found: Sequence[Found], positions: Positions
) -> NDArray[np.float32]:
    """Return how many of the units that a question names each of ``positions`` holds."""
    terms = [one.term for one in found if one.term]
    held: NDArray[np.float32] = store.holds(NUMBERED, terms, positions).sum(1, np.float32)
    return held


def lookups(
    store: PassageStore, found: Sequence[Found], question: str, first: Sequence[int]
) -> list[Lookup]:
    """Return what a question named and whether it is there; ``first`` are the best passages.

    A unit is missing where a document of the best passages has several others of its kind; of
    lists without a noun of their own only that in the best passage counts as the one meant.
    What a passage among ``first`` mentions, as another law's article, is not called missing.
    """
    told: list[Lookup] = []
    for one in found:
        name = question[one.designation.start : one.designation.end].strip()
        if len(one.positions):
            told.append(Lookup(name, one.designation.number, True))
            continue
        meant = _beside(store, one, first)
        if meant and not any(_mentions(store.passage(at), one, question) for at in first):
            titles = dict.fromkeys(
                store.document(store.passage(at).doc_id).title for at in sorted(meant)
            )
            told.append(Lookup(name, one.designation.number, False, tuple(titles)[:_TITLES]))
    return told


def _beside(store: PassageStore, one: Found, first: Sequence[int]) -> list[int]:
    """The passages that number others of a kind, in a document of the best passages."""
    if one.noun in _GENERIC:
        held = store.holds(NUMBERED, [one.beside], np.array(first[:1], np.int64))
        return list(first[:1]) if held.all() else []
    asked = Scope(documents={store.passage(at).doc_id for at in first[:_BEST]})
    inside = store.passages_with(NUMBERED, one.beside, len(store), asked).tolist()
    others: set[str] = set()
    for at in inside[:_LOOKED_INTO]:
        passage = store.passage(at)
        text = store.document(passage.doc_id).text
        units = numbered_units(text, passage)
        others |= {unit.number for noun, unit in units if noun == one.noun}
    return inside if len(others) > 1 else []


def units_in(
    store: PassageStore, found: Sequence[Found], told: Sequence[Lookup], passage: Passage
) -> tuple[Lookup, ...]:
    """Return the lookups with the units of a passage that they mean, the innermost first."""
    if not told:
        return ()
    text = store.document(passage.doc_id).text
    by_noun = list(numbered_units(text, passage))
    filled = []
    for lookup in told:
        nouns = {
            one.noun
            for one in found
            if one.designation.number == lookup.number and len(one.positions)
        }
        units = [unit for noun, unit in by_noun if noun in nouns and unit.number == lookup.number]
        units.sort(key=lambda unit: (unit.end - unit.start, unit.start))
        filled.append(replace(lookup, units=tuple(dict.fromkeys(units))))
    return tuple(filled)


def _mentions(passage: Passage, one: Found, question: str) -> bool:
    designation = one.designation
    if designation.word == CODE:
        return designation.number in passage.text.upper()
    return False
