"""Authentication by API key, before anything else is done for a request."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import Response

from cica_qa.serve.guard.limits import OPEN_PATHS, TokenBuckets, client_of, too_many_requests
from cica_qa.serve.keys import ApiKey, KeyRing
from cica_qa.serve.problems import problem, response_of

READ, WRITE = "read", "write"
_MAX_KEY_BYTES = 200
_MAX_KEYS = 4  # in a request
_CHALLENGES = ('Basic realm="cica-qa", charset="UTF-8"', 'Bearer realm="cica-qa"')
_DETAIL = (
    "a key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY', or as the "
    "password when the browser asks. 'cica-qa key NAME' makes one."
)


class RequestRefusedError(AuthenticationError):
    """A request is refused: it has no valid key (401), or there were too many tries (429)."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


class KeyAuthentication(AuthenticationBackend):
    """Admits requests with a valid key, or all requests if no keys are set.

    After too many tries without a valid key, an address is refused before its key is checked.
    """

    def __init__(self, keys: KeyRing, tries_per_minute: int) -> None:
        self._keys = keys
        self._tries = TokenBuckets(tries_per_minute)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        """Return the permissions and the name of the key. Raises ``RequestRefusedError``."""
        state = conn.scope.setdefault("state", {})
        state.update(key="", collections=None)
        if conn.scope["path"] in OPEN_PATHS:
            return AuthCredentials(), SimpleUser("")
        if not self._keys:
            return AuthCredentials([READ, WRITE]), SimpleUser("")
        key = self._key(conn)
        state.update(key=key.name, collections=key.collections or None)
        return AuthCredentials([READ, WRITE] if key.write else [READ]), SimpleUser(key.name)

    def _key(self, conn: HTTPConnection) -> ApiKey:
        client = client_of(conn.scope)
        if wait := self._tries.wait(client):
            raise RequestRefusedError(
                429, *too_many_requests("too many requests without a valid key", wait)
            )
        for sent in islice(keys_sent(conn.scope["headers"]), _MAX_KEYS):
            if key := self._keys.find(sent):
                return key
        self._tries.take(client)
        raise RequestRefusedError(401, _DETAIL)


def refusal_response(conn: HTTPConnection, error: AuthenticationError) -> Response:
    """Return the response to a request that is not admitted, with challenges if it is a 401."""
    if not isinstance(error, RequestRefusedError):
        raise error
    refusal = problem(error.status, str(error), "", conn.scope["state"].get("request_id", ""))
    response = response_of(conn.scope, refusal, error.headers)
    for challenge in _CHALLENGES if error.status == 401 else ():
        response.headers.append("WWW-Authenticate", challenge)
    return response


def keys_sent(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """Yield the possible keys: bearer tokens, ``X-API-Key`` and passwords of HTTP Basic."""
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
        if key and len(key) <= _MAX_KEY_BYTES:
            yield key


def _password(credentials: bytes) -> bytes | None:
    try:
        pair = b64decode(credentials, validate=True)
    except binascii.Error:
        return None
    return pair.partition(b":")[2]
