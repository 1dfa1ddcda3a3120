"""Elaboration on the previous answer: an item of its list, or what the document says next."""

from __future__ import annotations

from cica_qa.answer.cite import cite
from cica_qa.answer.reasons import UNANSWERED
from cica_qa.documents.lines import without_bullet
from cica_qa.documents.units import LISTED
from cica_qa.types import Answer, Passage, Unit

NO_LIST = "لا توجد في الجواب السابق قائمة أختار منها."
NO_ITEM = "لا يوجد في القائمة بندٌ بهذا الترتيب."
NO_MORE = "لا تذكر الوثائق أكثر من ذلك في هذا الموضع."
_NEXT_SENTENCES = 2


def list_item(question: str, before: Answer, nth: int) -> Answer:
    """Return the ``nth`` item of the list in an answer, counted from 1; -1 is the last."""
    for citation in before.citations:
        passage = _passage(before, citation.passage_id)
        items = [
            span
            for span in passage.units
            if span.kind in LISTED and citation.start <= span.start and span.end <= citation.end
        ]
        if len(items) < 2:
            continue
        if nth > len(items):
            return _abstention(question, before, NO_ITEM)
        span = items[nth - 1 if nth > 0 else nth]
        bare = without_bullet(passage.slice(span.start, span.end), span.kind)
        return _answer_from(question, before, passage, Unit(span.end - len(bare), span.end, "item"))
    return _abstention(question, before, NO_LIST)


def continuation(question: str, before: Answer) -> Answer:
    """Return the sentences after an answer in its passage, or before it if none follow."""
    if not before.citations:
        return _abstention(question, before, before.reason or NO_MORE)
    citation = before.citations[-1]
    passage = _passage(before, citation.passage_id)
    after = [span for span in passage.units if span.start >= citation.end]
    after = (
        after[:_NEXT_SENTENCES]
        or [span for span in passage.units if span.end <= citation.start][-_NEXT_SENTENCES:]
    )
    if not after:
        return _abstention(question, before, NO_MORE)
    return _answer_from(question, before, passage, Unit(after[0].start, after[-1].end))


def _passage(answer: Answer, passage_id: str) -> Passage:
    passages = (hit.passage for hit in answer.hits)
    return next(passage for passage in passages if passage.passage_id == passage_id)


def _answer_from(question: str, before: Answer, passage: Passage, span: Unit) -> Answer:
    citation = cite(1, passage, span)
    return Answer(question, citation.quote, (citation,), before.hits, confidence=before.confidence)


def _abstention(question: str, before: Answer, why: str) -> Answer:
    return Answer(question, UNANSWERED, (), before.hits, abstained=True, reason=why)
