"""``/v1/collections``: uploading files, and creating, removing and exporting collections."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from cica_qa.errors import CollectionError, DocumentError
from cica_qa.index.export import export_lines
from cica_qa.index.fields import without_folders
from cica_qa.serve.context import Context
from cica_qa.serve.documents import CollectionPath
from cica_qa.serve.jobs import Jobs, State
from cica_qa.serve.library import Library
from cica_qa.serve.models import ResponseModel
from cica_qa.serve.problems import MissingError, NotAllowedError, error_responses
from cica_qa.serve.quota import UploadQuota
from cica_qa.serve.requests import RequestModel

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST = 200
FileName = Annotated[str, InPath(min_length=1, max_length=500, description="the file's name")]


class JobModel(ResponseModel):
    """The progress of an uploaded file; poll it until its state is none of the first three.

    During indexing, ``stage`` is ``read``, ``encode``, ``words`` or ``write``, and ``done`` of its
    ``total`` steps are complete.
    """

    id: str
    collection: str
    name: str
    state: State
    stage: str
    done: int
    total: int
    format: str
    documents: list[str]
    notes: list[str]
    arabic: str


class NewCollection(RequestModel):
    """A request to create a collection."""

    name: Annotated[str, Field(min_length=1, max_length=64)]


class MadeCollection(BaseModel):
    """A newly created collection."""

    name: str
    state: Literal["made"] = "made"


def router(context: Context, jobs: Jobs) -> APIRouter:
    """Return the routes that upload files and that create, remove and export collections."""
    routes = APIRouter(prefix="/v1", tags=["files"])
    quota = UploadQuota(context.settings.serve)

    async def writable(request: Request) -> None:
        context.require_write(request.scope)

    def library(request: Request) -> Library:
        found = context.seen_by(request.scope)
        if not isinstance(found, Library):
            raise NotAllowedError("this server takes no files: its collections are in memory")
        return found

    may = [Depends(writable)]
    errors = error_responses(400, 403, 404, 408, 413, 422, 503)

    @routes.put(
        "/collections/{name}/files/{file_name}",
        status_code=202,
        responses=errors,
        dependencies=may,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
    )
    async def put_file(name: CollectionPath, file_name: FileName, request: Request) -> JobModel:
        """Upload a file, replacing the one with its name. It is read in the background."""
        shelf = library(request)
        shown = shown_name(file_name)
        folder = shelf.files_of(name)
        file = folder / f".{secrets.token_hex(16)}"
        length = request.headers.get("content-length", "")
        size = int(length) if length.isdecimal() else None
        await asyncio.to_thread(quota.reserve, file, size)
        try:
            await _receive(request, file)
        finally:
            quota.release(file)
        return JobModel.model_validate(jobs.begin(shelf, name or shelf.names[0], shown, file))

    @routes.get("/jobs/{job_id}", responses=error_responses(404, 422))
    async def get_job(job_id: Annotated[str, InPath(max_length=64)], request: Request) -> JobModel:
        """Return the progress of an uploaded file."""
        job = jobs.get(job_id)
        if job is None or job.collection not in context.seen_by(request.scope).names:
            raise MissingError(f"there is no job {job_id!r} any more")
        return JobModel.model_validate(job)

    @routes.post("/collections", status_code=201, responses=errors, dependencies=may)
    async def make_collection(body: NewCollection, request: Request) -> MadeCollection:
        """Create an empty collection."""
        if request.state.collections is not None:
            raise NotAllowedError("this key is for collections that are there")
        await asyncio.to_thread(library(request).make, body.name)
        return MadeCollection(name=body.name)

    @routes.delete("/collections/{name}", status_code=204, responses=errors, dependencies=may)
    async def remove_collection(name: CollectionPath, request: Request) -> Response:
        """Remove a collection created over the network, with its documents and files."""
        whole = context.collections
        if not isinstance(whole, Library):
            raise NotAllowedError("the collections of this server are in memory")
        if name not in context.seen_by(request.scope).names:
            raise CollectionError(f"there is no collection {name!r}")
        await asyncio.to_thread(whole.remove, name)
        return Response(status_code=204)

    @routes.get("/collections/{name}/export", responses=error_responses(404, 422, 503))
    async def export(name: CollectionPath, request: Request) -> StreamingResponse:
        """Return all documents as lines of JSON; uploaded as a file, they are restored exactly."""
        store = context.seen_by(request.scope)[name].retriever.store

        lines = export_lines(store, without_folders)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    return routes


def shown_name(name: str) -> str:
    """Return a file's name for display and as its document's id: no path, no invisible characters.

    Raises ``DocumentError`` if nothing of the name is left.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = " ".join(unicodedata.normalize("NFC", _CONTROL.sub("", last)).split()).lstrip(".")
    stem, dot, suffix = clean.rpartition(".")
    if len(clean) > _LONGEST:
        clean = f"{stem[: _LONGEST - 10]}{dot}{suffix[:9]}"
    if not clean:
        raise DocumentError("the file has no name; give it one", arabic="لا اسم لهذا الملف.")
    return clean


async def _receive(request: Request, file: Path) -> None:
    """Stream the body into a file; an interrupted upload leaves nothing behind."""
    is_new_folder = not file.parent.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("wb") as stream:
            async for piece in request.stream():
                await asyncio.to_thread(stream.write, piece)
    except BaseException as error:
        file.unlink(missing_ok=True)
        if is_new_folder:
            _remove_empty(file.parent)
        if isinstance(error, ClientDisconnect):
            raise DocumentError(
                "the file did not arrive whole", arabic="لم يصل الملف كاملًا."
            ) from error
        raise


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
