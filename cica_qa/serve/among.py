"""Some of the documents of a collection, asked as if there were no others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cica_qa.answer.pipeline import Pipeline
from cica_qa.protocols import PassageStore
from cica_qa.retrieve.retriever import Retriever
from cica_qa.serve.problems import MissingError
from cica_qa.types import Hit


def among(pipeline: Pipeline, documents: Iterable[str]) -> Pipeline:
    """Return a pipeline that answers from some documents alone.

    Raises ``MissingError`` where none of them is there.
    """
    known = set(pipeline.retriever.store.document_ids)
    chosen = [doc_id for doc_id in dict.fromkeys(documents) if doc_id in known]
    if not chosen:
        raise MissingError(
            "none of the documents that are asked is there any more; choose others",
            arabic="الوثائق التي اخترتها لم تعد موجودة. اختر غيرها.",
        )
    return Pipeline.of(_Among(pipeline.retriever, chosen))


class _Among(Retriever):
    """The retriever of a collection, limited to some documents."""

    def __init__(self, whole: Retriever, documents: Sequence[str]) -> None:
        vars(self).update(vars(whole))  # the same index, model and reader
        self._whole = whole
        self._documents = frozenset(documents)
        self._ids = tuple(documents)

    @property
    def store(self) -> PassageStore:
        """The generation that is being served, with the ids of the chosen documents alone."""
        return _Chosen(self._whole.store, self._ids)  # type: ignore[return-value]

    def search_many(
        self,
        queries: Sequence[str],
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        rerank: bool = False,
    ) -> list[list[Hit]]:
        """Return the hits of each query among the chosen documents."""
        inside = self._documents if documents is None else self._documents & set(documents)
        return self._whole.search_many(queries, k, documents=inside, rerank=rerank)


class _Chosen:
    """A store that lists some of its documents; all else is the store's."""

    def __init__(self, store: PassageStore, ids: tuple[str, ...]) -> None:
        self._store = store
        self.document_ids = ids

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)
