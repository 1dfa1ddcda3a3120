"""What stands between the network and the app: ASGI middlewares, the outermost first.

What routes may read and write in ``scope["state"]`` (``request.state``): ``request_id``, the
name of the ``key`` that was sent (``""`` for none), ``metrics``, ``log_questions``, and ``route``
where the router does not say which it is. A route that answers calls ``log.note``, and one whose
answers come after its response ``log.tell``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cica_qa.serve.guard.headers import HostCheck, ResponseHeaders
from cica_qa.serve.guard.keys import KeyCheck, Keys
from cica_qa.serve.guard.limits import BodyLimit, RateLimit
from cica_qa.serve.guard.log import AccessLog
from cica_qa.serve.guard.metrics import Metrics
from cica_qa.serve.guard.names import host_names, web_origins
from cica_qa.serve.guard.origins import OriginCheck

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from cica_qa.serve.context import Context

__all__ = ["protected"]


def protected(app: ASGIApp, context: Context) -> ASGIApp:
    """Wrap the whole app: chat, MCP and static files too.

    Raises ``SettingsError`` where ``serve.keys``, ``serve.origins`` or ``serve.hosts`` hold what
    they cannot.
    """
    settings = context.settings.serve
    app = RateLimit(app, settings.per_minute)
    app = KeyCheck(app, Keys(settings.keys))
    app = BodyLimit(app, settings.max_body_bytes, settings.seconds)
    app = OriginCheck(app, web_origins(settings.origins))
    app = HostCheck(app, host_names(settings.hosts))
    app = ResponseHeaders(app)
    return AccessLog(app, Metrics(context.workers), settings.log_questions)
