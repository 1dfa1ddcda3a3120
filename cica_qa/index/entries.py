"""Documents and passages as they are written to JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from cica_qa.documents.chunk import pages_of
from cica_qa.types import Block, Document, Page, Passage, Unit

_APART = frozenset(("start", "end", "kind", "context"))


def document_entry(document: Document) -> dict[str, Any]:
    """Return a document as it is written to JSON."""
    return {
        "doc_id": document.doc_id,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "metadata": dict(document.metadata),
        "blocks": [_filled(block) for block in document.blocks],
        "pages": [(page.label, page.start, page.end) for page in document.pages],
    }


def digest_of_entry(entry: Mapping[str, Any]) -> str:
    """Return what changes with any part of a document."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def read_document(entry: dict[str, Any]) -> Document:
    """Return a document as it was before it was written to JSON."""
    blocks = tuple(Block(**_places(block)) for block in entry["blocks"])
    pages = tuple(Page(*page) for page in entry["pages"])
    return Document(**{**entry, "blocks": blocks, "pages": pages})


def read_passage(entry: dict[str, Any], document: Document) -> Passage:
    """Return a passage as it was before it was written to JSON."""
    start, end = entry["start"], entry["end"]
    contexts = [tuple(map(tuple, context)) for context in entry["contexts"]]

    def units(name: str) -> tuple[Unit, ...]:
        return tuple(
            Unit(first, last, kind, context=contexts[context], **_places(rest))
            for first, last, kind, context, rest in entry[name]
        )

    return Passage(
        passage_id=entry["passage_id"],
        doc_id=entry["doc_id"],
        start=start,
        end=end,
        text=document.text[start:end],
        headings=tuple(entry["headings"]),
        units=units("units"),
        wholes=units("wholes"),
        pages=pages_of(document, start, end),
    )


def passage_entry(passage: Passage) -> dict[str, Any]:
    """Return a passage as it is written to JSON; its text is its document's."""
    contexts = dict.fromkeys(unit.context for unit in (*passage.units, *passage.wholes))
    at = {context: place for place, context in enumerate(contexts)}

    def entries(units: Iterable[Unit]) -> list[tuple[int, int, str, int, dict[str, Any]]]:
        return [
            (unit.start, unit.end, unit.kind, at[unit.context], _filled(unit, _APART))
            for unit in units
        ]

    return {
        "doc_id": passage.doc_id,
        "start": passage.start,
        "end": passage.end,
        "headings": passage.headings,
        "contexts": list(contexts),
        "units": entries(passage.units),
        "wholes": entries(passage.wholes),
        "passage_id": passage.passage_id,
    }


def _filled(one: Block | Unit, apart: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields of a block or unit that are not empty, but for those told ``apart``."""
    values = ((field.name, getattr(one, field.name)) for field in fields(one))
    return {name: value for name, value in values if value and name not in apart} | (
        {} if apart else {"start": one.start, "end": one.end}
    )


def _places(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of a block or unit, with tuples for the lists of JSON."""
    found = dict(entry)
    if "label" in found:
        found["label"] = tuple(found["label"])
    for name in ("cells", "header"):
        if name in found:
            found[name] = tuple(map(tuple, found[name]))
    return found


def line_of(entry: dict[str, Any]) -> bytes:
    """Return what was made for JSON as a line."""
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
