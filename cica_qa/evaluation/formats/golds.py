"""Parses accepted answers, in all the forms that sets use, and locates them in their context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cica_qa.evaluation.formats.columns import as_text
from cica_qa.evaluation.types import Gold

_BULLET = re.compile(r"^\s*•\s*", re.MULTILINE)
RawAnswer = tuple[str, int | None]
"""The text of an answer and its offset in the context, or None if it is not given."""


class MalformedError(ValueError):
    """A value has a form that cannot be read; the message says which forms can."""


def parse_answers(value: object) -> list[RawAnswer]:
    """Parse answers with their offsets. Raises ``MalformedError``.

    ``value`` is a string, a list of strings, SQuAD's list of {text, answer_start}, or Hugging
    Face's {text: [...], answer_start: [...]}.
    """
    if isinstance(value, dict):
        return with_offsets(parse_answers(value.get("text")), value.get("answer_start"))
    if isinstance(value, list):
        return [answer for item in value for answer in _item(item)]
    text = as_text(value)
    return [(text, None)] if text.strip() else []


def with_offsets(answers: Sequence[RawAnswer], starts: object) -> list[RawAnswer]:
    """Return the answers with offsets from a separate list. Raises ``MalformedError``."""
    listed = starts if isinstance(starts, list) else [] if starts is None else [starts]
    if not listed:
        return list(answers)
    if len(listed) != len(answers):
        raise MalformedError(
            f"there are {len(answers)} answers but {len(listed)} offsets; give one for each"
        )
    return [(text, _offset(start)) for (text, _), start in zip(answers, listed, strict=True)]


def bullet_items(text: str) -> list[str]:
    """Return the items of a bulleted list; none if the text is not one."""
    if not text.lstrip().startswith("•"):
        return []
    return [item.strip() for item in _BULLET.split(text) if item.strip()]


def locate_answers(
    answers: Iterable[RawAnswer], context: str, doc_id: str
) -> tuple[list[Gold], list[str]]:
    """Return the answers with verified offsets, and the texts of those whose offset was wrong.

    A wrong or missing offset is replaced if the context contains the answer exactly once; otherwise
    it becomes -1.
    """
    golds: dict[Gold, None] = {}
    wrong: list[str] = []
    for text, start in answers:
        place = -1 if start is None else start
        if context and not context.startswith(text, place if place >= 0 else len(context) + 1):
            if place >= 0:
                wrong.append(text)
            place = context.find(text) if context.count(text) == 1 else -1
        golds[Gold(text, place, doc_id)] = None
    return list(golds), wrong


def _item(item: object) -> list[RawAnswer]:
    if isinstance(item, dict):
        text = as_text(item.get("text", item.get("answer")))
        return [(text, _offset(item.get("answer_start")))] if text.strip() else []
    if isinstance(item, list):
        raise MalformedError("an answer is a list; write each answer as a string")
    text = as_text(item)
    return [(text, None)] if text.strip() else []


def _offset(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and value >= 0 else None
