"""Index terms of numbered units: «المادة 12» is ``ماده 12`` in any spelling.

The noun alone is a term as well, which tells whether a collection has such units at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from cica_qa.arabic.designations import CODE, Designation, code_pattern, opening_designation
from cica_qa.arabic.lexicon import folded_rows
from cica_qa.documents.units import designation_of
from cica_qa.types import Passage, Unit

ITEM, HEADING = "item", "heading"
"""Stand-ins for the noun of items and headings that have only a number."""


def numbered_terms(text: str, passage: Passage) -> list[str]:
    """Return the terms of the numbered units that begin in a passage of ``text``."""
    return list(
        dict.fromkeys(
            term
            for noun, unit in numbered_units(text, passage)
            for term in (f"{noun} {unit.number}", series(noun, unit.number))
        )
    )


def numbered_units(text: str, passage: Passage) -> Iterator[tuple[str, Unit]]:
    """Yield the numbered units and wholes that begin in a passage, each with its noun."""
    for unit in passage.wholes:
        begins = unit.label is None or passage.start <= unit.label[0]
        if unit.number and begins and unit.kind in ("article", "reply"):
            noun = "سوال" if unit.kind == "reply" else designation_of(text, unit) or HEADING
            yield noun, unit
    for unit in passage.units:
        if unit.kind == "article" and unit.number:
            yield designation_of(text, unit) or HEADING, unit
        elif unit.kind == "item" and unit.number:
            yield ITEM, unit
        elif unit.kind in ("row", "field") and (one := _first_cell(text, unit)):
            yield one.word, _numbered(unit, one.number)
        elif unit.kind == "field" and unit.number:
            yield ITEM, unit


def lookup_nouns(designation: Designation) -> list[str]:
    """Return the nouns to look up a question's designation by, its own first."""
    row = folded_rows("designations").get(designation.word)
    calls = row[1] if row else "-"
    generic = {"item": [ITEM], "heading": [HEADING], "any": [HEADING, ITEM]}.get(calls, [])
    dotted = ["dotted"] if "." in designation.number else []
    return [designation.word, *dotted, *generic]


def series(noun: str, number: str) -> str:
    """Return the term shared by all units of a numbered series."""
    return f"{noun} {code_pattern(number)}" if noun == CODE else noun


def _first_cell(text: str, unit: Unit) -> Designation | None:
    """Return the designation that is the whole first cell of a row or label of a field, if any."""
    place = unit.label if unit.kind == "field" else unit.cells[0] if unit.cells else None
    if place is None:
        return None
    cell = text[slice(*place)]
    one = opening_designation(cell)
    if one is None or cell[one.end :].strip(" *_"):
        return None
    return one if one.known or one.word == CODE else None


def _numbered(unit: Unit, number: str) -> Unit:
    return Unit(
        unit.start, unit.end, unit.kind, number, unit.label, unit.cells, unit.header, unit.context
    )
