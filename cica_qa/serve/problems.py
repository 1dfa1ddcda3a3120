"""Error responses: problem details (RFC 9457) with a text for Arabic readers."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from cica_qa.errors import (
    CicaError,
    CollectionError,
    DocumentError,
    FilterError,
    IndexStoreError,
    ModelError,
    QuestionError,
    SettingsError,
)
from cica_qa.serve.error_formats import MEDIA_TYPE, error_body
from cica_qa.serve.workers import BusyError, TooSlowError

log = logging.getLogger(__name__)


class NotAllowedError(CicaError):
    """The client may not do this (HTTP 403)."""

    default_arabic = "لا يُسمح بهذا الطلب."


class MissingError(CicaError, LookupError):
    """Something that the request names does not exist (HTTP 404)."""

    default_arabic = "لا يوجد شيء في هذا العنوان."


_STATUS: tuple[tuple[type[CicaError], int], ...] = (
    (QuestionError, 422),
    (FilterError, 422),
    (SettingsError, 422),
    (NotAllowedError, 403),
    (CollectionError, 404),
    (MissingError, 404),
    (DocumentError, 422),
    (BusyError, 503),
    (TooSlowError, 504),
    (IndexStoreError, 503),
    (ModelError, 503),
)
_FOR_THE_LOG = (IndexStoreError, ModelError, OSError)
"""Errors whose messages name folders of this machine: they go to the log, not to the client."""
_LOGGED = {
    503: "the documents cannot be read or changed now; the server's log tells more",
    500: "unexpected error; the server's log tells more",
}
_ARABIC = {
    400: "تعذّر فهم الطلب. راجع صيغته من فضلك.",
    401: "هذا الخادم يطلب مفتاحًا، ولم يصله مفتاح صالح.",
    403: NotAllowedError.default_arabic,
    404: MissingError.default_arabic,
    405: "لا يُقبل هذا النوع من الطلبات في هذا العنوان.",
    408: "تأخر وصول الطلب. أعد إرساله من فضلك.",
    413: "الطلب أكبر من المسموح.",
    415: "نوع المحتوى غير مدعوم. أرسل الطلب بصيغة JSON.",
    422: "في الطلب قيمة غير صالحة.",
    429: "كثرت الطلبات. أعد المحاولة بعد قليل.",
    431: "ترويسات الطلب أطول من المسموح.",
    503: "الخادم غير متاح الآن. أعد المحاولة بعد قليل.",
    504: TooSlowError.default_arabic,
}
DETAILS = {  # better texts for the bare messages of FastAPI and Starlette
    "There was an error parsing the body": "the body cannot be read; send JSON, in UTF-8",
    "Invalid host header": (
        "this server does not answer to the name in Host; name it in serve.hosts"
    ),
    "Content Too Large": (
        "the request is larger than the server takes (serve.max_body_bytes); send less at once"
    ),
}
_NO_OBJECT = ("missing", "model_attributes_type")  # pydantic's types for a body that is no object
_MAX_ERRORS, _MAX_NAME_CHARS = 10, 100  # how much of an invalid request is reported
_UNEXPECTED = "حدث خطأ غير متوقع في الخادم."


class Problem(BaseModel):
    """The body of a response that is an error (``application/problem+json``)."""

    type: str = Field(
        default="about:blank", description="what kind of problem; `title` says it in words"
    )
    title: str = Field(description="the kind of problem, the same for all of its kind")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what is wrong with this request and what to do next")
    arabic: str = Field(description="the same for Arabic readers")
    request_id: str = Field(
        default="", description="the id under which the server's log tells more"
    )


def problem(status: int, detail: str, arabic: str = "", request_id: str = "") -> Problem:
    """Return a problem; ``arabic`` defaults to the text for the status."""
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        arabic=arabic or _ARABIC.get(status, _UNEXPECTED),
        request_id=request_id,
    )


def problem_of(error: Exception, request_id: str = "") -> Problem:
    """Return the problem that describes an error.

    Unexpected errors, and those that name folders, are logged and reported without details.
    """
    if isinstance(error, CicaError):
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        detail = str(error)
        if isinstance(error, _FOR_THE_LOG):
            log.error("request %s: %s", request_id or "-", error, extra={"request_id": request_id})
            detail = _LOGGED[status]
        return problem(status, detail, error.arabic, request_id)
    if isinstance(error, RequestValidationError):
        return problem(422, explain(error.errors()), request_id=request_id)
    if isinstance(error, HTTPException):
        detail = DETAILS.get(str(error.detail), str(error.detail))
        return problem(error.status_code, detail, request_id=request_id)
    return unexpected(error, request_id)


def unexpected(error: Exception, request_id: str) -> Problem:
    """Log an unexpected error and return a problem without its details."""
    message = "unexpected error in request %s"
    extra = {"request_id": request_id}
    log.error(message, request_id or "-", exc_info=error, extra=extra)
    return _unexpected(request_id)


def _unexpected(request_id: str) -> Problem:
    return problem(500, _LOGGED[500], _UNEXPECTED, request_id)


def explain(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return pydantic's errors as a sentence that does not repeat the values sent."""
    lines = []
    for error in errors[:_MAX_ERRORS]:
        if error["type"] == "json_invalid":
            return f"the body is not JSON: {error['ctx']['error']} at character {error['loc'][-1]}"
        where = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
        message = str(error["msg"]).removeprefix("Value error, ")
        lines.append(f"{where[:_MAX_NAME_CHARS]}: {message[:1].lower()}{message[1:]}")
        if where == "body" and error["type"] in _NO_OBJECT:
            lines.append("send a JSON object, with the header 'Content-Type: application/json'")
    return "; ".join(lines)


def response_of(scope: Scope, error: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response for a problem: valid UTF-8, even if the request had lone surrogates."""
    body, media_type = error_body(scope["path"], error)
    text = json.dumps(body, ensure_ascii=False)
    headers = {**(headers or {}), "Cache-Control": "no-store"}
    return Response(text.encode("utf-8", "replace"), error.status, headers, media_type)


def headers_of(error: Exception) -> dict[str, str]:
    """Return the response headers of an error, such as ``Retry-After``."""
    if isinstance(error, BusyError):
        return {"Retry-After": str(error.retry_after)}
    return dict(getattr(error, "headers", None) or {})


def request_id_of(request: Request) -> str:
    """Return the id that the guard gave a request (``scope["state"]["request_id"]``)."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def handle_problems(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem, in the format that its clients expect."""

    async def handle(request: Request, error: Exception) -> Response:
        body = problem_of(error, request_id_of(request))
        return response_of(request.scope, body, headers_of(error))

    async def answer(request: Request, _: Exception) -> Response:
        return response_of(request.scope, _unexpected(request_id_of(request)))

    for kind in (CicaError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
    # Starlette raises it again after the response, so that the guard can log it.
    app.add_exception_handler(Exception, answer)


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of error responses for OpenAPI."""
    return {status: _described(status) for status in sorted(statuses)}


def _described(status: int) -> dict[str, Any]:
    shown = problem(status, "what is wrong, and what to do next", "", "0b1c…")
    return {
        "description": HTTPStatus(status).phrase,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": shown.model_dump(),
            }
        },
    }
