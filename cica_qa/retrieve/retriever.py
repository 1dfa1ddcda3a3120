"""The public ``Retriever``: from a question to hits."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Self

from cica_qa.arabic.clean import clean_question
from cica_qa.arabic.lemmas import load_analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import IndexStoreError, SettingsError
from cica_qa.filters import Filter, Where, filter_of
from cica_qa.index.build import update_index
from cica_qa.index.inputs import Sources, collect
from cica_qa.index.location import Address, Location, located
from cica_qa.index.match import require_match
from cica_qa.index.opened import open_store, require_index, signature
from cica_qa.models.encoder import load_encoder
from cica_qa.models.reader.reader import SpanReader, load_reader
from cica_qa.protocols import Encoder, PassageStore, Scope
from cica_qa.retrieve.evidence import gather
from cica_qa.retrieve.hits import make_hits
from cica_qa.retrieve.query import QueryReader
from cica_qa.retrieve.rerank import RERANKED, reranked
from cica_qa.settings import Settings
from cica_qa.types import Document, Hit

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A generation, and the signature of the index when it was opened."""

    store: PassageStore
    signature: Hashable


class Retriever:
    """Finds the passages nearest to a question. Safe to share between threads.

    A generation that is published later is picked up by the next search. If it cannot be loaded,
    the previous one stays in use and the reason is logged.
    """

    def __init__(
        self,
        index_dir: Location,
        encoder: Encoder,
        settings: Settings,
        reader: Callable[[], SpanReader | None] | None = None,
    ) -> None:
        """Open ``index_dir``; ``reader`` returns the reader, by default loading it on first use.

        Raises ``IndexStoreError`` or ``SettingsError``.
        """
        self.settings = settings
        self._index_dir = index_dir
        self._encoder = encoder
        self._normalizer = Normalizer()
        self._analyzer = load_analyzer(settings)
        self._query_reader = QueryReader(encoder, self._normalizer, self._analyzer)
        self._reload = threading.Lock()
        self._load_reader = reader or partial(load_reader, settings)
        self._snapshot = self._open()

    @classmethod
    def load(cls, index_dir: str | Location, *, settings: Settings | None = None) -> Self:
        """Open an index and the model it was built with.

        Raises ``IndexStoreError`` if the index is missing, damaged, newer than this version or
        built with another model, and ``ModelError`` if the model cannot be loaded.
        """
        settings = settings or Settings()
        index = located(index_dir)
        require_index(index)  # fail before the model is loaded
        return cls(index, load_encoder(settings), settings)

    @classmethod
    def from_documents(cls, documents: Sources, *, settings: Settings | None = None) -> Self:
        """Index documents in a temporary folder, removed with the retriever or at exit.

        ``documents`` is what ``build_index`` takes. Raises ``DocumentError``, ``ModelError`` or
        ``IndexStoreError``.
        """
        settings = settings or Settings()
        loaded = collect(documents)
        encoder = load_encoder(settings)
        folder = Path(tempfile.mkdtemp(prefix="cica-qa-"))
        try:
            update_index(loaded, folder, encoder, settings)
            retriever = cls(folder, encoder, settings)
        except BaseException:
            _remove(folder, os.getpid())
            raise
        weakref.finalize(retriever, _remove, folder, os.getpid())
        return retriever

    def beside(self, index_dir: str | Location) -> Self:
        """Open another index with the same settings, sharing the loaded model and reader.

        Raises what ``load`` raises about an index.
        """
        return type(self)(located(index_dir), self._encoder, self.settings, lambda: self.reader)

    @cached_property
    def reader(self) -> SpanReader | None:
        """The trained reader, loaded on first use; None if it is disabled or fails to load."""
        return self._load_reader()

    @property
    def encoder(self) -> Encoder:
        """The model that questions and passages are encoded with."""
        return self._encoder

    @property
    def index_dir(self) -> Location:
        """The folder or the address of the index."""
        return self._index_dir

    @property
    def store(self) -> PassageStore:
        """The generation in use."""
        return self._current().store

    def documents(self) -> list[Document]:
        """Return all documents, in the order in which they were indexed."""
        store = self.store
        return [store.document(doc_id) for doc_id in store.document_ids]

    def in_arabic(self, question: str) -> str:
        """Return an Arabizi question («fen el markaz») in Arabic letters, any other unchanged.

        Words are matched by sound with those of the documents. Searches do this themselves.
        """
        return self._query_reader.in_arabic(question, self.store)

    def search(
        self,
        query: str,
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
        rerank: bool = False,
    ) -> list[Hit]:
        """Return up to ``k`` hits, best first; their scores are cosines plus evidence from words.

        ``documents`` limits the search to these document ids, ``where`` to documents with matching
        metadata (``cica_qa.filters``). ``rerank`` reads the first ten hits and ranks those that
        answer first: it is slower and gains little so far (docs/explanation/models.md), and does
        nothing without the trained reader. Raises ``QuestionError`` if the question cannot be
        searched, ``FilterError`` if the filter is invalid, and ``SettingsError`` if ``k`` is below
        1.
        """
        return self.search_many([query], k, documents=documents, where=where, rerank=rerank)[0]

    async def asearch(
        self,
        query: str,
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
        rerank: bool = False,
    ) -> list[Hit]:
        """Do the same as ``search`` in a thread, without blocking the event loop."""
        return await asyncio.to_thread(
            self.search, query, k, documents=documents, where=where, rerank=rerank
        )

    def search_many(
        self,
        queries: Sequence[str],
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
        rerank: bool = False,
    ) -> list[list[Hit]]:
        """Return the hits of each query, as ``search`` does, all from the same generation.

        Raises ``TypeError`` if a single string is given instead of several.
        """
        if k < 1:
            raise SettingsError(f"k is {k}; ask for at least 1 hit.")
        if isinstance(queries, str) or isinstance(documents, str):
            raise TypeError("queries and documents are lists of strings; this is one string")
        filtered = None if where is None else filter_of(where)
        limit = self.settings.max_question_chars
        cleaned = [clean_question(query, limit) for query in queries]
        store = self.store
        anywhere = documents is None and filtered is None
        scope = None if anywhere else Scope(documents, filtered)
        read = self._query_reader.read(cleaned, store)
        reader = self.reader if rerank else None
        wide = k if reader is None else max(k, RERANKED)
        gathered = zip(read, gather(store, read, wide, scope), strict=True)
        found = [make_hits(store, query, evidence, wide) for query, evidence in gathered]
        if reader is None:
            return found
        return [reranked(reader, hits)[:k] for hits in found]

    def _current(self) -> _Snapshot:
        snapshot = self._snapshot
        if signature(self._index_dir) == snapshot.signature:
            return snapshot
        with self._reload:
            if self._snapshot is snapshot:
                self._snapshot = self._reopened(snapshot)
            return self._snapshot

    def _reopened(self, snapshot: _Snapshot) -> _Snapshot:
        seen = signature(self._index_dir)
        try:
            return self._open()
        except IndexStoreError as error:
            if isinstance(self._index_dir, Address):  # it keeps nothing of what was before
                raise
            _log.error("still serving the index loaded before: %s", error)
            return _Snapshot(snapshot.store, seen)

    def _open(self) -> _Snapshot:
        seen = signature(self._index_dir)
        store, manifest = open_store(self._index_dir)
        require_match(
            self._index_dir,
            manifest,
            self._encoder,
            self._normalizer,
            self._analyzer,
        )
        return _Snapshot(store, seen)


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # a forked process leaves it to its parent
        shutil.rmtree(folder, ignore_errors=True)
