"""Checks of whether hits contain the answer to a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from benchmarks._files import loose
from cica_qa import Hit

_FOLD = str.maketrans("أإآٱةىؤئ٠١٢٣٤٥٦٧٨٩", "ااااهيوي0123456789")
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200c-\u200f]")
_ENOUGH = 0.75  # of the words of an answer


def on_page(hit: Hit, page: object) -> bool:
    """Return whether a hit is on a page; always true if ``page`` is None."""
    return page is None or any(one.label == str(page) for one in hit.passage.pages)


def answer_in(answer: str, text: str) -> bool:
    """Return whether a text contains an answer, ignoring diacritics and spaces."""
    return loose(answer) in loose(text) or _holds(answer, text)


def unit_rank(hits: Sequence[Hit], expected: str) -> int | None:
    """Return the rank of the first unit that contains the expected text, 0 if none does.

    Numbered units that the question names come first, then the units of each hit by their cosine.
    If the documents have no answer, ``expected`` is «(refuse …)»: the rank is then 1 if the search
    reports that a number is missing, and otherwise None, since a search cannot tell.
    """
    if "refuse" in expected:
        return 1 if any(not one.found for hit in hits for one in hit.lookups) else None
    texts: list[str] = []
    for hit in hits:
        passage = hit.passage
        cosines = hit.match.units
        named = [unit for one in hit.lookups for unit in one.units]
        near = [unit for _, unit in sorted(
            zip(cosines, passage.units, strict=True), key=lambda pair: -pair[0]
        )]  # fmt: skip
        for unit in [*named, *near]:
            spans = (*unit.context, *unit.header, (unit.start, unit.end))
            texts.append(" ".join(_slice(hit, *span) for span in spans))
    return next((rank for rank, text in enumerate(texts, 1) if _holds(expected, text)), 0)


def holds_gold(row: dict[str, Any], hits: Sequence[Hit]) -> bool:
    """Return whether hits contain a gold answer, or all of them if the question asks for all."""
    texts = [_plain(hit.passage.text) for hit in hits]
    found = [any(_plain(gold) in text for text in texts) for gold in row["gold"]]
    return all(found) if row["must_all"] else any(found)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).replace("*", "").split())


def _slice(hit: Hit, start: int, end: int) -> str:
    passage = hit.passage
    return passage.text[max(start - passage.start, 0) : max(end - passage.start, 0)]


def _holds(expected: str, text: str) -> bool:
    wanted, said = _words(expected), set(_words(text))
    numbers = [word for word in wanted if word.isdigit()]
    enough = sum(word in said for word in wanted) >= _ENOUGH * len(wanted)
    return bool(wanted) and enough and all(number in said for number in numbers)


def _words(text: str) -> list[str]:
    text = re.sub(r"[^\w\s]|_", " ", _MARKS.sub("", text).translate(_FOLD).lower())
    return [re.sub("^(?:[وفبل]?ال|لل)(?=..)", "", word) for word in text.split()]
