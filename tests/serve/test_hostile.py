"""After five hundred hostile requests, the server still answers questions."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from mcp.client import Client

from cica_qa.answer.collections import Collections

REQUESTS = 500
QUESTION = "أين يقع مقر الأمانة العامة؟"
PATHS = (
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/v1/collections/../../../etc/passwd/documents",
    "/v1/collections/%2e%2e%2f%2e%2e%2fetc/documents",
    "/v1/collections/cica/documents/..%2f..%2f..%2fetc%2fpasswd",
    "/v1/collections/cica/documents/%00",
    "/v1/collections/cica/documents/%ff%fe",
    "/v1/models/../../../../etc/passwd",
    "//etc/passwd",
    "/\\..\\..\\windows\\win.ini",
    "/" + "a/" * 2000,
    "/?" + "x=1&" * 5000,
)
ROUTES = ("/v1/ask", "/v1/search", "/v1/chat/completions", "/mcp")
VALUES = (
    b"\xff\xfe\xfa",
    b'{"question": "\xd8"}',
    b'{"question": "\\ud800"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"nul",
    b"",
    b"\x00" * 1000,
    json.dumps({"question": QUESTION, "k": 10**400}).encode(),
    json.dumps({"question": QUESTION, "k": 1_000_000}).encode(),
    json.dumps({"query": QUESTION, "k": -(10**30)}).encode(),
    b'{"query": "x", "k": 1e999}',
    b'{"query": "x", "k": NaN}',
    json.dumps({"queries": [QUESTION] * 5000}).encode(),
    json.dumps({"question": "س" * 300_000}).encode(),
    json.dumps({"question": QUESTION, "history": [{"question": "x"}] * 9000}).encode(),
    json.dumps({"messages": [{"role": "user", "content": "x"}] * 9000, "n": 10**9}).encode(),
    json.dumps({"question": QUESTION, "collection": "../../etc"}).encode(),
    json.dumps({"query": QUESTION, "documents": ["../" * 999]}).encode(),
    b'{"question": ' + b"9" * 100_000 + b"}",
)
HEADERS = (
    b"X: " + b"a" * 200_000,
    b"\r\n".join(b"X-%d: a" % at for at in range(5000)),
    b"Content-Length: 99999999999999999999",
    b"Content-Length: -1",
    b"Content-Length: 3\r\nContent-Length: 4",
    b"Transfer-Encoding: chunked\r\nContent-Length: 4",
    b"Host: example.org",
    b"Authorization: Bearer \xff\xff",
    b"X-Request-ID: a\x0bb\xc3\xa9",
    b"Origin: https://example.org",
)


def attacks(rng: random.Random) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes to send, and what to do then: read, half close or hang up."""
    while True:
        kind, after = rng.randrange(4), rng.choice(("read", "read", "half", "leave"))
        if kind == 0:
            method = rng.choice(("GET", "POST", "DELETE", "PUT", "TRACE", "\x00", "CONNECT"))
            yield (
                f"{method} {rng.choice(PATHS)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode(),
                after,
            )
        elif kind == 1:
            body = rng.choice(VALUES)
            yield _post(rng.choice(ROUTES), b"Content-Length: %d" % len(body)) + body, after
        elif kind == 2:
            yield _post(rng.choice(ROUTES), rng.choice(HEADERS)) + b"{}", after
        else:  # a body that stops halfway
            cut = rng.randrange(1, 60)
            body = json.dumps({"question": QUESTION}).encode()
            yield _post("/v1/ask", b"Content-Length: %d" % len(body)) + body[:cut], "leave"


