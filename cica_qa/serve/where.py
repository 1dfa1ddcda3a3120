"""Metadata filters of requests: their JSON schema, and how they are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import WithJsonSchema

from cica_qa.filters import OPERATORS, Condition, Filter, Where, filter_of
from cica_qa.index.fields import without_folders

_ONE = {"type": ["string", "number", "boolean"]}
_BOUND = {"type": ["string", "number"]}
_RANGE = {
    "type": "object",
    "properties": dict.fromkeys(OPERATORS, _BOUND),
    "minProperties": 1,
    "additionalProperties": False,
}
_VALUE = {"anyOf": [_ONE, {"type": "array", "items": _ONE}, _RANGE]}
_SCHEMA = {
    "anyOf": [
        {"type": "object", "minProperties": 1, "additionalProperties": _VALUE},
        {"type": "null"},
    ],
    "examples": [{"format": "pdf", "created": {"from": "2024-05"}}],
}
WhereField = Annotated[Any, WithJsonSchema(_SCHEMA)]
"""A filter as it was sent; ``parse_where`` validates it."""


def search_scope(sent: Any) -> dict[str, Any]:
    """Return the documents that a request is limited to, as keyword arguments of a search.

    Call it in a worker thread, as a filter may be long. Raises ``FilterError``.
    """
    return {"documents": sent.documents, "where": parse_where(sent.where)}


def parse_where(where: Where | None) -> Filter | None:
    """Return the filter that a request describes. Raises ``FilterError``.

    Responses show sources without the folders of this machine, so conditions on ``source`` that
    name a folder never match: they must not reveal which folders exist.
    """
    if where is None:
        return None
    return Filter(tuple(map(_without_folders, filter_of(where).conditions)))


def _without_folders(condition: Condition) -> Condition:
    if condition.key != "source":
        return condition
    shown = (text for text in condition.texts if text == without_folders(text))
    return replace(condition, texts=frozenset(shown))
