"""The collections and their documents: listed, read and, where it is allowed, changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, ParamSpec

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from cica_qa.answer.collections import Collections
from cica_qa.errors import CicaError, IndexBusyError
from cica_qa.protocols import PassageStore
from cica_qa.serve.context import Context
from cica_qa.serve.models import DocumentLine, DocumentModel, IndexChange, Origin
from cica_qa.serve.problems import MissingError, documented
from cica_qa.serve.requests import DocId, DocumentBody, DocumentsRequest, documents_request
from cica_qa.serve.work import BusyError
from cica_qa.types import Document, IndexInfo

P = ParamSpec("P")
_ONE = "/collections/{name}/documents/{doc_id:path}"
_MANY = "/collections/{name}/documents"
Name = Annotated[str, Path(max_length=200, description="a collection")]
Id = Annotated[DocId, Path(description="the id of a document, which may hold slashes")]


class CollectionLine(BaseModel):
    """A collection: requests that name none use the ``default`` one."""

    name: str
    documents: int
    passages: int
    default: bool


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

    def page(collections: Collections, name: str, offset: int, limit: int) -> DocumentsPage:
        store = collections[name].retriever.store
        ids = store.document_ids[offset : offset + limit]
        found = [DocumentLine.of(store.document(one), _origin(store, one)) for one in ids]
        return DocumentsPage(documents=found, offset=offset, total=len(store.document_ids))

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
    ) -> DocumentsPage:
        """List the documents of a collection, `limit` of them from number `offset` on."""
        return await workers.run(page, seen, name, offset, limit)

    @routes.get(_ONE, responses=errors)
    async def get_document(name: Name, doc_id: Id, seen: Seen) -> DocumentModel:
        """Return a document with its text."""
        return await workers.run(read, seen, name, doc_id)

    @routes.put(_ONE, responses=changed, dependencies=may)
    async def put_document(name: Name, doc_id: Id, body: DocumentBody, seen: Seen) -> IndexChange:
        """Add a document, or put it in the place of the one with its id."""
        return await change(write, seen, name, [body.document(doc_id)])

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


def _line(collections: Collections, name: str) -> CollectionLine:
    store = collections[name].retriever.store
    return CollectionLine(
        name=name,
        documents=len(store.document_ids),
        passages=len(store),
        default=name == collections.names[0],
    )


def _origin(store: PassageStore, doc_id: str) -> Origin:
    return "network" if doc_id in store.network else "folder"


def _missing(name: str, doc_id: str) -> CicaError:
    return MissingError(
        f"the collection {name!r} has no document {doc_id!r}; "
        f"GET /v1/collections/{name}/documents lists what it has",
        arabic="لا توجد وثيقة بهذا المعرّف.",
    )
