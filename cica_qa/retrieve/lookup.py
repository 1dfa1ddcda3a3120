"""Lookup of numbered units that a question names («المادة 12»), however they are written."""

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
_BEST_PASSAGES, _INSPECTED = 3, 50
_GENERIC = (ITEM, HEADING)


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """A numbered unit that a question names, and the passages that contain it.

    ``noun`` is the noun by which it was looked up. ``positions`` are the first passages with
    ``term``. If there are none, ``sibling`` is the term of other units of its kind.
    """

    designation: Designation
    noun: str
    term: str
    positions: Positions
    sibling: str = ""


def look_up(
    store: PassageStore, named: Sequence[Designation], k: int, scope: Scope | None
) -> list[NamedUnit]:
    """Return the named units of a question, with at most ``k`` passages each.

    Designations whose noun no unit of the collection has are left out.
    """
    found: list[NamedUnit] = []
    for one in named:
        nouns = tuple(lookup_nouns(one))
        for noun in nouns:
            term = f"{noun} {one.number}"
            positions = store.passages_with(NUMBERED, term, k, scope)
            if len(positions):
                found.append(NamedUnit(one, noun, term, positions))
                break
        else:
            found += _missing(store, one, nouns, scope)
    return found


def _missing(
    store: PassageStore, one: Designation, nouns: Sequence[str], scope: Scope | None
) -> list[NamedUnit]:
    for noun in nouns:
        sibling = series(noun, one.number)
        if len(store.passages_with(NUMBERED, sibling, 1, scope)):
            return [NamedUnit(one, noun, "", np.empty(0, np.int64), sibling)]
    return []


def counts(
    store: PassageStore, found: Sequence[NamedUnit], positions: Positions
) -> NDArray[np.float32]:
    """Return the number of named units in each passage at ``positions``."""
    terms = [one.term for one in found if one.term]
    held: NDArray[np.float32] = store.holds(NUMBERED, terms, positions).sum(1, np.float32)
    return held


def lookups(
    store: PassageStore, found: Sequence[NamedUnit], question: str, first: Sequence[int]
) -> list[Lookup]:
    """Return the named units of a question that exist or are missing; ``first`` are the best hits.

    A unit is missing if a document of the best passages has several others of its kind. For lists
    without a noun of their own, only a list in the best passage counts. A unit that a passage of
    ``first`` mentions, such as an article of another law, is not reported as missing.
    """
    result: list[Lookup] = []
    for one in found:
        name = question[one.designation.start : one.designation.end].strip()
        if len(one.positions):
            result.append(Lookup(name, one.designation.number, True))
            continue
        meant = _siblings(store, one, first)
        if meant and not any(_mentions(store.passage(at), one) for at in first):
            titles = dict.fromkeys(
                store.document(store.passage(at).doc_id).title for at in sorted(meant)
            )
            result.append(Lookup(name, one.designation.number, False, tuple(titles)[:_TITLES]))
    return result


def _siblings(store: PassageStore, one: NamedUnit, first: Sequence[int]) -> list[int]:
    """Return the passages with other units of a kind, in the documents of the best passages."""
    if one.noun in _GENERIC:
        held = store.holds(NUMBERED, [one.sibling], np.array(first[:1], np.int64))
        return list(first[:1]) if held.all() else []
    asked = Scope(documents={store.passage(at).doc_id for at in first[:_BEST_PASSAGES]})
    inside = store.passages_with(NUMBERED, one.sibling, len(store), asked).tolist()
    others: set[str] = set()
    for at in inside[:_INSPECTED]:
        passage = store.passage(at)
        text = store.document(passage.doc_id).text
        units = numbered_units(text, passage)
        others |= {unit.number for noun, unit in units if noun == one.noun}
    return inside if len(others) > 1 else []


def units_in(
    store: PassageStore, found: Sequence[NamedUnit], named: Sequence[Lookup], passage: Passage
) -> tuple[Lookup, ...]:
    """Return the lookups, each with its units in a passage, innermost first."""
    if not named:
        return ()
    text = store.document(passage.doc_id).text
    by_noun = list(numbered_units(text, passage))
    filled = []
    for lookup in named:
        nouns = {
            one.noun
            for one in found
            if one.designation.number == lookup.number and len(one.positions)
        }
        units = [unit for noun, unit in by_noun if noun in nouns and unit.number == lookup.number]
        units.sort(key=lambda unit: (unit.end - unit.start, unit.start))
        filled.append(replace(lookup, units=tuple(dict.fromkeys(units))))
    return tuple(filled)


def _mentions(passage: Passage, one: NamedUnit) -> bool:
    designation = one.designation
    return designation.word == CODE and designation.number in passage.text.upper()
