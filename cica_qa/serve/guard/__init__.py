"""The guard between the network and the app: a stack of ASGI middlewares.

Routes find these in ``scope["state"]`` (``request.state``): ``request_id``; ``key``, the name of
the key that was sent (``""`` for none); ``collections``, the names that the key is limited to (None
for all); and ``metrics``. They set ``route`` if the router does not. ``scope["auth"].scopes`` holds
what the key allows. A route that answers a question calls ``log.log_question``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from cica_qa.serve.guard.authentication import KeyAuthentication, refusal_response
from cica_qa.serve.guard.headers import ResponseHeaders
from cica_qa.serve.guard.hosts import HostCheck, parse_hosts
from cica_qa.serve.guard.limits import BodyTimeout, FileUploadSwitch, RateLimit
from cica_qa.serve.guard.log import AccessLog
from cica_qa.serve.guard.metrics import Metrics
from cica_qa.serve.guard.origins import OriginCheck, parse_origins
from cica_qa.serve.guard.refusals import RefusalFormatter
from cica_qa.serve.keys import KeyRing

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from cica_qa.serve.context import Context

__all__ = ["protect"]

_READABLE = ("X-Request-ID", "Retry-After", "Mcp-Session-Id")


def protect(app: ASGIApp, context: Context) -> AccessLog:
    """Wrap the whole app, including the chat, MCP and static files.

    Raises ``SettingsError`` if ``serve.keys``, ``serve.origins`` or ``serve.hosts`` is invalid.
    """
    settings = context.settings.serve
    origins = parse_origins(settings.origins)
    keys = KeyRing(settings.keys, settings.keys_file)
    guarded: ASGIApp = FileUploadSwitch(
        BodyTimeout(app, settings.file_seconds), BodyTimeout(app, settings.seconds)
    )
    guarded = RateLimit(guarded, settings.per_minute)
    guarded = AuthenticationMiddleware(
        guarded, KeyAuthentication(keys, settings.refused_per_minute), refusal_response
    )
    guarded = FileUploadSwitch(
        RequestBodyLimitMiddleware(guarded, settings.max_file_bytes),
        RequestBodyLimitMiddleware(guarded, settings.max_body_bytes),
    )
    guarded = CORSMiddleware(
        guarded,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["*"],
        expose_headers=_READABLE,
    )
    guarded = OriginCheck(guarded, origins)
    guarded = HostCheck(guarded, parse_hosts(settings.hosts))
    guarded = RefusalFormatter(guarded)
    guarded = ResponseHeaders(guarded)
    return AccessLog(guarded, app, Metrics(context.workers), settings.log_questions)
