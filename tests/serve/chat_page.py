"""The requests of the chat's page, without a browser."""

from __future__ import annotations

from typing import Any

import httpx


def ask(
    client: httpx.Client, question: Any, session: str = "test", count: int = 0, **more: Any
) -> httpx.Response:
    """Send a question as the page does."""
    body = {"question": question, "conversation": session, "count": count, **more}
    return client.post("/page/ask", json=body, timeout=60)


def asked(client: httpx.Client, question: Any, session: str = "test", count: int = 0) -> str:
    """Return the HTML of the answer, or the error message for Arabic readers."""
    reply = ask(client, question, session, count)
    told = reply.json()
    return str(told["markup"] if reply.is_success else told["arabic"])
