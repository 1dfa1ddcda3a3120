"""Citations, made from spans and never by looking a text up."""

from __future__ import annotations

from cica_qa.types import Citation, Passage, Span


def cite(number: int, passage: Passage, span: Span) -> Citation:
    """Return citation ``number`` of a span. Raises ``ValueError`` outside the passage."""
    quote = passage.slice(span.start, span.end)
    return Citation(number, passage.passage_id, passage.doc_id, span.start, span.end, quote)
