"""Accepted answers in all the shapes that sets give them, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cica_qa.evaluation.formats.columns import as_text
from cica_qa.evaluation.types import Gold

_BULLET = re.compile(r"^\s*•\s*", re.MULTILINE)
Answer = tuple[str, int | None]


class MalformedError(ValueError):
    """A value is of a shape that cannot be read. The message says which would do."""


def answers_of(value: object) -> list[Answer]:
    """Read answers with their offsets, None where not given. Raises ``MalformedError``.

    A string, a list of strings, SQuAD's list of {text, answer_start}, or Hugging Face's
    {text: [...], answer_start: [...]}.
    """
    if isinstance(value, dict):
        return with_starts(answers_of(value.get("text")), value.get("answer_start"))
    if isinstance(value, list):
        return [answer for item in value for answer in _item(item)]
    text = as_text(value)
    return [(text, None)] if text.strip() else []


def with_starts(answers: Sequence[Answer], starts: object) -> list[Answer]:
    """Give answers the offsets of a list beside them. Raises ``MalformedError``."""
    listed = starts if isinstance(starts, list) else [] if starts is None else [starts]
    if not listed:
        return list(answers)
    if len(listed) != len(answers):
        raise MalformedError(
            f"there are {len(answers)} answers but {len(listed)} offsets; give one for each"
        )
    return [(text, _offset(start)) for (text, _), start in zip(answers, listed, strict=True)]


def items_of(text: str) -> list[str]:
    """Return the items of a bulleted list; none where the text is not one."""
    if not text.lstrip().startswith("•"):
        return []
    return [item.strip() for item in _BULLET.split(text) if item.strip()]


def located(answers: Iterable[Answer], context: str, doc_id: str) -> tuple[list[Gold], list[str]]:
    """Put answers in their place in the context; also return those whose offset was wrong.

    A wrong or missing offset is replaced where the answer stands in the context exactly once.
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


def _item(item: object) -> list[Answer]:
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
