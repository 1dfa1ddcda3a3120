"""What the adapters share: searching, the metadata of hits, and filters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from cica_qa.errors import FilterError
from cica_qa.filters import Condition, Filter, Where, filter_of
from cica_qa.protocols import PassageStore
from cica_qa.retrieve.retriever import Retriever
from cica_qa.types import Hit

_RANGES = {">": "after", ">=": "from", "<": "before", "<=": "to"}
HitWithMetadata = tuple[Hit, dict[str, Any]]


def search(
    retriever: Retriever,
    query: str,
    k: int,
    documents: Collection[str] | None,
    rerank: bool,
    *,
    where: Where | Filter | None = None,
) -> list[HitWithMetadata]:
    """Return up to ``k`` hits, best first, each with metadata that JSON can hold.

    The metadata is the document's own, its ``title`` and ``source``, and of the hit ``doc_id``,
    ``passage_id``, ``start``, ``end`` (the text is ``document.text[start:end]``, in code points),
    ``headings``, ``score`` and ``rank``. Raises what ``Retriever.search`` raises.
    """
    hits = retriever.search(query, k, documents=documents, where=where, rerank=rerank)
    store = retriever.store
    return [(hit, _metadata(hit, store)) for hit in hits]


def filter_by(comparisons: Iterable[tuple[str, str, Any]]) -> Filter | None:
    """Return a filter that requires all comparisons (key, operator, value); None without any.

    The operators are ``==``, ``in``, ``>``, ``>=``, ``<`` and ``<=``. Raises ``FilterError``.
    """
    conditions: list[Condition] = []
    for key, operator, value in comparisons:
        if operator in _RANGES:
            conditions += filter_of({key: {_RANGES[operator]: value}}).conditions
        elif operator in ("==", "in"):
            conditions += filter_of({key: value}).conditions
        else:
            raise not_supported(operator)
    return Filter(tuple(conditions)) if conditions else None


def not_supported(operator: object) -> FilterError:
    """Return the error for a filter that is not a conjunction of comparisons."""
    return FilterError(
        f"the filter has {operator!r}; compare with ==, in, >, >=, < or <=, and join by AND",
        arabic="في شرط البحث عملية غير مدعومة؛ المدعوم هو المساواة والقائمة والمدى مجتمعةً.",
    )


def _metadata(hit: Hit, store: PassageStore) -> dict[str, Any]:
    passage = hit.passage
    return {
        **_of_document(passage.doc_id, store),
        "doc_id": passage.doc_id,
        "passage_id": passage.passage_id,
        "start": passage.start,
        "end": passage.end,
        "headings": list(passage.headings),
        "score": hit.score,
        "rank": hit.rank,
    }


def _of_document(doc_id: str, store: PassageStore) -> dict[str, Any]:
    try:
        document = store.document(doc_id)
    except KeyError:  # the document was deleted after the search
        return {"title": "", "source": ""}
    return {**document.metadata, "title": document.title, "source": document.source}
