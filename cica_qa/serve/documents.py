"""The collections and their documents: listed, read and, where it is allowed, changed."""

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
from cica_qa.serve.problems import MissingError, documented
from cica_qa.serve.requests import (
    DocId,
    DocumentBody,
    DocumentsRequest,
    Sent,
    documents_request,
)
from cica_qa.serve.work import BusyError
from cica_qa.types import Document

P = ParamSpec("P")
_ONE = "/collections/{name}/documents/{doc_id:path}"
_MANY = "/collections/{name}/documents"
Name = Annotated[str, Path(max_length=200, description="a collection")]
Id = Annotated[DocId, Path(description="the id of a document, which may hold slashes")]


class Title(Sent):
    """What a document is to be called."""

    title: Annotated[str, Field(min_length=1, max_length=1000)]


class CollectionLine(BaseModel):
    """A collection: requests that name none use the ``default`` one.

    ``made`` is whether it was made over the network, so that it can be removed.
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
    """Some of the documents, in the order in which they were added, and how many there are."""

    documents: list[DocumentLine]
    offset: int
    total: int


class ChangingError(BusyError):
    """Another change is at work, here or in another process."""

    default_arabic = "يجري الآن تغيير آخر للوثائق. أعد المحاولة بعد قليل."
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            f"another change of the documents is at work; try again in {self.retry_after} s"
        )


async def _seen(request: Request) -> Collections:
    """The collections that a request may read."""
    context: Context = request.app.state.context
    return context.seen_by(request.scope)


Seen = Annotated[Collections, Depends(_seen)]


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
    wait = seconds / 10  # for another process; it keeps a thread from answering questions
    turns = _Turns(seconds)
    titles = _Titles()
    errors = documented(404, 422, 503, 504)
    changed = {**errors, **documented(400, 403)}
    may = [Depends(writable)]

    @routes.get("/collections", responses=documented(503, 504))
    async def list_collections(seen: Seen) -> CollectionsResponse:
        """List the collections."""
        return CollectionsResponse(collections=await workers.run(lines, seen))

    @routes.get(_MANY, responses=errors)
    async def list_documents(
        name: Name,
        seen: Seen,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        search: Annotated[str, Query(max_length=200)] = "",
    ) -> DocumentsPage:
        """List the documents of a collection, `limit` of them from number `offset` on.

        With `search`, those whose title or id has all of its words.
        """
        return await workers.run(page, seen, name, offset, limit, search)

    @routes.get(_ONE, responses=errors)
    async def get_document(name: Name, doc_id: Id, seen: Seen) -> DocumentModel:
        """Return a document with its text."""
        return await workers.run(read, seen, name, doc_id)

    @routes.put(_ONE, responses=changed, dependencies=may)
    async def put_document(name: Name, doc_id: Id, body: DocumentBody, seen: Seen) -> IndexChange:
        """Add a document, or put it in the place of the one with its id."""
        return await change(write, seen, name, [body.document(doc_id)])

    @routes.patch(_ONE, responses=changed, dependencies=may)
    async def rename_document(name: Name, doc_id: Id, body: Title, seen: Seen) -> IndexChange:
        """Give a document another title."""
        return await change(rename, seen, name, doc_id, body.title)

    @routes.delete(_ONE, responses=changed, dependencies=may)
    async def delete_document(name: Name, doc_id: Id, seen: Seen) -> IndexChange:
        """Delete a document."""
        return await change(remove, seen, name, doc_id)

    async def post_documents(name: Name, body: DocumentsRequest, seen: Seen) -> IndexChange:
        """Add documents, or put them in the place of those with their ids, all in one step."""
        documents = [entry.document(entry.doc_id) for entry in body.documents]
        return await change(write, seen, name, documents)

    # FastAPI reads from the annotation what this server accepts.
    post_documents.__annotations__["body"] = documents_request(context.settings)
    routes.post(_MANY, response_model=IndexChange, responses=changed, dependencies=may)(
        post_documents
    )
    return routes


class _Turns:
    """One change at a time; those that wait hold no thread that could answer questions."""

    def __init__(self, seconds: float) -> None:
        self._free = asyncio.Lock()
        self._seconds = seconds

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Wait for the turn. Raises ``ChangingError`` where it takes too long to come."""
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
    """A text as it is compared: without diacritics, with one form of letters typed alike."""
    return fold(Normalizer()(text)).lower()


class _Titles:
    """The titles of the generations that are served, read once each."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[PassageStore, dict[str, str]] = WeakKeyDictionary()

    def with_words(self, store: PassageStore, search: str) -> list[str]:
        """Return the ids of the documents whose title or id has all words that are searched."""
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
