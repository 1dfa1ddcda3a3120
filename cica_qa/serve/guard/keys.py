"""Keys: who may ask. The settings hold only their SHA-256, so that they give no key away."""

from __future__ import annotations

import binascii
import hmac
import re
import secrets
from base64 import b64decode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from cica_qa.errors import SettingsError
from cica_qa.serve.guard.refuse import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "cq_"
OPEN_PATHS = ("/healthz", "/readyz")
"""What answers without a key."""
_LINE = re.compile(r"([\w.-]{1,64}):([0-9a-f]{64})")
_LONGEST = 200  # bytes of what may be a key
_MOST = 4  # keys of a request that are looked at
_CHALLENGES = ('Basic realm="cica-qa", charset="UTF-8"', 'Bearer realm="cica-qa"')
_DETAIL = (
    "a key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY', or as the "
    "password when the browser asks. 'cica-qa key NAME' makes one."
)


def new_key() -> str:
    """Return a new random key of 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def line_of(name: str, key: str) -> str:
    """Return the line for ``serve.keys``. Raises ``SettingsError`` for a name it cannot hold."""
    line = f"{name}:{_digest(key.encode())}"
    if not _LINE.fullmatch(line):
        raise SettingsError(
            f"{name!r} cannot name a key; take up to 64 letters, digits, dots, _ and -"
        )
    return line


class Keys:
    """The keys of ``serve.keys``. Two keys may have one name, so that a key can be changed."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read lines ``name:sha256``. Raises ``SettingsError``, which repeats no line."""
        self._known: list[tuple[str, str]] = []
        for number, line in enumerate(lines, 1):
            found = _LINE.fullmatch(line)
            if not found:
                raise SettingsError(
                    f"setting 'serve.keys': entry {number} is no line of the form NAME:SHA256; "
                    "'cica-qa key NAME' makes a key and its line"
                )
            self._known.append((found[1], found[2]))

    def __bool__(self) -> bool:
        return bool(self._known)

    def name_of(self, key: bytes) -> str | None:
        """Return the name of a key. It takes the same time for every key, known or not."""
        digest, name = _digest(key), None
        for known_name, known in self._known:
            if hmac.compare_digest(known, digest):
                name = known_name
        return name


class KeyCheck:
    """Lets in who has a key, where there are keys; ``state["key"]`` is its name."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        sent = islice(keys_sent(scope["headers"]), _MOST)
        names = [self._keys.name_of(key) for key in sent]
        name = next((name for name in names if name is not None), None)
        scope.setdefault("state", {})["key"] = name or ""
        if self._keys and name is None and not is_open(scope):
            await refuse(scope, receive, send, 401, _DETAIL, challenges=_CHALLENGES)
        else:
            await self._app(scope, receive, send)


def is_open(scope: Scope) -> bool:
    """Whether the request is for what anybody may see: whether the server lives."""
    return scope["type"] == "http" and scope["path"] in OPEN_PATHS


def keys_sent(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yield what may be a key: bearer tokens, ``X-API-Key`` and passwords of HTTP Basic."""
    for name, value in headers:
        key: bytes | None = None
        if name == b"x-api-key":
            key = value.strip()
        elif name == b"authorization":
            scheme, _, rest = value.strip().partition(b" ")
            if scheme.lower() == b"bearer":
                key = rest.strip()
            elif scheme.lower() == b"basic":
                key = _password(rest.strip())
        if key and len(key) <= _LONGEST:
            yield key


def _password(credentials: bytes) -> bytes | None:
    try:
        pair = b64decode(credentials, validate=True)
    except binascii.Error:
        return None
    return pair.partition(b":")[2]


def _digest(key: bytes) -> str:
    return sha256(key).hexdigest()
