"""The body of an error, in the shape that the clients of its address read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    from cica_qa.serve.problems import Problem

Json = dict[str, Any]
MEDIA_TYPE = "application/problem+json"
_JSON = "application/json"
_OPENAI = ("/v1/chat/completions", "/v1/models")
_MCP = "/mcp"
_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603  # of JSON-RPC

Kind = Literal[
    "authentication_error",
    "invalid_request_error",
    "permission_error",
    "rate_limit_error",
    "server_error",
]
_KINDS: dict[int, Kind] = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_CODES = {
    401: "invalid_api_key",
    404: "model_not_found",
    429: "rate_limit_exceeded",
    503: "service_unavailable",
    504: "timeout",
}


class ErrorTold(BaseModel):
    """What is wrong, in OpenAI's words; ``arabic`` is for Arabic readers."""

    message: str
    type: Kind
    param: None = None
    code: str | None = None
    arabic: str


class ErrorBody(BaseModel):
    """An error in OpenAI's shape."""

    error: ErrorTold


def shaped(path: str, told: Problem) -> tuple[Json, str]:
    """Return what to answer at ``path``, and its media type."""
    if path in _OPENAI or path.startswith(f"{_OPENAI[1]}/"):
        return openai_error(told), _JSON
    if path == _MCP:
        return _json_rpc_error(told), _JSON
    return told.model_dump(), MEDIA_TYPE


def openai_error(told: Problem) -> Json:
    """Say it to a client of OpenAI's API."""
    kind: Kind = "invalid_request_error" if told.status < 500 else "server_error"
    error = ErrorTold(
        message=told.detail,
        type=_KINDS.get(told.status, kind),
        code=_CODES.get(told.status),
        arabic=told.arabic,
    )
    return ErrorBody(error=error).model_dump()


def _json_rpc_error(told: Problem) -> Json:
    """Say it to a client of MCP, which shows no other body; nobody has read the call's id."""
    error = {
        "code": _INVALID_REQUEST if told.status < 500 else _INTERNAL_ERROR,
        "message": f"{told.arabic}\n{told.detail}",
        "data": told.model_dump(),
    }
    return {"jsonrpc": "2.0", "id": None, "error": error}
