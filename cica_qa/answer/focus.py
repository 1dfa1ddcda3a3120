"""The shortest spans of a candidate that answer, as the reader marks them."""

from __future__ import annotations

from cica_qa.answer.evidence import CandidateEvidence
from cica_qa.arabic.questions import QuestionKind, SubQuestion

_WHOLE: tuple[QuestionKind, ...] = ("yesno", "comparison")
"""The kinds of question that only a whole sentence answers."""


def focus_spans(asked: SubQuestion, best: CandidateEvidence) -> tuple[tuple[int, int], ...]:
    """Return the shortest spans of a candidate that answer, in document offsets.

    The result is empty if the whole candidate answers, or if it was not read.
    """
    one, alone = best.candidate, best.alone
    if alone is None or one.is_list or asked.kind in _WHOLE:
        return ()
    spans: tuple[tuple[int, int], ...] = ()
    if alone.linear is None:
        span = alone.reading.best(0, len(one.text))
        if span:
            spans = ((one.span.start + span.start, one.span.start + span.end),)
    else:
        span = alone.reading.best(alone.linear.own, len(alone.linear.text))
        if span:
            spans = alone.linear.spans(span.start, span.end)
    inside = ((max(start, one.span.start), min(end, one.span.end)) for start, end in spans)
    return tuple((start, end) for start, end in inside if start < end)
