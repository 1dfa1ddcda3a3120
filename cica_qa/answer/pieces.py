"""Answers split into pieces, each with its citation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cica_qa.types import Answer, Piece

_CITING = re.compile(r"(?:\[\d{1,3}\]\s*)+[.؟!]?\s*")
_NUMBER = re.compile(r"\d+")


def answer_pieces(answer: Answer) -> Iterator[Piece]:
    """Yield the pieces of an answer; their texts, joined, are ``answer.text``."""
    after = f"\n{answer.note}" if answer.note and answer.citations else ""
    said = answer.text.removesuffix(after)
    yield from _phrased(answer, said) if answer.phrased else _quoted(answer, said)
    if after:
        yield Piece(after)


def _quoted(answer: Answer, said: str) -> Iterator[Piece]:
    """Yield the lead and the quotes, separated by line breaks."""
    quotes = "\n".join(citation.quote for citation in answer.citations)
    lead = said[: len(said) - len(quotes)]
    if lead:
        yield Piece(lead)
    for number, citation in enumerate(answer.citations):
        if number:
            yield Piece("\n")
        yield Piece(citation.quote, citation)


def _phrased(answer: Answer, said: str) -> Iterator[Piece]:
    """Yield the sentences of a phrased answer, each with the first citation that it names."""
    by_number = {citation.number: citation for citation in answer.citations}
    start = 0
    for marks in _CITING.finditer(said):
        named = map(int, _NUMBER.findall(marks[0]))
        yield Piece(said[start : marks.end()], next(filter(None, map(by_number.get, named)), None))
        start = marks.end()
    if said[start:]:
        yield Piece(said[start:])
