"""The retriever for LlamaIndex: the extra ``llama-index``."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Self

from cica_qa.integrations.hits import HitWithMetadata, filter_by, not_supported, search
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

try:
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import (
        NodeRelationship,
        NodeWithScore,
        QueryBundle,
        RelatedNodeInfo,
        TextNode,
    )
    from llama_index.core.vector_stores import FilterCondition, MetadataFilters
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"LlamaIndex needs {error.name}. Install it: pip install 'cica-qa[llama-index]'",
        name=error.name,
    ) from error

_FOR_LLM = {"title", "headings"}  # the metadata that helps a language model to answer


class CicaRetriever(BaseRetriever):
    """Retrieves passages as LlamaIndex nodes. Safe to share between threads.

    The text of a node is the exact passage, from ``start_char_idx`` to ``end_char_idx`` of the
    document ``ref_doc_id``, in code points. The rest is in ``metadata``: see
    ``cica_qa.integrations.hits.search``. A language model is shown only the title and the headings.
    """

    def __init__(
        self,
        retriever: Retriever,
        *,
        similarity_top_k: int = 5,
        documents: Collection[str] | None = None,
        filters: MetadataFilters | None = None,
        rerank: bool = False,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """Retrieve ``similarity_top_k`` passages; the other arguments are ``Retriever.search``'s.

        ``filters`` are comparisons of metadata, joined by AND. Raises ``FilterError``.
        """
        super().__init__(callback_manager=callback_manager)
        self.retriever = retriever
        self.similarity_top_k = similarity_top_k
        self.documents = documents
        self.where = None if filters is None else filter_by(_comparisons(filters))
        self.rerank = rerank

    @classmethod
    def from_index(
        cls, index_dir: str | Path, *, settings: Settings | None = None, **options: Any
    ) -> Self:
        """Open an index with the class's ``options``. Raises what ``Retriever.load`` does."""
        return cls(Retriever.load(index_dir, settings=settings), **options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query, k = query_bundle.query_str, self.similarity_top_k
        found = search(self.retriever, query, k, self.documents, self.rerank, where=self.where)
        return [NodeWithScore(node=_node(one), score=one[0].score) for one in found]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _comparisons(filters: MetadataFilters) -> Iterator[tuple[str, str, Any]]:
    if filters.condition not in (None, FilterCondition.AND):
        raise not_supported(filters.condition.value)
    for one in filters.filters:
        if isinstance(one, MetadataFilters):
            yield from _comparisons(one)
        else:
            yield one.key, one.operator.value, one.value


def _node(found: HitWithMetadata) -> TextNode:
    hit, metadata = found
    passage = hit.passage
    return TextNode(
        id_=passage.passage_id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata,
        excluded_llm_metadata_keys=sorted(metadata.keys() - _FOR_LLM),
        excluded_embed_metadata_keys=sorted(metadata),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.doc_id)},
    )