def _post(path: str, headers: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + headers + b"\r\n\r\n"


def status_of(where: tuple[str, int], sent: bytes, after: str) -> int:
    """Return the status of the response to an attack; 0 if the connection just ends."""
    with socket.create_connection(where, timeout=60) as connection:
        try:
            connection.sendall(sent)
            if after == "leave":
                return 0
            if after == "half":
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(3)  # the server may wait for more
            line = connection.recv(64)
        except OSError:
            return 0
    return int(line.split()[1]) if line.startswith(b"HTTP/") else 0


def test_five_hundred_hostile_requests(base_url: str, collections: Collections) -> None:
    parts = urlsplit(base_url)
    where = (str(parts.hostname), int(parts.port or 0))
    rng = random.Random(7)
    chosen = [one for one, _ in zip(attacks(rng), range(REQUESTS), strict=False)]
    with ThreadPoolExecutor(16) as pool:
        seen = Counter(pool.map(lambda one: status_of(where, *one), chosen))
    assert sum(seen.values()) == REQUESTS
    assert {status for status in seen if status >= 500} <= {503}
    assert sum(count for status, count in seen.items() if 400 <= status < 500) > REQUESTS / 4
    assert httpx.get(f"{base_url}/healthz").status_code == 200
    reply = httpx.post(f"{base_url}/v1/ask", json={"question": QUESTION}, timeout=60)
    assert reply.json()["text"] == collections[""].ask(QUESTION).text


TOO_MANY = "k: input should be less than or equal to 50"
TOO_FEW = "k: input should be greater than or equal to 1"
NO_NUMBER = "k: input should be a valid integer"
K = [
    *((k, TOO_MANY) for k in (51, 5000, 10**9, 2**31, 2**63, 2**64, 10**400)),
    *((k, TOO_FEW) for k in (0, -1, -(2**63), -(10**400))),
    (1e308, NO_NUMBER),
    ("5000", NO_NUMBER),
    ([5000], NO_NUMBER),
]


@pytest.mark.parametrize(("k", "told"), K, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize(("path", "field"), [("/v1/ask", "question"), ("/v1/search", "query")])
def test_an_excessive_k_is_refused(
    base_url: str, path: str, field: str, k: object, told: str
) -> None:
    reply = httpx.post(f"{base_url}{path}", json={field: QUESTION, "k": k}, timeout=60)
    assert reply.status_code == 422
    assert reply.json()["detail"] == told
    assert reply.json()["arabic"] == "في الطلب قيمة غير صالحة."
    streamed = {"Accept": "text/event-stream"}
    again = httpx.post(
        f"{base_url}{path}", json={field: QUESTION, "k": k}, headers=streamed, timeout=60
    )
    assert (again.status_code, again.json()["detail"]) == (422, told)


def test_an_excessive_k_is_harmless_over_mcp_and_openai(base_url: str) -> None:
    async def use_tools() -> None:
        async with Client(f"{base_url}/mcp") as client:
            for k, told in ((5000, TOO_MANY), (10**400, TOO_MANY), (0, TOO_FEW), (-5, TOO_FEW)):
                for tool, field in (("ask", "question"), ("search", "query")):
                    failed = await client.call_tool(tool, {field: QUESTION, "k": k})
                    assert failed.is_error
                    assert failed.content[0].text == f"في الطلب قيمة غير صالحة.\n{told}"

    asyncio.run(use_tools())
    messages = [{"role": "user", "content": QUESTION}]
    body = {"messages": messages, "k": 10**9, "max_tokens": 10**9, "top_logprobs": 10**9}
    reply = httpx.post(f"{base_url}/v1/chat/completions", json=body, timeout=60)
    assert len(reply.json()["choices"][0]["message"]["annotations"]) < 10
    several = httpx.post(f"{base_url}/v1/chat/completions", json={**body, "n": 10**9}, timeout=60)
    assert several.status_code == 422
    assert several.json()["error"]["message"] == "n: input should be less than or equal to 1"


@pytest.mark.parametrize("path", PATHS)
def test_no_path_escapes_its_folder(base_url: str, path: str) -> None:
    parts = urlsplit(base_url)
    sent = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{parts.port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), 60) as connection:
        connection.sendall(sent.encode())
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"root:" not in said
    assert int(said.split()[1]) in (400, 404, 414, 422, 431)
