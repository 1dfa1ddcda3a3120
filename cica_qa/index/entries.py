"""Documents and passages to JSON and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from cica_qa.documents.chunk import pages_of
from cica_qa.types import Block, Document, Page, Passage, Unit

_STORED_SEPARATELY = frozenset(("start", "end", "kind", "context"))


def document_entry(document: Document) -> dict[str, Any]:
    """Return a document as a JSON object."""
    return {
        "doc_id": document.doc_id,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "metadata": dict(document.metadata),
        "blocks": [_nonempty_fields(block) for block in document.blocks],
        "pages": [(page.label, page.start, page.end) for page in document.pages],
    }


def digest_of_entry(entry: Mapping[str, Any]) -> str:
    """Return a SHA-256 that changes with any part of the document."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def read_document(entry: dict[str, Any]) -> Document:
    """Return the document that ``document_entry`` turned into ``entry``."""
    blocks = tuple(Block(**_with_tuples(block)) for block in entry["blocks"])
    pages = tuple(Page(*page) for page in entry["pages"])
    return Document(**{**entry, "blocks": blocks, "pages": pages})


def read_passage(entry: dict[str, Any], document: Document) -> Passage:
    """Return the passage that ``passage_entry`` turned into ``entry``."""
    start, end = entry["start"], entry["end"]
    contexts = [tuple(map(tuple, context)) for context in entry["contexts"]]

    def units(name: str) -> tuple[Unit, ...]:
        return tuple(
            Unit(first, last, kind, context=contexts[context], **_with_tuples(rest))
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
    """Return a passage as a JSON object, without its text, which its document has."""
    contexts = dict.fromkeys(unit.context for unit in (*passage.units, *passage.wholes))
    at = {context: place for place, context in enumerate(contexts)}

    def entries(units: Iterable[Unit]) -> list[tuple[int, int, str, int, dict[str, Any]]]:
        return [
            (
                unit.start,
                unit.end,
                unit.kind,
                at[unit.context],
                _nonempty_fields(unit, _STORED_SEPARATELY),
            )
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


def _nonempty_fields(one: Block | Unit, omitted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the fields that are not empty, except ``omitted``; a start of 0 is kept."""
    values = ((field.name, getattr(one, field.name)) for field in fields(one))
    return {name: value for name, value in values if value and name not in omitted} | (
        {} if omitted else {"start": one.start, "end": one.end}
    )


def _with_tuples(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a block or unit with JSON's lists turned back into tuples."""
    values = dict(entry)
    if "label" in values:
        values["label"] = tuple(values["label"])
    for name in ("cells", "header"):
        if name in values:
            values[name] = tuple(map(tuple, values[name]))
    return values


def line_of(entry: dict[str, Any]) -> bytes:
    """Return an entry as one UTF-8 line of JSON."""
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
