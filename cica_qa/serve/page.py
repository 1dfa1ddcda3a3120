"""The web chat: only those of Gradio's routes that the page needs, behind the guard."""

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
    from cica_qa.serve.deferred import AppWithContext

GET = ("GET",)
ROUTES = (
    ("/", GET),
    ("/assets/{path:path}", GET),
    ("/static/{path:path}", GET),
    ("/theme.css", GET),
    ("/favicon.ico", GET),
)
"""Gradio's other routes (queue, uploads, files, direct calls, its own MCP, …) are not served: the
page uses the routes of this server."""
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
    """Return the routes of the page."""
    return [Route(path, _Page(page, context), methods=methods) for path, methods in ROUTES]


class _Page:
    """Serves the page to those who may read the first collection, and formats its errors."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. Raises ``NotAllowedError``; Gradio's errors become ``HTTPException``."""
        first = self._context.collections.names[0]
        if first not in self._context.seen_by(scope).names:
            raise NotAllowedError("this key is for other collections than the chat's")
        refused = 0
        start: Message = {}
        whole = b""

        async def send_unless_refused(message: Message) -> None:
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

        await self._app(scope, receive, send_unless_refused)
        if refused:
            raise HTTPException(refused, _REFUSED.get(refused))


async def _send_page(send: Send, start: Message, page: bytes) -> None:
    """Send the page with our own metadata: Gradio's names Gradio and links to missing files."""
    text = _THEIRS.sub("", page.decode("utf-8"))
    text = text.replace('lang="en"', 'lang="ar" dir="rtl"', 1)
    body = text.replace(_CHARSET, f"{_CHARSET}{_OURS}", 1).encode("utf-8")
    headers = MutableHeaders(raw=list(start.get("headers", ())))
    headers["Content-Length"] = str(len(body))
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


def build_chat() -> AppWithContext:
    """Build the page; return it with the context that must be open while it runs."""
    import gradio as gr

    from cica_qa.chat.app import build_page
    from cica_qa.chat.theme import page_options

    host = FastAPI()
    host.add_middleware(CORSMiddleware)  # its presence tells Gradio to leave CORS to the guard
    gr.mount_gradio_app(host, build_page(), "/", **page_options())
    (*_, mounted) = host.router.routes
    page: ASGIApp = mounted.app  # type: ignore[attr-defined]  # the last route is Gradio's mount
    return page, host.router.lifespan_context(host)
