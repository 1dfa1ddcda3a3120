"""The web chat behind the guard: of the routes that Gradio brings, those that the page needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cica_qa.chat import texts
from cica_qa.serve.problems import NotAllowedError

if TYPE_CHECKING:
    from cica_qa.serve.context import Context
    from cica_qa.serve.later import Made

GET = ("GET",)
ROUTES = (
    ("/", GET),
    ("/assets/{path:path}", GET),
    ("/static/{path:path}", GET),
    ("/theme.css", GET),
    ("/favicon.ico", GET),
)
"""All else of Gradio (its queue, uploads, files, direct calls, its own MCP, …) is not there: the
page asks over the routes of this server."""
_REFUSED = {
    400: "the chat cannot read this; open its page anew",
    404: "the chat has nothing at this address",
    422: "the chat cannot read this; open its page anew",
    503: "the chat is busy; try again in a second",
}
_THEIRS = re.compile(
    r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*|<link rel="manifest"[^>]*>\s*'
)
_CHARSET = '<meta charset="utf-8" />'
_OURS = (
    f'<meta property="og:title" content="{texts.PAGE_TITLE}">'
    f'<meta property="og:description" content="{texts.say("subtitle")}">'
    '<meta property="og:type" content="website">'
    f'<meta name="description" content="{texts.say("subtitle")}">'
)


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
        start: Message = {}
        whole = b""

        async def send_what_is_not(message: Message) -> None:
            nonlocal refused, start, whole
            if message["type"] == "http.response.start" and message["status"] >= 400:
                refused = message["status"]
            if refused:
                return
            if scope["path"] != "/":
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
            else:
                whole += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_page(send, start, whole)

        await self._app(scope, receive, send_what_is_not)
        if refused:
            raise HTTPException(refused, _REFUSED.get(refused))


async def _send_page(send: Send, start: Message, page: bytes) -> None:
    """Send the page with a head of ours: Gradio's names itself, and links to what is not there."""
    text = _THEIRS.sub("", page.decode("utf-8"))
    text = text.replace('lang="en"', 'lang="ar" dir="rtl"', 1)
    body = text.replace(_CHARSET, f"{_CHARSET}{_OURS}", 1).encode("utf-8")
    headers = MutableHeaders(raw=list(start.get("headers", ())))
    headers["Content-Length"] = str(len(body))
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


def made() -> Made:
    """Put the page together, and say what must run around it."""
    import gradio as gr

    from cica_qa.chat.app import build_page
    from cica_qa.chat.theme import page_options

    around = FastAPI()
    around.add_middleware(CORSMiddleware)  # which tells Gradio to leave CORS to the guard
    gr.mount_gradio_app(around, build_page(), "/", **page_options())
    (*_, mounted) = around.router.routes
    page: ASGIApp = mounted.app  # type: ignore[attr-defined]
    return page, around.router.lifespan_context(around)
