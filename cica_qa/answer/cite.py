"""Citations, made from spans and never by searching for a string."""

from __future__ import annotations

from cica_qa.types import Citation, Passage, Unit


def cite(
    number: int, passage: Passage, span: Unit, focus: tuple[tuple[int, int], ...] = ()
) -> Citation:
    """Return citation ``number`` of a span; ``focus`` are the shortest spans that answer.

    Raises ``ValueError`` if the span is not inside the passage, or ``focus`` not inside the span.
    """
    quote = passage.slice(span.start, span.end)
    if any(not span.start <= start < end <= span.end for start, end in focus):
        raise ValueError(f"{focus} is not inside {span.start}:{span.end}")
    ids = passage.passage_id, passage.doc_id
    return Citation(number, *ids, span.start, span.end, quote, focus, page_at(passage, span.start))


def page_at(passage: Passage, at: int) -> str:
    """Return the label of the page that contains a document offset; empty if there are no pages."""
    return next((page.label for page in passage.pages if page.start <= at < page.end), "")


def page_name(label: str) -> str:
    """Return the displayed name of a page, sheet or chapter: «ص 3», «الميزانية»."""
    return f"ص {label}" if label.isdecimal() else label
