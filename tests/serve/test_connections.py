"""Connections over real sockets: timeouts, and refusals of invalid requests."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

HEAD = b"POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n"
COUNT = r'cica_qa_requests_total{route="unmatched",status="400"} (\S+)'
CLOSE = b"\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def url(hurried_url: str) -> httpx.URL:
    return httpx.URL(hurried_url)


@contextmanager
def connected(url: httpx.URL) -> Iterator[socket.socket]:
    with socket.create_connection((url.host, url.port or 80), timeout=10) as client:
        yield client


def rest(client: socket.socket) -> bytes:
    """Return everything received until the server closes."""
    got = b""
    try:
        while part := client.recv(65536):
            got += part
    except ConnectionError:
        pass
    return got


def status(client: socket.socket) -> int:
    """Read one response completely and return its status; the connection stays open."""
    got = b""
    while True:
        head, whole, body = got.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if whole and found and len(body) >= int(found[1]):
            return int(got.split()[1])
        got += client.recv(65536)


def dripping(client: socket.socket, drop: bytes) -> float:
    """Send slowly until the server closes, and return the seconds that took."""
    begun = time.monotonic()
    client.settimeout(0.05)
    while time.monotonic() - begun < 8:
        try:
            client.sendall(drop)
            if not client.recv(65536):
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    return time.monotonic() - begun


def problem(said: bytes) -> dict[str, Any]:
    """Return the problem of a refusal, after checking its format."""
    head, _, body = said.partition(b"\r\n\r\n")
    headers = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    told: dict[str, Any] = json.loads(body)
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"x-frame-options"] == b"deny"
    assert headers[b"connection"] == b"close"
    assert int(headers[b"content-length"]) == len(body)
    assert headers[b"x-request-id"].decode() == told["request_id"]
    assert int(said.split()[1]) == told["status"]
    assert told["arabic"]
    return told


def logged(caplog: pytest.LogCaptureFixture, request_id: str) -> dict[str, Any]:
    """Return the log line of a request, which may be written after its response."""
    found: list[dict[str, Any]] = []
    ends = time.monotonic() + 5
    while not found and time.monotonic() < ends:
        own = [one for one in caplog.records if one.name == "cica_qa.serve.access"]
        lines = [json.loads(one.getMessage()) for one in own]
        found = [line for line in lines if line["request_id"] == request_id]
        time.sleep(0.01)
    (line,) = found
    return line


def test_incomplete_headers_time_out(url: httpx.URL) -> None:
    begun = time.monotonic()
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(url)) for _ in range(4)]
        for client, sent in zip(clients, (b"G", HEAD[:30], HEAD + b"X: ", HEAD[:-2]), strict=True):
            client.sendall(sent)
        for client in clients:
            told = problem(rest(client))
            assert 0.5 < time.monotonic() - begun < 4
            assert (told["status"], "within 1 s" in told["detail"]) == (408, True)
            assert told["arabic"] == "تأخر وصول الطلب. أعد إرساله من فضلك."


def test_a_silent_connection_times_out(url: httpx.URL) -> None:
    with connected(url) as client:
        begun = time.monotonic()
        assert rest(client) == b""
        assert 0.5 < time.monotonic() - begun < 4


def test_slowly_dripping_headers_time_out(url: httpx.URL) -> None:
    with connected(url) as client:
        client.sendall(HEAD + b"X: ")
        assert dripping(client, b"x") < 4


@pytest.mark.parametrize("length", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"])
def test_an_unread_body_times_out(url: httpx.URL, length: bytes) -> None:
    with connected(url) as client:
        client.sendall(HEAD + length + b"\r\n\r\n")
        assert status(client) == 404
        assert dripping(client, b"1\r\nx\r\n") < 4


def test_a_second_request_may_come_late_but_not_incomplete(url: httpx.URL) -> None:
    with connected(url) as client:
        for _ in range(2):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert status(client) == 200
            time.sleep(1.5)
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert problem(rest(client))["status"] == 408


def test_a_body_complete_in_time_is_answered(url: httpx.URL) -> None:
    with connected(url) as client:
        client.sendall(HEAD[:-2])
        time.sleep(0.5)
        client.sendall(b"\r\nContent-Length: 1\r\n\r\n")
        time.sleep(0.8)
        assert status(client) == 404
        client.sendall(b"xGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert status(client) == 200


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 100_000, 431),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 40_000 + CLOSE, 431),
        (b"GET / HTTP/1.1\r\nHost: evil.example" + CLOSE, 400),
    ],
)
def test_invalid_requests_are_refused_in_the_usual_format(
    url: httpx.URL, sent: bytes, refused: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cica_qa.serve.access")
    with connected(url) as client:
        client.sendall(sent)
        reply = rest(client)
    told = problem(reply)
    assert (told["status"], reply[:13]) == (refused, b"HTTP/1.1 %d " % refused)
    line = logged(caplog, told["request_id"])
    assert (line["route"], line["status"]) == ("unmatched", refused)


def test_a_refusal_is_logged_with_its_address_and_counted(
    url: httpx.URL, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cica_qa.serve.access")

    def counted() -> float:
        lines = re.findall(COUNT, httpx.get(url.copy_with(path="/metrics")).text)
        return sum(map(float, lines))  # none before the first refusal

    before = counted()
    with connected(url) as client:
        client.sendall(b"nonsense\r\n\r\n")
        told = problem(rest(client))
    assert logged(caplog, told["request_id"])["address"] == "127.0.0.1"
    assert counted() == before + 1


def test_an_error_within_a_response_body_ends_it(url: httpx.URL) -> None:
    with connected(url) as client:
        client.sendall(
            b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        )
        assert rest(client).startswith(b"HTTP/1.1 400 ")
    with connected(url) as client:  # its response has started
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        assert status(client) == 404
        client.sendall(b"zz\r\n")
        assert rest(client) == b""
