"""The retriever for LangChain: the extra ``langchain``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Self

from pydantic import Field

from cica_qa.integrations.hits import search
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import run_in_executor
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"LangChain needs {error.name}. Install it: pip install 'cica-qa[langchain]'",
        name=error.name,
    ) from error


class CicaRetriever(BaseRetriever):
    """Retrieves passages as LangChain documents. Safe to share between threads.

    ``page_content`` is the exact text of a passage, and ``metadata`` holds its place in its
    document: see ``cica_qa.integrations.hits.search``. ``k``, ``documents`` (ids to search in),
    ``where`` (metadata to search in) and ``rerank`` are those of ``Retriever.search``; ``invoke``
    can override them.
    """

    retriever: Retriever
    k: int = Field(default=5, ge=1)
    documents: list[str] | None = None
    where: dict[str, Any] | None = None
    rerank: bool = False

    @classmethod
    def from_index(
        cls, index_dir: str | Path, *, settings: Settings | None = None, **fields: Any
    ) -> Self:
        """Open an index; ``fields`` are those of the class. Raises what ``Retriever.load`` does."""
        return cls(retriever=Retriever.load(index_dir, settings=settings), **fields)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        documents: list[str] | None = None,
        where: dict[str, Any] | None = None,
        rerank: bool | None = None,
    ) -> list[Document]:
        found = search(
            self.retriever,
            query,
            self.k if k is None else k,
            self.documents if documents is None else documents,
            self.rerank if rerank is None else rerank,
            where=self.where if where is None else where,
        )
        return [
            Document(id=hit.passage.passage_id, page_content=hit.passage.text, metadata=metadata)
            for hit, metadata in found
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **given: Any
    ) -> list[Document]:
        sync = run_manager.get_sync()
        return await run_in_executor(
            None, partial(self._get_relevant_documents, query, run_manager=sync, **given)
        )
