"""The server in one ASGI application: REST, OpenAI-compatible routes, MCP and the chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from cica_qa.answer.collections import Collections
from cica_qa.chat.suggest import Suggestions
from cica_qa.serve import (
    documents,
    files,
    health,
    openai,
    page,
    rating,
    rest,
    sources,
    talk,
    telemetry,
)
from cica_qa.serve.context import Context
from cica_qa.serve.guard import metrics, protected
from cica_qa.serve.guard.limits import OPEN_PATHS
from cica_qa.serve.jobs import Jobs
from cica_qa.serve.keys import Keys
from cica_qa.serve.later import Later, Made, opened
from cica_qa.serve.problems import Problem, documented, handle_problems
from cica_qa.serve.work import Workers
from cica_qa.settings import Settings
from cica_qa.version import __version__

_ABOUT = """\
Ask Arabic documents questions; get short answers cited to the exact characters.

Offsets count Unicode code points of a document's text. Every error is a problem (RFC 9457), or has
OpenAI's shape at its routes, with a text for Arabic readers."""
_METHODS = ("GET", "POST", "PUT", "DELETE")


def create_app(
    collections: Collections,
    settings: Settings,
    *,
    api: bool = True,
    chat: bool = True,
    examples: Sequence[str] = (),
) -> FastAPI:
    """Put the server together; its ``state`` has ``collections``, ``workers`` and ``settings``.

    With ``api`` it answers REST, OpenAI's clients, MCP and who looks after it; with ``chat`` the
    web chat is at ``/``, over the first collection, and ``examples`` are the questions that it
    offers. MCP and the chat, which take seconds to import, are put together once the app runs:
    what is asked of them until then waits. One guard stands around all of it.
    """
    context = Context(collections, Workers(settings.serve), settings)
    tools = Later("MCP", lambda: _tools(context))
    suggestions = Suggestions(examples)
    jobs = Jobs()
    shown = Later("the chat", lambda: page.made())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with opened([*([tools] if api else ()), *([shown] if chat else ())]):
            yield
        suggestions.close()
        await asyncio.to_thread(jobs.close)
        await context.workers.close()
        await asyncio.to_thread(send_the_rest)

    app = FastAPI(
        title="CICA-QA",
        version=__version__,
        description=_ABOUT,
        openapi_url="/openapi.json" if api else None,
        docs_url=None,  # its page needs the internet
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.context = context
    app.state.collections = collections
    app.state.workers = context.workers
    app.state.settings = settings
    handle_problems(app)
    if api:
        for part in (health, metrics, rest, openai):
            app.include_router(part.router(context))
    app.include_router(documents.router(context))
    app.include_router(files.router(context, jobs))
    if api:
        app.router.routes.append(Route("/mcp", tools))
    if chat:
        app.include_router(talk.router(context, suggestions))
        app.include_router(sources.router(context))
        app.include_router(rating.router(context))
        app.router.routes += page.routes(shown, context)
    app.router.routes.append(Route("/{path:path}", _Nowhere(app.router.routes[:], api)))
    app.state.page = shown
    app.state.stop_waiting = lambda: shown.app and shown.app.stop_event.set()
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]
    send_the_rest = telemetry.instrument(app)
    # Around what answers unexpected errors too, which no added middleware is.
    app.state.access = protected(app.build_middleware_stack(), context)
    app.middleware_stack = app.state.access
    return app


def _tools(context: Context) -> Made:
    from cica_qa.serve.mcp import mcp_app

    tools, around = mcp_app(context)
    return tools, around()


class _Nowhere:
    """Answers requests that match no route."""

    def __init__(self, routes: Sequence[BaseRoute], described: bool) -> None:
        self._routes = routes
        self._hint = "; see GET /openapi.json" if described else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say that the address is unknown, or which methods it takes."""
        allowed = [method for method in _METHODS if self._takes({**scope, "method": method})]
        if not allowed:
            raise HTTPException(404, f"there is nothing at this address{self._hint}")
        methods = ", ".join(allowed)
        raise HTTPException(405, f"this address takes {methods}", {"Allow": methods})

    def _takes(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Describe the routes, with what the guard around them may answer and the keys it takes."""
    if app.openapi_schema:
        return app.openapi_schema
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    serve = app.state.settings.serve
    locked = bool(Keys(serve.keys, serve.keys_file))
    parts = described["components"]
    parts["schemas"]["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    refusals = {str(status): told for status, told in documented(401, 403, 429).items()}
    for path, item in described["paths"].items():
        if path in OPEN_PATHS:
            continue
        for operation in item.values():
            operation["security"] = [{"key": []}] if locked else []
            operation["responses"] = {**refusals, **operation["responses"]}
    app.openapi_schema = described
    return described
