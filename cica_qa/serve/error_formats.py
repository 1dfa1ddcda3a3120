"""The formats of errors: problem details, OpenAI's errors and JSON-RPC's, chosen by the path."""

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
_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603  # JSON-RPC error codes

OpenAIErrorType = Literal[
    "authentication_error",
    "invalid_request_error",
    "permission_error",
    "rate_limit_error",
    "server_error",
]
_ERROR_TYPES: dict[int, OpenAIErrorType] = {
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


class OpenAIError(BaseModel):
    """An error in OpenAI's terms; ``arabic`` is the message for Arabic readers."""

    message: str
    type: OpenAIErrorType
    param: None = None
    code: str | None = None
    arabic: str


class OpenAIErrorBody(BaseModel):
    """The body of an error response in OpenAI's format."""

    error: OpenAIError


def error_body(path: str, problem: Problem) -> tuple[Json, str]:
    """Return the body of an error response at ``path``, and its media type."""
    if path in _OPENAI or path.startswith(f"{_OPENAI[1]}/"):
        return openai_error(problem), _JSON
    if path == _MCP:
        return _json_rpc_error(problem), _JSON
    return problem.model_dump(), MEDIA_TYPE


def openai_error(problem: Problem) -> Json:
    """Return the body of an error response in OpenAI's format."""
    kind: OpenAIErrorType = "invalid_request_error" if problem.status < 500 else "server_error"
    error = OpenAIError(
        message=problem.detail,
        type=_ERROR_TYPES.get(problem.status, kind),
        code=_CODES.get(problem.status),
        arabic=problem.arabic,
    )
    return OpenAIErrorBody(error=error).model_dump()


def _json_rpc_error(problem: Problem) -> Json:
    """Return a JSON-RPC error, the only body that MCP clients show; the call's id is not known."""
    error = {
        "code": _INVALID_REQUEST if problem.status < 500 else _INTERNAL_ERROR,
        "message": f"{problem.arabic}\n{problem.detail}",
        "data": problem.model_dump(),
    }
    return {"jsonrpc": "2.0", "id": None, "error": error}
