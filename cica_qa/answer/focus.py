"""The smallest words of a candidate that answer: what the trained reader points at."""

from __future__ import annotations

from cica_qa.answer.evidence import CandidateEvidence
from cica_qa.arabic.questions import QuestionKind, SubQuestion

Place = tuple[int, int]
_UNMARKED: tuple[QuestionKind, ...] = ("yesno", "comparison")
"""What a whole sentence answers."""


def focus_spans(asked: SubQuestion, best: CandidateEvidence) -> tuple[Place, ...]:
    """Return the stretches of a candidate that answer, in offsets of its document.

    None where all of it does, and where nobody read it.
    """
    one, alone = best.candidate, best.alone
    if alone is None or one.is_list or asked.kind in _UNMARKED:
        return ()
    places: tuple[Place, ...] = ()
    if alone.linear is None:
        span = alone.reading.best(0, len(one.text))
        if span:
            places = ((one.span.start + span.start, one.span.start + span.end),)
    else:
        span = alone.reading.best(alone.linear.own, len(alone.linear.text))
        if span:
            places = alone.linear.spans(span.start, span.end)
    inside = ((max(start, one.span.start), min(end, one.span.end)) for start, end in places)
    return tuple(place for place in inside if place[0] < place[1])
