"""The retriever for DSPy: the extra ``dspy``."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Collection
from pathlib import Path
from typing import Any, Self

from cica_qa.filters import Where
from cica_qa.integrations.hits import search
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

try:
    import dspy  # DSPy has no types
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"DSPy needs {error.name}. Install it: pip install 'cica-qa[dspy]'", name=error.name
    ) from error


class CicaRetriever(dspy.Module):  # type: ignore[misc]  # DSPy has no types
    """Retrieves passages in a DSPy program. Safe to share between threads.

    A prediction holds ``passages``, the exact texts, and ``metadata``, with the place of each in
    its document: see ``cica_qa.integrations.hits.search``.
    """

    def __init__(
        self,
        retriever: Retriever,
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        where: Where | None = None,
        rerank: bool = False,
    ) -> None:
        """Retrieve ``k`` passages; the other arguments are those of ``Retriever.search``."""
        super().__init__()
        self.retriever, self.k = retriever, k
        self.documents, self.where, self.rerank = documents, where, rerank

    @classmethod
    def from_index(
        cls, index_dir: str | Path, *, settings: Settings | None = None, **options: Any
    ) -> Self:
        """Open an index with the class's ``options``. Raises what ``Retriever.load`` does."""
        return cls(Retriever.load(index_dir, settings=settings), **options)

    def forward(self, query: str, k: int | None = None) -> dspy.Prediction:
        """Return the passages. Raises what ``Retriever.search`` raises."""
        k = self.k if k is None else k
        found = search(self.retriever, query, k, self.documents, self.rerank, where=self.where)
        texts = [hit.passage.text for hit, _ in found]
        return dspy.Prediction(passages=texts, metadata=[metadata for _, metadata in found])

    async def aforward(self, query: str, k: int | None = None) -> dspy.Prediction:
        """Call ``forward`` in a thread."""
        return await asyncio.to_thread(self.forward, query, k)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a shallow copy, since optimizers copy programs: the copies share the index."""
        return copy.copy(self)
