"""Numbered units that a question names («المادة 12»), looked up whatever their spelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.designations import CODE, Designation
from cica_qa.documents.numbered import HEADING, ITEM, lookup_nouns, numbered_units, series
from cica_qa.index.texts import NUMBERED
from cica_qa.protocols import PassageStore
from cica_qa.types import Lookup, Passage

Positions = NDArray[np.int64]
_TITLES = 3
_BEST, _LOOKED_INTO = 3, 50
_GENERIC = (ITEM, HEADING)


@dataclass(frozen=True, slots=True)
class Found:
    """A designation of a question, and where its unit is.

    ``nouns`` are those by which it was looked up. Where ``positions`` is empty, ``beside`` are
    the passages with other units of its kind.
    """

    designation: Designation
    nouns: tuple[str, ...]
    positions: Positions
    beside: Positions


def look_up(
    store: PassageStore, named: Sequence[Designation], inside: Positions | None
) -> list[Found]:
    """Return the designations of a question that mean units of the collection.

    ``inside`` limits it to those passages. A noun that no unit is called by means none.
    """
    found: list[Found] = []
    for one in named:
        nouns = tuple(lookup_nouns(one))
        for noun in nouns:
            positions = _positions(store, f"{noun} {one.number}", inside)
            if len(positions):
                found.append(Found(one, (noun,), positions, positions[:0]))
                break
        else:
            found += _missing(store, one, nouns, inside)
    return found


def _missing(
    store: PassageStore, one: Designation, nouns: Sequence[str], inside: Positions | None
) -> list[Found]:
    for noun in nouns:
        beside = _positions(store, series(noun, one.number), inside)
        if len(beside):
            return [Found(one, (noun,), beside[:0], beside)]
    return []


def _positions(store: PassageStore, term: str, inside: Positions | None) -> Positions:
    if not store.passage_frequencies(NUMBERED, [term])[0]:
        return np.empty(0, np.int64)
    positions = np.flatnonzero(store.lexical_scores({NUMBERED: [term]}) > 0)
    return positions if inside is None else np.intersect1d(positions, inside)


def counts(found: Sequence[Found], positions: Positions) -> NDArray[np.float32]:
    """Return how many of the units that a question names each of ``positions`` holds."""
    held = np.zeros(len(positions), np.float32)
    for one in found:
        held += np.isin(positions, one.positions)
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
    if one.nouns[0] in _GENERIC:
        return [at for at in one.beside.tolist() if at in first[:1]]
    asked = {store.passage(at).doc_id for at in first[:_BEST]}
    inside = np.intersect1d(one.beside, store.passages_of(asked)).tolist()
    others: set[str] = set()
    for at in inside[:_LOOKED_INTO]:
        passage = store.passage(at)
        text = store.document(passage.doc_id).text
        units = numbered_units(text, passage)
        others |= {unit.number for noun, unit in units if noun == one.nouns[0]}
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
            noun
            for one in found
            if one.designation.number == lookup.number and len(one.positions)
            for noun in one.nouns
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
