"""``/v1/collections``: listing, reading and, if the settings allow it, changing documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, ParamSpec
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from cica_qa.answer.collections import Collections
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import CicaError, IndexBusyError
from cica_qa.protocols import PassageStore
from cica_qa.reports import IndexInfo
from cica_qa.serve.context import Context
from cica_qa.serve.library import EmptyCollectionError, Library
from cica_qa.serve.models import DocumentLine, DocumentModel, IndexChange, Origin
from cica_qa.serve.problems import MissingError, error_responses
from cica_qa.serve.requests import (
    DocId,
    DocumentBody,
    DocumentsRequest,
    RequestModel,
    documents_request,
)
from cica_qa.serve.workers import BusyError
from cica_qa.types import Document

P = ParamSpec("P")
_ONE = "/collections/{name}/documents/{doc_id:path}"
_MANY = "/collections/{name}/documents"
CollectionPath = Annotated[str, Path(max_length=200, description="a collection")]
DocIdPath = Annotated[DocId, Path(description="the id of a document, which may hold slashes")]


class NewTitle(RequestModel):
    """The new title of a document."""

    title: Annotated[str, Field(min_length=1, max_length=1000)]


class CollectionLine(BaseModel):
    """A collection; requests that name none use the ``default`` one.

    ``made`` says whether it was created over the network, and so can be removed.
    """

    name: str
    documents: int
    passages: int
    default: bool
    made: bool = False


class CollectionsResponse(BaseModel):
    """All collections, the default one first."""

    collections: list[CollectionLine]


class DocumentsPage(BaseModel):
    """A page of the documents, in the order they were added; ``total`` counts them all."""

    documents: list[DocumentLine]
    offset: int
    total: int


class ChangingError(BusyError):
    """Another change is in progress, in this process or another."""

    default_arabic = "يجري الآن تغيير آخر للوثائق. أعد المحاولة بعد قليل."
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            f"another change of the documents is at work; try again in {self.retry_after} s"
        )


async def _seen(request: Request) -> Collections:
    """Return the collections that a request may read."""
    context: Context = request.app.state.context
    return context.seen_by(request.scope)


SeenCollections = Annotated[Collections, Depends(_seen)]


def router(context: Context) -> APIRouter:
    """Return the routes of collections and documents."""
    routes = APIRouter(prefix="/v1", tags=["documents"])
    workers = context.workers

    async def writable(request: Request) -> None:
        context.require_write(request.scope)

    def lines(collections: Collections) -> list[CollectionLine]:
        return [_line(collections, name) for name in collections.names]

    def page(
        collections: Collections, name: str, offset: int, limit: int, search: str
    ) -> DocumentsPage:
        try:
            store = collections[name].retriever.store
        except EmptyCollectionError:
            return DocumentsPage(documents=[], offset=offset, total=0)
        ids = titles.with_words(store, search) if search.strip() else store.document_ids
        shown = ids[offset : offset + limit]
        found = [DocumentLine.of(store.document(one), _origin(store, one)) for one in shown]
        return DocumentsPage(documents=found, offset=offset, total=len(ids))

    def rename(collections: Collections, name: str, doc_id: str, title: str) -> IndexInfo:
        read(collections, name, doc_id)
        document = replace(collections[name].document(doc_id), title=title)
        return write(collections, name, [document])

    def read(collections: Collections, name: str, doc_id: str) -> DocumentModel:
        try:
            store = collections[name].retriever.store
            return DocumentModel.of(store.document(doc_id), _origin(store, doc_id))
        except KeyError as error:
            raise _missing(name, doc_id) from error

    def write(collections: Collections, name: str, documents: list[Document]) -> IndexInfo:
        return collections.add(name, documents, wait=wait, over_network=True)

    def remove(collections: Collections, name: str, doc_id: str) -> IndexInfo:
        read(collections, name, doc_id)
        return collections.delete(name, [doc_id], wait=wait)

    async def change(
        work: Callable[P, IndexInfo], *args: P.args, **kwargs: P.kwargs
    ) -> IndexChange:
        async with turns.next():
            try:
                return IndexChange.of(await workers.run(work, *args, **kwargs))
            except IndexBusyError as error:
                raise ChangingError from error

    seconds = context.settings.serve.seconds
    wait = seconds / 10  # for another process to release the index; this blocks a worker thread
    turns = _ChangeTurns(seconds)
    titles = _TitleIndex()
    errors = error_responses(404, 422, 503, 504)
    changed = {**errors, **error_responses(400, 403)}
    may = [Depends(writable)]

    @routes.get("/collections", responses=error_responses(503, 504))
    async def list_collections(seen: SeenCollections) -> CollectionsResponse:
        """List the collections."""
        return CollectionsResponse(collections=await workers.run(lines, seen))

    @routes.get(_MANY, responses=errors)
    async def list_documents(
        name: CollectionPath,
        seen: SeenCollections,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        search: Annotated[str, Query(max_length=200)] = "",
    ) -> DocumentsPage:
        """List `limit` documents of a collection, starting at `offset`.

        With `search`, only those whose title or id contains all of its words.
        """
        return await workers.run(page, seen, name, offset, limit, search)

    @routes.get(_ONE, responses=errors)
    async def get_document(
        name: CollectionPath, doc_id: DocIdPath, seen: SeenCollections
    ) -> DocumentModel:
        """Return a document with its text."""
        return await workers.run(read, seen, name, doc_id)

    @routes.put(_ONE, responses=changed, dependencies=may)
    async def put_document(
        name: CollectionPath, doc_id: DocIdPath, body: DocumentBody, seen: SeenCollections
    ) -> IndexChange:
        """Add a document, or replace the one with its id."""
        return await change(write, seen, name, [body.document(doc_id)])

    @routes.patch(_ONE, responses=changed, dependencies=may)
    async def rename_document(
        name: CollectionPath, doc_id: DocIdPath, body: NewTitle, seen: SeenCollections
    ) -> IndexChange:
        """Give a document another title."""
        return await change(rename, seen, name, doc_id, body.title)

    @routes.delete(_ONE, responses=changed, dependencies=may)
    async def delete_document(
        name: CollectionPath, doc_id: DocIdPath, seen: SeenCollections
    ) -> IndexChange:
        """Delete a document."""
        return await change(remove, seen, name, doc_id)

    async def post_documents(
        name: CollectionPath, body: DocumentsRequest, seen: SeenCollections
    ) -> IndexChange:
        """Add documents, or replace those with their ids, all in one step."""
        documents = [entry.document(entry.doc_id) for entry in body.documents]
        return await change(write, seen, name, documents)

    # FastAPI reads from the annotation what this server accepts.
    post_documents.__annotations__["body"] = documents_request(context.settings)
    routes.post(_MANY, response_model=IndexChange, responses=changed, dependencies=may)(
        post_documents
    )
    return routes


class _ChangeTurns:
    """Lets one change in at a time; those waiting occupy no worker thread."""

    def __init__(self, seconds: float) -> None:
        self._free = asyncio.Lock()
        self._seconds = seconds

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Wait for the turn. Raises ``ChangingError`` if it takes too long."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise ChangingError from error
        try:
            yield
        finally:
            self._free.release()


def _searched(text: str) -> str:
    """Return a text for comparison: no diacritics, one form of letters often confused."""
    return fold(Normalizer()(text)).lower()


class _TitleIndex:
    """The searchable titles of each generation, read once."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[PassageStore, dict[str, str]] = WeakKeyDictionary()

    def with_words(self, store: PassageStore, search: str) -> list[str]:
        """Return the ids of the documents whose title or id contains every word of ``search``."""
        if store not in self._known:
            ids = store.document_ids
            self._known[store] = {
                one: _searched(f"{store.document(one).title} {one}") for one in ids
            }
        words = _searched(search).split()
        return [one for one, text in self._known[store].items() if all(w in text for w in words)]


def _line(collections: Collections, name: str) -> CollectionLine:
    made = isinstance(collections, Library) and collections.was_made(name)
    default = name == collections.names[0]
    try:
        store = collections[name].retriever.store
    except EmptyCollectionError:
        return CollectionLine(name=name, documents=0, passages=0, default=default, made=made)
    return CollectionLine(
        name=name,
        documents=len(store.document_ids),
        passages=len(store),
        default=default,
        made=made,
    )


def _origin(store: PassageStore, doc_id: str) -> Origin:
    return "network" if doc_id in store.network else "folder"


def _missing(name: str, doc_id: str) -> CicaError:
    return MissingError(
        f"the collection {name!r} has no document {doc_id!r}; "
        f"GET /v1/collections/{name}/documents lists what it has",
        arabic="لا توجد وثيقة بهذا المعرّف.",
    )
