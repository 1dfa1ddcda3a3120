"""The host names the server answers to, as a defence against DNS rebinding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware

from cica_qa.errors import SettingsError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_NAME = re.compile(r"[a-z0-9._-]{1,253}")
_ADDRESS = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([0-9.]{7,15}))(?::[0-9]{1,5})?")


class HostCheck:
    """Admits requests for ``localhost``, for a name of ``serve.hosts`` and for IP addresses.

    An IP address is safe because, unlike a name, nobody else can point it at this server.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._named = TrustedHostMiddleware(app, ["localhost", *hosts], www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        by_address = _is_address(Headers(scope=scope).get("host", ""))
        await (self._app if by_address else self._named)(scope, receive, send)


def parse_hosts(lines: Iterable[str]) -> list[str]:
    """Return the names of ``serve.hosts``, without ports, in ASCII. Raises ``SettingsError``."""
    names = []
    for line in lines:
        name = ascii_name(line)
        if name is None or not _NAME.fullmatch(name):
            raise SettingsError(
                f"setting 'serve.hosts': {line!r} is no host name; give names without scheme "
                "and port, for example 'qa.example.org'"
            )
        names.append(name)
    return names


def ascii_name(name: str) -> str | None:
    """Return a host name in ASCII, as clients send it (IDNA); None if it is not a valid name."""
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


def _is_address(host: str) -> bool:
    found = _ADDRESS.fullmatch(host.lower())
    try:
        return bool(found and ip_address(found[1] or found[2]))
    except ValueError:
        return False
