"""Limits on the rate, the size and the duration of requests."""

from __future__ import annotations

import socket
import time

import httpx
import pytest
from guard_app import (
    BEARER,
    KEY,
    LINES,
    OTHER_KEY,
    call,
    context_of,
    exchange,
    guarded,
    running,
    small_app,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.serve.guard.limits import RateLimit, TokenBuckets

OPEN = guarded(per_minute=1_000_000)


class Clock:
    """A clock under the control of the test."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_at_once_then_one_by_one() -> None:
    clock = Clock()
    buckets = TokenBuckets(6, clock)
    assert [buckets.take("a") for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]
    assert buckets.take("b") == 0, "each client has its own"
    clock.now += 9.5
    assert buckets.take("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 10]
    clock.now += 3600
    assert [buckets.take("a") for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10], "no more than a minute"


@settings(max_examples=50)
@given(st.integers(1, 200), st.lists(st.floats(0, 100), max_size=50))
def test_never_more_than_the_bucket_and_its_refill(per_minute: int, pauses: list[float]) -> None:
    clock = Clock()
    buckets = TokenBuckets(per_minute, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        while buckets.take("a") == 0:
            taken += 1
            assert taken <= per_minute + (clock.now - 1000) * per_minute / 60 + 1e-3


def test_the_number_of_remembered_clients_is_bounded() -> None:
    buckets = TokenBuckets(1, Clock(), most=3)
    assert buckets.take("x") == 0
    for client in "abc":
        assert buckets.take(client) == 0
    assert len(buckets) == 3
    assert buckets.take("a") > 0
    assert buckets.take("x") == 0, "forgotten"


def test_too_many_requests_are_told_when_to_retry() -> None:
    app = guarded(per_minute=2, keys=LINES)
    assert [call(app, headers=[BEARER]).status for _ in range(2)] == [200, 200]
    reply = call(app, headers=[BEARER], client="198.51.100.7")
    assert (reply.status, reply["retry-after"]) == (429, "30")
    assert reply.json["detail"] == "more than 2 requests a minute; wait 30 s"
    assert reply.json["arabic"] == "كثرت الطلبات. أعد المحاولة بعد قليل."
    assert call(app, headers=[(b"x-api-key", OTHER_KEY.encode())]).status == 200
    assert call(app, path="/healthz").status == 200


def test_a_client_recovers_after_waiting() -> None:
    clock = Clock()
    app = RateLimit(small_app(context_of()), 6, TokenBuckets(6, clock))
    assert [call(app, path="/healthz", client="a").status for _ in range(9)] == [200] * 9
    assert [call(app, path="/inner/x").status for _ in range(8)] == [200] * 6 + [429] * 2
    clock.now += 10
    assert [call(app, path="/inner/x").status for _ in range(2)] == [200, 429]


def test_twenty_files_of_the_page_count_as_one_request() -> None:
    app = RateLimit(small_app(context_of()), 6, TokenBuckets(6, Clock()))
    loaded = [call(app, path=f"/assets/{number}.js").status for number in range(100)]
    assert 429 not in loaded
    assert [call(app, path="/inner/x").status for _ in range(2)] == [200, 429]
    assert call(app, path="/static/style.css").status == 429


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:0:0:9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("", "", True),
    ],
)
def test_without_keys_a_client_is_its_address_or_network(
    first: str, second: str, same: bool
) -> None:
    app = guarded(per_minute=1)
    assert call(app, client=first).status == 200
    assert call(app, client=second).status == (429 if same else 200)


@pytest.mark.parametrize(
    ("length", "body", "status"),
    [
        (None, [b"x" * 1000], 200),
        (b"1000", [b"x" * 1000], 200),
        (None, [b"x" * 600, b"x" * 400], 200),
        (None, [b"x" * 1001], 413),
        (None, [b"x" * 600, b"x" * 401, b"x" * 600], 413),
        (b"10", [b"x" * 1001], 413),
        (b"1001", [b""], 413),
    ],
)
def test_a_body_is_limited_by_its_declared_and_its_actual_size(
    length: bytes | None, body: list[bytes], status: int
) -> None:
    headers = [] if length is None else [(b"content-length", length)]
    reply = call(guarded(max_body_bytes=1000), "POST", "/echo", headers, body)
    assert reply.status == status
    if status == 200:
        assert reply.json == 1000
    if status == 413:
        told = reply.json
        assert told["detail"] == (
            "the request is larger than the server takes (serve.max_body_bytes); send less at once"
        )
        assert told["arabic"] == "الطلب أكبر من المسموح."


@settings(max_examples=50)
@given(st.binary(max_size=40))
def test_no_content_length_crashes(value: bytes) -> None:
    reply = call(OPEN, "POST", "/echo", [(b"content-length", value)])
    assert reply.status in (200, 400, 413)


def test_a_body_that_takes_too_long_is_refused() -> None:
    began = time.monotonic()
    reply = call(guarded(seconds=0.2), "POST", "/echo", (), [b"x", 0.1, b"x", 0.1, b"x", 5.0, b"x"])
    assert time.monotonic() - began < 2
    assert (reply.status, reply["connection"]) == (408, "close")
    assert reply.json["detail"] == "the request did not arrive within 0.2 s; send it again"


def test_over_sockets_large_slow_and_endless_bodies_are_refused() -> None:
    with running(guarded(max_body_bytes=1000, seconds=0.3)) as address:
        url = f"http://{address[0]}:{address[1]}/echo"
        assert httpx.post(url, content=b"x" * 5_000_000).status_code == 413
        assert httpx.post(url, content=(b"x" * 100_000 for _ in range(50))).status_code == 413
        head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n"
        assert exchange(address, head, b"x").startswith(b"HTTP/1.1 408 ")
        with socket.create_connection(address, timeout=5) as slow:  # other clients are still served
            slow.sendall(head)
            assert httpx.post(url, content=b"x" * 1000).json() == 1000


@pytest.mark.parametrize("header", [b"X-API-Key: ", b"Authorization: Basic ", b"X: "])
def test_over_sockets_a_header_of_a_megabyte_is_refused(header: bytes) -> None:
    with running(guarded(keys=LINES)) as address:
        request = b"GET /documents/1 HTTP/1.1\r\nHost: localhost\r\n" + header
        answer = exchange(address, request, b"a" * 1_000_000, b"\r\n\r\n")
        assert answer == b"" or answer.split()[1] in (b"400", b"431")
        again = httpx.get(
            f"http://{address[0]}:{address[1]}/documents/1", headers={"X-API-Key": KEY}
        )
        assert again.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /documents/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /documents/1 HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: \xff\xfe\r\n\r\n",
        b"GET /documents/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xc3\x28\r\n\r\n",
        b"GET /documents/1 HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\r\n\r\n\r\n",
    ],
)
def test_over_sockets_invalid_bytes_get_no_5xx_and_no_access(sent: bytes) -> None:
    with running(guarded(keys=LINES)) as address:
        answer = exchange(address, sent)
        assert answer == b"" or answer.split()[1] in (b"400", b"401")
        assert httpx.get(f"http://{address[0]}:{address[1]}/healthz").status_code == 200
