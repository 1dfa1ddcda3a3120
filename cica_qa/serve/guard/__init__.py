"""What stands between the network and the app: ASGI middlewares, the outermost last.

What routes may read and write in ``scope["state"]`` (``request.state``): ``request_id``, the
name of the ``key`` that was sent (``""`` for none), ``collections``, the names of those that it
is for (None for all), ``metrics``, ``log_questions``, and ``route`` where the router does not say
which it is. ``scope["auth"].scopes`` says what the key may do. A route that answers calls
``log.note``, and one whose answers come after its response ``log.tell``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from cica_qa.serve.guard.headers import ResponseHeaders
from cica_qa.serve.guard.hosts import HostCheck, host_names
from cica_qa.serve.guard.limits import BodyTime, ForFiles, RateLimit
from cica_qa.serve.guard.log import AccessLog
from cica_qa.serve.guard.metrics import Metrics
from cica_qa.serve.guard.refuse import Shaped
from cica_qa.serve.guard.sites import SiteCheck, web_origins
from cica_qa.serve.guard.who import KeyCheck, refused
from cica_qa.serve.keys import Keys

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from cica_qa.serve.context import Context

__all__ = ["protected"]

_READABLE = ("X-Request-ID", "Retry-After", "Mcp-Session-Id")


def protected(app: ASGIApp, context: Context) -> AccessLog:
    """Wrap the whole app: chat, MCP and static files too.

    Raises ``SettingsError`` where ``serve.keys``, ``serve.origins`` or ``serve.hosts`` hold what
    they cannot.
    """
    settings = context.settings.serve
    origins = web_origins(settings.origins)
    keys = Keys(settings.keys, settings.keys_file)
    guarded: ASGIApp = ForFiles(
        BodyTime(app, settings.file_seconds), BodyTime(app, settings.seconds)
    )
    guarded = RateLimit(guarded, settings.per_minute)
    guarded = AuthenticationMiddleware(
        guarded, KeyCheck(keys, settings.refused_per_minute), refused
    )
    guarded = ForFiles(
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
    guarded = SiteCheck(guarded, origins)
    guarded = HostCheck(guarded, host_names(settings.hosts))
    guarded = Shaped(guarded)
    guarded = ResponseHeaders(guarded)
    return AccessLog(guarded, app, Metrics(context.workers), settings.log_questions)
