"""The retriever for Haystack: the extra ``haystack``.

Haystack sends usage data to its makers unless ``HAYSTACK_TELEMETRY_ENABLED`` is "False" when it is
first imported. This module sets it to "False" unless it is already set.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from cica_qa.index.location import located
from cica_qa.integrations.hits import filter_by, not_supported, search
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
try:
    from haystack import Document, component, default_from_dict, default_to_dict
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"Haystack needs {error.name}. Install it: pip install 'cica-qa[haystack]'",
        name=error.name,
    ) from error

# The settings that affect how an index is opened and searched; never keys.
_SAVED = {"model", "cache_dir", "threads", "lemmas", "reader", "max_question_chars"}


@component
class CicaRetriever:
    """Retrieves passages as Haystack documents. Safe to share between threads.

    ``content`` is the exact text of a passage, and ``meta`` holds its place in its document: see
    ``cica_qa.integrations.hits.search``. A saved pipeline stores the folder of the index, which is
    opened when the pipeline warms up.
    """

    def __init__(
        self,
        index: Retriever | str | Path,
        *,
        top_k: int = 5,
        document_ids: list[str] | None = None,
        filters: dict[str, Any] | None = None,
        rerank: bool = False,
        settings: Settings | None = None,
    ) -> None:
        """Search ``index``, a folder or a loaded retriever, which keeps its own settings.

        ``document_ids`` limits the search to those documents, and ``filters`` to those whose
        metadata match: Haystack's comparisons, joined by AND. ``rerank`` is that of
        ``Retriever.search``.
        """
        self._retriever = index if isinstance(index, Retriever) else None
        self._index_dir = index.index_dir if isinstance(index, Retriever) else located(index)
        self._settings = index.settings if isinstance(index, Retriever) else settings
        self.top_k = top_k
        self.document_ids = document_ids
        self.filters = filters
        self.rerank = rerank

    def warm_up(self) -> Retriever:
        """Open the index if that has not been done. Raises what ``Retriever.load`` raises."""
        if self._retriever is None:
            self._retriever = Retriever.load(self._index_dir, settings=self._settings)
        return self._retriever

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        top_k: int | None = None,
        document_ids: list[str] | None = None,
        filters: dict[str, Any] | None = None,
        rerank: bool | None = None,
    ) -> dict[str, list[Document]]:
        """Return ``{"documents": …}``, best first.

        Arguments given here override those of the constructor. Raises what ``Retriever.search``
        raises.
        """
        found = search(
            self.warm_up(),
            query,
            self.top_k if top_k is None else top_k,
            self.document_ids if document_ids is None else document_ids,
            self.rerank if rerank is None else rerank,
            where=filter_by(_comparisons(self.filters if filters is None else filters)),
        )
        documents = [
            Document(
                id=hit.passage.passage_id,
                content=hit.passage.text,
                meta=metadata,
                score=hit.score,
            )
            for hit, metadata in found
        ]
        return {"documents": documents}

    @component.output_types(documents=list[Document])
    async def run_async(
        self,
        query: str,
        top_k: int | None = None,
        document_ids: list[str] | None = None,
        filters: dict[str, Any] | None = None,
        rerank: bool | None = None,
    ) -> dict[str, list[Document]]:
        """Call ``run`` in a thread."""
        return await asyncio.to_thread(self.run, query, top_k, document_ids, filters, rerank)

    def to_dict(self) -> dict[str, Any]:
        """Return what Haystack saves: the folder, the options and the non-default settings."""
        settings = self._settings and self._settings.model_dump(
            mode="json", include=_SAVED, exclude_defaults=True
        )
        return default_to_dict(
            self,
            index=str(self._index_dir),
            top_k=self.top_k,
            document_ids=self.document_ids,
            filters=self.filters,
            rerank=self.rerank,
            settings=settings or None,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the retriever that ``to_dict`` describes. Raises ``SettingsError``."""
        parameters = dict(data["init_parameters"])
        if parameters.get("settings"):
            parameters["settings"] = Settings(**parameters["settings"])
        return default_from_dict(cls, {**data, "init_parameters": parameters})


def _comparisons(filters: dict[str, Any] | None) -> Iterator[tuple[str, str, Any]]:
    if not filters:
        return
    operator = filters.get("operator")
    if "field" in filters:
        yield str(filters["field"]).removeprefix("meta."), str(operator), filters.get("value")
    elif operator == "AND":
        for one in filters.get("conditions", ()):
            yield from _comparisons(one)
    else:
        raise not_supported(operator)
