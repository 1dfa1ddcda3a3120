"""What a framework is told of a hit besides its text: one form for all adapters."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cica_qa.protocols import PassageStore
from cica_qa.retrieve.retriever import Retriever
from cica_qa.types import Hit

Found = tuple[Hit, dict[str, Any]]


def search(
    retriever: Retriever, query: str, k: int, documents: Collection[str] | None, rerank: bool
) -> list[Found]:
    """Return up to ``k`` hits, best first, each with its metadata: values that fit into JSON.

    These are the document's own metadata, its ``title`` and ``source``, and ``doc_id``,
    ``passage_id``, ``start``, ``end`` (the text is ``document.text[start:end]``, in code points),
    ``headings``, ``score`` and ``rank``. Raises what ``Retriever.search`` raises.
    """
    hits = retriever.search(query, k, documents=documents, rerank=rerank)
    store = retriever.store
    return [(hit, _metadata(hit, store)) for hit in hits]


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
    except KeyError:  # a generation without it was published since it was found
        return {"title": "", "source": ""}
    return {**document.metadata, "title": document.title, "source": document.source}
