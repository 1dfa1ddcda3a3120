"""Several named indexes in one process: the public ``Collections``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import CollectionError, SettingsError
from cica_qa.index import update
from cica_qa.index.location import Location
from cica_qa.protocols import Progress
from cica_qa.reports import IndexInfo
from cica_qa.settings import Settings
from cica_qa.types import Document


class Collections:
    """Named pipelines that share one encoder and one reader. Safe to share between threads."""

    def __init__(self, pipelines: Mapping[str, Pipeline]) -> None:
        """The first of ``pipelines`` is the default. Raises ``SettingsError`` if there are none."""
        if not pipelines:
            raise SettingsError("name at least one collection: NAME=INDEX_FOLDER")
        self._pipelines = dict(pipelines)

    @classmethod
    def load(
        cls, index_dirs: Mapping[str, str | Location], *, settings: Settings | None = None
    ) -> Self:
        """Open indexes by name. Raises what ``Retriever.load`` raises, and ``SettingsError``."""
        pipelines: dict[str, Pipeline] = {}
        for name, index_dir in index_dirs.items():
            first = next(iter(pipelines.values()), None)
            pipelines[name] = (
                Pipeline.of(first.retriever.beside(index_dir))
                if first
                else Pipeline.load(index_dir, settings=settings)
            )
        return cls(pipelines)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the collections, the default first."""
        return tuple(self._pipelines)

    def __getitem__(self, name: str) -> Pipeline:
        """Return the pipeline with that name, or the default one for ``""``.

        Raises ``CollectionError`` if there is none.
        """
        found = self._pipelines.get(name or self.names[0])
        if found is None:
            raise CollectionError(
                f"there is no collection {name!r}; there are: {', '.join(self.names)}"
            )
        return found

    def limited_to(self, names: Iterable[str]) -> Self:
        """Return the named collections, the first as default. Raises ``CollectionError``."""
        return type(self)({name: self[name] for name in names})

    def add(
        self,
        name: str,
        documents: Iterable[Document],
        *,
        wait: float = update.WAIT,
        over_network: bool = False,
        progress: Progress | None = None,
    ) -> IndexInfo:
        """Add documents to a collection, replacing those with the same ids.

        The next question sees them. Concurrent changes wait for each other, for at most ``wait``
        seconds. Documents that came ``over_network`` survive a rebuild from folders; ``progress``
        is called as indexing proceeds. Raises ``CollectionError``, ``DocumentError``,
        ``IndexBusyError`` or another ``IndexStoreError``.
        """
        found = self[name].retriever
        held = (found.encoder, found.settings)
        return update.add_documents(
            found.index_dir,
            documents,
            *held,
            wait=wait,
            over_network=over_network,
            progress=progress,
        )

    def delete(self, name: str, doc_ids: Iterable[str], *, wait: float = update.WAIT) -> IndexInfo:
        """Delete documents of a collection; the next question no longer sees them.

        Waits as ``add`` does. Raises ``CollectionError``, ``IndexStoreError``, or ``DocumentError``
        if an id does not exist or no document would be left.
        """
        found = self[name].retriever
        held = (found.encoder, found.settings)
        return update.delete_documents(found.index_dir, doc_ids, *held, wait=wait)
