"""Filters as they come in requests: their schema, and what of them a client may compare with."""

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
SentWhere = Annotated[Any, WithJsonSchema(_SCHEMA)]
"""A filter as it was sent: what is wrong with it ``seen_filter`` says."""


def scope_of(sent: Any) -> dict[str, Any]:
    """Return the documents that a request is limited to, as arguments of a search.

    It is for a worker's thread: a filter may be long. Raises ``FilterError``.
    """
    return {"documents": sent.documents, "where": seen_filter(sent.where)}


def seen_filter(where: Where | None) -> Filter | None:
    """Return a filter that was sent. Raises ``FilterError``.

    Sources are told without the folders of this machine, and are not compared with any.
    """
    if where is None:
        return None
    return Filter(tuple(map(_without_folders, filter_of(where).conditions)))


def _without_folders(condition: Condition) -> Condition:
    if condition.key != "source":
        return condition
    told = (text for text in condition.texts if text == without_folders(text))
    return replace(condition, texts=frozenset(told))
