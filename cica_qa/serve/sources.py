"""``/page/source``, ``/page/boxes`` and ``/page/picture``: the documents behind an answer."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from cica_qa.chat.sources import name
from cica_qa.chat.whole import whole
from cica_qa.errors import UnreadableError
from cica_qa.serve.problems import MissingError
from cica_qa.types import Document

if TYPE_CHECKING:
    from cica_qa.answer.pipeline import Pipeline
    from cica_qa.serve.context import Context

_MAX_FILE_BYTES = 200_000_000
_GONE = "الوثيقة لم تعد موجودة."
_NO_PICTURE = "لا صورة لهذه الصفحة."

CollectionQuery = Annotated[str, Query(max_length=200)]
DocIdQuery = Annotated[str, Query(min_length=1, max_length=500)]
Offset = Annotated[int, Query(ge=0, le=2**40)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


def router(context: Context) -> APIRouter:
    """Return the routes that show documents."""
    routes = APIRouter(prefix="/page", include_in_schema=False)
    run = context.workers.run

    @routes.get("/source")
    async def source(
        request: Request,
        id: DocIdQuery,
        collection: CollectionQuery = "",
        start: Offset = 0,
        end: Offset = 0,
    ) -> dict[str, Any]:
        """Return a document as HTML with the cited text marked."""
        pipeline = context.seen_by(request.scope)[collection]
        return await run(_shown, context, pipeline, id, start, end)

    @routes.get("/boxes")
    async def boxes(
        request: Request,
        id: DocIdQuery,
        page: PageNumber,
        collection: CollectionQuery = "",
        start: Offset = 0,
        end: Offset = 0,
    ) -> dict[str, Any]:
        """Return the boxes of the cited words on a page of a PDF."""
        pipeline = context.seen_by(request.scope)[collection]
        return await run(_boxes, context, pipeline, id, page, start, end)

    @routes.get("/picture")
    async def picture(
        request: Request, id: DocIdQuery, page: PageNumber, collection: CollectionQuery = ""
    ) -> Response:
        """Return a page of a PDF as a PNG image."""
        pipeline = context.seen_by(request.scope)[collection]
        png = await run(_picture, context, pipeline, id, page)
        return Response(png, media_type="image/png", headers={"Cache-Control": "private"})

    return routes


def _document(pipeline: Pipeline, doc_id: str) -> Document:
    try:
        return pipeline.document(doc_id)
    except KeyError as error:
        raise MissingError(f"there is no document {doc_id!r} any more", arabic=_GONE) from error


def _shown(
    context: Context, pipeline: Pipeline, doc_id: str, start: int, end: int
) -> dict[str, Any]:
    document = _document(pipeline, doc_id)
    shown = whole(document, start, end)
    page = next((one.label for one in document.pages if one.start <= start < one.end), "1")
    has_picture = page.isdecimal() and _file_of(context, pipeline, document) is not None
    return {
        "title": name(document.title or document.doc_id),
        "quote": document.text[start:end],
        "markup": shown.markup,
        "cut": shown.cut,
        "page": int(page) if page.isdecimal() else 1,
        "picture": has_picture,
    }


def _boxes(
    context: Context, pipeline: Pipeline, doc_id: str, page: int, start: int, end: int
) -> dict[str, Any]:
    from cica_qa.documents.pdf.boxes import boxes_of

    document = _document(pipeline, doc_id)
    own = next((one for one in document.pages if one.label == str(page)), None)
    cited = ""
    if own is not None:  # only the cited text that is on this page
        cited = document.text[max(start, own.start) : min(end, own.end)]
    try:
        found, pages = boxes_of(_pdf_of(context, pipeline, document), page, cited)
    except IndexError as error:
        raise MissingError(f"there is no page {page}", arabic=_NO_PICTURE) from error
    return {"boxes": [astuple(box) for box in found], "pages": pages}


def _picture(context: Context, pipeline: Pipeline, doc_id: str, page: int) -> bytes:
    from cica_qa.documents.pdf.boxes import page_picture

    try:
        return page_picture(_pdf_of(context, pipeline, _document(pipeline, doc_id)), page)
    except IndexError as error:
        raise MissingError(f"there is no page {page}", arabic=_NO_PICTURE) from error


def _pdf_of(context: Context, pipeline: Pipeline, document: Document) -> bytes:
    file = _file_of(context, pipeline, document)
    if file is None:
        raise MissingError("the file of this document is not there", arabic=_NO_PICTURE)
    data = file.read_bytes()
    if b"%PDF-" not in data[:1024]:
        raise UnreadableError("the file of this document is no PDF any more", arabic=_NO_PICTURE)
    return data


def _file_of(context: Context, pipeline: Pipeline, document: Document) -> Path | None:
    """Return the PDF that a document was read from, or None if it no longer exists.

    For a document that came over the network, only a file uploaded to its collection counts: the
    ``source`` that a client claims must never name a file of this machine.
    """
    if document.metadata.get("format") != "pdf":
        return None
    if document.doc_id in pipeline.retriever.store.network:
        return context.uploaded_file(pipeline, document.doc_id)
    file = Path(document.source)
    return file if file.is_file() and file.stat().st_size <= _MAX_FILE_BYTES else None
