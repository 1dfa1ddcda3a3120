"""The web pages that may use the server: cross-site requests of browsers are refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from cica_qa.errors import SettingsError
from cica_qa.serve.guard.hosts import ascii_name
from cica_qa.serve.guard.refusals import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_ORIGIN = re.compile(r"(https?)://([^/?#@\s:\[\]]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_FOREIGN = "this page may not ask; if it is one of yours, name its origin in serve.origins"
_ARABIC = "لا يُسمح لهذه الصفحة بأن تسأل هذا الخادم."


class OriginCheck:
    """Admits requests from the server's own pages and from those of ``serve.origins``.

    Pages of other sites may only link here: following a link to the chat opens it.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if self._is_foreign(scope, Headers(scope=scope)):
            await refuse(scope, receive, send, 403, _FOREIGN, _ARABIC)
        else:
            await self._app(scope, receive, send)

    def _is_foreign(self, scope: Scope, headers: Headers) -> bool:
        origins, site = headers.getlist("origin"), headers.get("sec-fetch-site")
        if len(origins) > 1:
            return True
        if origins and origins[0] in self._origins:
            return False
        if site is not None:  # pages cannot set it, and it is right even if a proxy changes Host
            return site not in ("same-origin", "none") and not _is_navigation(scope, headers)
        host = headers.get("host", "").lower()
        return bool(origins) and origins[0].lower() not in (f"http://{host}", f"https://{host}")


def parse_origins(lines: Iterable[str]) -> frozenset[str]:
    """Return ``serve.origins`` as browsers send them in ``Origin``. Raises ``SettingsError``."""
    origins = set()
    for line in lines:
        found = _ORIGIN.fullmatch(line)
        name = found and ascii_name(found[2])
        if not found or not name or "*" in name:
            raise SettingsError(
                f"setting 'serve.origins': {line!r} is no web origin; give scheme, host and, "
                "where it is not the usual one, port: 'https://app.example.org'"
            )
        port = found[3] or ""
        origins.add(f"{found[1]}://{name}{'' if port == _DEFAULT_PORTS[found[1]] else port}")
    return frozenset(origins)


def _is_navigation(scope: Scope, headers: Headers) -> bool:
    """Return whether the user follows a link into a window, not into a frame."""
    fetch = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
    return scope["method"] == "GET" and fetch == ("navigate", "document")
