"""Citations, made from spans and never by looking a text up."""

from __future__ import annotations

from cica_qa.types import Citation, Passage, Unit


def cite(
    number: int, passage: Passage, span: Unit, focus: tuple[tuple[int, int], ...] = ()
) -> Citation:
    """Return citation ``number`` of a span, with what answers in it.

    Raises ``ValueError`` where the span is not inside the passage or ``focus`` not inside it.
    """
    quote = passage.slice(span.start, span.end)
    if any(not span.start <= start < end <= span.end for start, end in focus):
        raise ValueError(f"{focus} is not inside {span.start}:{span.end}")
    ids = passage.passage_id, passage.doc_id
    return Citation(number, *ids, span.start, span.end, quote, focus, page_at(passage, span.start))


def page_at(passage: Passage, at: int) -> str:
    """Return the label of the page on which an offset of the document lies, if it has pages."""
    return next((page.label for page in passage.pages if page.start <= at < page.end), "")
