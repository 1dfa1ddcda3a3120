"""Templates: `{slot}` is a value, `[name:…]` marks a span that answers a question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.training.made.words import oblique_duals

_TOKEN = re.compile(r"\{(?P<slot>[*!]?\w+)\}|\[(?P<open>\w+):|(?P<close>\])")
_GOVERNS = re.compile(
    r"(?:(?:^|\s)[وف]?(?:قبل|خلال|من|إلى|عن|دون|كل|بعد|لمدة|مدة|خبرة|على|مسافة|إلا|استعارة|استغرق|شراء|الجهاز"
    r"|تستغرق|ينتظر المستخدم|تنفيذ المشروع)\s|بـ|ل)$"
)
"""Words that put the following noun in the oblique case, which shows in duals."""
Marks = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A filled template with the spans of its slots and marks."""

    text: str
    marks: Marks


def render(template: str, values: Mapping[str, str], offset: int = 0) -> Rendered:
    """Return the filled template; `offset` is added to each span."""
    parts: list[str] = []
    marks: Marks = {}
    opened: list[tuple[str, int]] = []
    length, last = offset, 0

    def add(text: str) -> None:
        nonlocal length
        parts.append(text)
        length += len(text)

    for token in _TOKEN.finditer(template):
        add(template[last : token.start()])
        last = token.end()
        if slot := token["slot"]:
            name = slot.lstrip("*!")
            filled = values[name]
            if filled in oblique_duals() and _GOVERNS.search(template[: token.start()]):
                filled = oblique_duals()[filled]
            if parts and parts[-1].endswith("ـ") and "\u0621" <= filled[:1] <= "\u064a":
                parts[-1] = parts[-1][:-1]
                length -= 1
                if parts[-1].endswith("ل") and filled.startswith("ال"):
                    filled = filled[1:]
            marks[name] = (length, length + len(filled))
            add(filled)
        elif token["open"]:
            opened.append((token["open"], length))
        elif opened:
            name, start = opened.pop()
            marks[name] = (start, length)
    add(template[last:])
    return Rendered("".join(parts), marks)


def slots_in(template: str) -> list[str]:
    """Return the names of the slots, with a leading «*» or «!»."""
    return [token["slot"] for token in _TOKEN.finditer(template) if token["slot"]]
