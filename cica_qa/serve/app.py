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
    page_questions,
    rating,
    rest,
    sources,
    telemetry,
)
from cica_qa.serve.context import Context
from cica_qa.serve.deferred import AppWithContext, DeferredApp, started
from cica_qa.serve.guard import metrics, protect
from cica_qa.serve.guard.limits import OPEN_PATHS
from cica_qa.serve.jobs import Jobs
from cica_qa.serve.keys import KeyRing
from cica_qa.serve.problems import Problem, error_responses, handle_problems
from cica_qa.serve.workers import Workers
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
    """Return the server; ``app.state`` holds ``collections``, ``workers`` and ``settings``.

    ``api`` adds REST, OpenAI's routes, MCP, health checks and metrics. ``chat`` adds the web chat
    at ``/``, over the first collection, with ``examples`` as the questions it offers. MCP and the
    chat take seconds to import, so they are built once the server listens; requests that arrive
    earlier wait for them. One guard protects everything.
    """
    context = Context(collections, Workers(settings.serve), settings)
    tools = DeferredApp("MCP", lambda: _tools(context))
    suggestions = Suggestions(examples)
    jobs = Jobs()
    shown = DeferredApp("the chat", lambda: page.build_chat())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with started([*([tools] if api else ()), *([shown] if chat else ())]):
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
        app.include_router(page_questions.router(context, suggestions))
        app.include_router(sources.router(context))
        app.include_router(rating.router(context))
        app.router.routes += page.routes(shown, context)
    app.router.routes.append(Route("/{path:path}", _NoRoute(app.router.routes[:], api)))
    app.state.page = shown
    app.state.stop_waiting = lambda: shown.app and shown.app.stop_event.set()
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]  # FastAPI's documented way
    send_the_rest = telemetry.instrument(app)
    # Middlewares that are added to an app do not wrap its handler of unexpected errors.
    app.state.access = protect(app.build_middleware_stack(), context)
    app.middleware_stack = app.state.access
    return app


def _tools(context: Context) -> AppWithContext:
    from cica_qa.serve.mcp import mcp_app

    tools, around = mcp_app(context)
    return tools, around()


class _NoRoute:
    """The route of last resort: answers 404, or 405 where only the method is wrong."""

    def __init__(self, routes: Sequence[BaseRoute], described: bool) -> None:
        self._routes = routes
        self._hint = "; see GET /openapi.json" if described else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raise an ``HTTPException``: 404, or 405 with the methods that the address takes."""
        allowed = [method for method in _METHODS if self._takes({**scope, "method": method})]
        if not allowed:
            raise HTTPException(404, f"there is nothing at this address{self._hint}")
        methods = ", ".join(allowed)
        raise HTTPException(405, f"this address takes {methods}", {"Allow": methods})

    def _takes(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI schema, including the guard's refusals and the keys it accepts."""
    if app.openapi_schema:
        return app.openapi_schema
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    serve = app.state.settings.serve
    locked = bool(KeyRing(serve.keys, serve.keys_file))
    parts = described["components"]
    parts["schemas"]["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    refusals = {
        str(status): response for status, response in error_responses(401, 403, 429).items()
    }
    for path, item in described["paths"].items():
        if path in OPEN_PATHS:
            continue
        for operation in item.values():
            operation["security"] = [{"key": []}] if locked else []
            operation["responses"] = {**refusals, **operation["responses"]}
    app.openapi_schema = described
    return described
