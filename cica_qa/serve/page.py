"""The web chat behind the guard: of the routes that Gradio brings, those that the page needs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cica_qa.serve.guard.log import tell
from cica_qa.serve.problems import NotAllowedError

if TYPE_CHECKING:
    from cica_qa.serve.context import Context
    from cica_qa.serve.later import Made

log = logging.getLogger(__name__)

GET, POST = ("GET",), ("POST",)
ROUTES = (
    ("/", GET),
    ("/assets/{path:path}", GET),
    ("/static/{path:path}", GET),
    ("/theme.css", GET),
    ("/favicon.ico", GET),
    ("/gradio_api/heartbeat/{session_hash}", GET),
    ("/gradio_api/queue/join", POST),
    ("/gradio_api/queue/data", GET),
)
"""All else of Gradio (uploads, files, direct calls, its own MCP, …) is not there."""
_REFUSED = {
    400: "the chat cannot read this; open its page anew",
    404: "the chat has nothing at this address",
    422: "the chat cannot read this; open its page anew",
    503: "the chat is busy; try again in a second",
}


def routes(page: ASGIApp, context: Context) -> list[Route]:
    """Return the routes of the page, to be put into the app that serves it."""
    return [Route(path, _Page(page, context), methods=methods) for path, methods in ROUTES]


class _Page:
    """The page for those who may read the first collection; it refuses as all else does."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. Raises ``HTTPException`` for what is refused."""
        first = self._context.collections.names[0]
        if first not in self._context.seen_by(scope).names:
            raise NotAllowedError("this key is for other collections than the chat's")
        refused = 0

        async def send_what_is_not(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                refused = message["status"]
            if not refused:
                await send(message)

        try:
            await self._app(scope, receive, send_what_is_not)
        except (LookupError, TypeError, ValueError) as error:  # Gradio believes its own page
            log.warning("the chat could not read a request: %r", error)
            refused = 422
        if refused:
            raise HTTPException(refused, _REFUSED.get(refused))


def made(context: Context, examples: Sequence[str]) -> Made:
    """Put the page together, over the first collection, and say what must run around it."""
    import gradio as gr

    from cica_qa.chat.app import Limits, build_chat
    from cica_qa.chat.theme import page_options

    settings = context.settings
    serve = settings.serve
    blocks = build_chat(
        context.collections[""],
        context.workers.run,
        examples=examples,
        limits=Limits(
            question_chars=settings.max_question_chars,
            turns=serve.max_history,
            at_once=serve.at_once + serve.waiting,
        ),
        on_answer=lambda answer, asked: tell(
            asked.request.scope, answer.question, answer.abstained
        ),
    )
    around = FastAPI()
    around.add_middleware(CORSMiddleware)  # which tells Gradio to leave CORS to the guard
    gr.mount_gradio_app(around, blocks, "/", **page_options())
    (*_, mounted) = around.router.routes
    page: ASGIApp = mounted.app  # type: ignore[attr-defined]
    return page, around.router.lifespan_context(around)
