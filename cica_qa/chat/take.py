"""Answers for copying and saving, with their citations, as plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cica_qa.chat import texts
from cica_qa.chat.places import CitationPlace
from cica_qa.types import Answer

_MARKUP = re.compile(r"([\\`*_\[\]<>#|])")


def plain(answer: Answer, places: Mapping[int, CitationPlace]) -> str:
    """Return an answer as plain text: quotes with their numbers, then the places cited."""
    lines = _said(answer)
    sources = [f"[{one.number}] {places[one.number].whole}" for one in answer.citations]
    return "\n".join([*lines, *([""] if sources else []), *sources])


def markdown(answer: Answer, places: Mapping[int, CitationPlace]) -> str:
    """Return an answer as Markdown, with its citations as footnotes."""
    lines = [_escaped(line) for line in _said(answer)]
    lines = [re.sub(r"\\\[(\d+)\\\]$", r"[^\1]", line) for line in lines]
    notes = [
        f"[^{one.number}]: {_escaped(places[one.number].whole)}: «{_escaped(_flat(one.quote))}»"
        for one in answer.citations
    ]
    return "\n\n".join([*lines, *notes])


def _said(answer: Answer) -> list[str]:
    """Return the lines of an answer; the last of each quote ends with its number in brackets."""
    if answer.abstained and (answer.hits or answer.reason):
        return [texts.say("none"), *([answer.reason] if answer.reason else [])]
    if answer.phrased or not answer.citations:
        return answer.text.splitlines()
    lines = [answer.lead] if answer.lead else []
    for citation in answer.citations:
        lines += [*citation.quote.rstrip().splitlines()[:-1]]
        lines.append(f"{citation.quote.rstrip().splitlines()[-1]} [{citation.number}]")
    return [*lines, *([answer.note] if answer.note else [])]


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _flat(text: str) -> str:
    return " ".join(text.split())
