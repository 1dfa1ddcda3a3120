"""Combination of the answers to the parts of a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cica_qa.answer.answerer import compose
from cica_qa.answer.reasons import UNANSWERED
from cica_qa.types import Answer, Citation, Hit

_NOT_ANSWERED = "ولم أجد جوابًا مؤكدًا عن: {}."


def combine(question: str, parts: Sequence[str], answers: Sequence[Answer]) -> Answer:
    """Return one answer to a question from the answers to its parts.

    A span cited by several parts is cited once. Parts without an answer are named in the note. If
    no part has an answer, the result is an abstention.
    """
    hits = _interleaved_hits(answers)
    answered = [answer for answer in answers if not answer.abstained]
    if not answered:
        first = answers[0]
        return replace(first, question=question, text=UNANSWERED, hits=hits)
    citations = _citations(answered)
    left = [part for part, answer in zip(parts, answers, strict=True) if answer.abstained]
    named = "، ".join(f"«\u2068{part.strip(' ؟?.،')}\u2069»" for part in left)
    note = _NOT_ANSWERED.format(named) if left else ""
    leads = dict.fromkeys(answer.lead for answer in answered if answer.lead)
    lead = next(iter(leads)) if len(leads) == 1 else ""
    return Answer(
        question,
        compose(lead, citations, note),
        citations,
        hits,
        confidence=min(answer.confidence for answer in answered),
        lead=lead,
        note=note,
    )


def _citations(answers: Sequence[Answer]) -> tuple[Citation, ...]:
    found: dict[tuple[str, int, int], Citation] = {}
    for citation in (citation for answer in answers for citation in answer.citations):
        key = citation.passage_id, citation.start, citation.end
        known = found.get(key)
        focus = _merged([*(known.focus if known else ()), *citation.focus])
        found[key] = replace(known or citation, number=len(found) + (known is None), focus=focus)
    return tuple(replace(one, number=at) for at, one in enumerate(found.values(), 1))


def _merged(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in order, with touching and overlapping ones merged."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if kept and start <= kept[-1][1]:
            kept[-1] = kept[-1][0], max(end, kept[-1][1])
        else:
            kept.append((start, end))
    return tuple(kept)


def _interleaved_hits(answers: Sequence[Answer]) -> tuple[Hit, ...]:
    """Return the hits of all parts, interleaved by rank, each passage once."""
    kept: dict[str, Hit] = {}
    longest = max(len(answer.hits) for answer in answers)
    for rank in range(longest):
        for answer in answers:
            for hit in answer.hits[rank : rank + 1]:
                kept.setdefault(hit.passage.passage_id, hit)
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(kept.values(), 1))
