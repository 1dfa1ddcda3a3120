"""Security headers, host names, and pages of other sites."""

from __future__ import annotations

import pytest
from guard_app import BEARER, LINES, Header, call, guarded
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.errors import SettingsError
from cica_qa.serve.guard.origins import parse_origins

OPEN = guarded(per_minute=1_000_000)
MINE = "https://app.example.org"
POLICY = "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def origin(text: str) -> Header:
    return (b"origin", text.encode("latin-1"))


@pytest.mark.parametrize(
    ("path", "status"), [("/documents/1", 200), ("/nothing", 404), ("/inner/x", 200)]
)
def test_every_response_has_the_security_headers(path: str, status: int) -> None:
    reply = call(guarded(), path=path)
    assert reply.status == status
    assert {name: reply[name] for name in SAFE} == SAFE
    assert reply["content-security-policy"] == POLICY
    assert not [name for name, _ in reply.headers if name.startswith((b"access-", b"server"))]


@pytest.mark.parametrize(
    "how", [{"host": "evil.example"}, {"headers": [(b"a", b"b" * 40_000)]}, {}]
)
def test_refusals_have_the_security_headers(how: dict[str, object]) -> None:
    reply = call(guarded(keys=LINES), **how)
    assert reply.status in (400, 401, 431)
    assert {name: reply[name] for name in SAFE} == SAFE


def test_the_security_headers_win_over_those_of_the_app() -> None:
    reply = call(guarded(), path="/stream")
    assert reply.body == b"partpartpart"
    assert {name: reply[name] for name in SAFE} == SAFE
    assert reply.all("content-security-policy") == ["img-src 'self'", POLICY], "both hold"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("192.0.2.9:8000", 200),  # nobody else can point an address here
        ("qa.example.org", 200),
        ("QA.example.org:443", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("localhost.", 400),
        ("sub.qa.example.org", 400),
        ("127.0.0.1.nip.io", 400),
        ("0x7f.1", 400),
        ("999.1.1.1", 400),
        ("", 400),
        ("a b", 400),
        ("localhost:port", 400),
        ("user@localhost", 400),
        ("user@127.0.0.1", 400),
        ("localhost/", 400),
        ("\xe9", 400),
        ("[::1", 400),
        (None, 400),
    ],
)
@pytest.mark.parametrize("server", ["127.0.0.1", "192.0.2.9", "/run/cica-qa.sock"])
def test_only_the_servers_names_and_addresses_are_answered(
    host: str | None, status: int, server: str
) -> None:
    reply = call(guarded(hosts=["qa.example.org"]), host=host, server=(server, 8000))
    assert reply.status == status
    if status == 400:
        assert reply["content-type"] == "application/problem+json"
        assert reply.json["detail"] == (
            "this server does not answer to the name in Host; name it in serve.hosts"
        )


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_no_host_header_crashes_or_bypasses_the_check(value: bytes) -> None:
    text = value.decode("latin-1")
    assert call(OPEN, host=text).status == (200 if text.lower() == "localhost" else 400)


def test_an_arabic_domain_is_matched_in_its_ascii_form() -> None:
    app = guarded(hosts=["مثال.إختبار"], origins=["https://مثال.إختبار"])
    assert call(app, host="xn--mgbh0fb.xn--kgbechtv").status == 200
    headers = [origin("https://xn--mgbh0fb.xn--kgbechtv")]
    assert call(app, "POST", "/echo", headers).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 200),  # not a browser
        ([origin("http://localhost")], 200),
        ([origin("https://localhost")], 200),  # TLS may end at a proxy
        ([origin(MINE)], 200),
        ([origin(MINE), (b"sec-fetch-site", b"cross-site")], 200),
        ([(b"sec-fetch-site", b"same-origin")], 200),
        ([(b"sec-fetch-site", b"none")], 200),
        ([origin("https://proxied.example"), (b"sec-fetch-site", b"same-origin")], 200),
        ([origin("https://evil.example")], 403),
        ([origin("null")], 403),
        ([origin("")], 403),
        ([origin("http://localhost:3000")], 403),
        ([origin("http://localhost.evil.example")], 403),
        ([origin(MINE + ".evil.example")], 403),
        ([origin("http://app.example.org")], 403),
        ([origin(MINE + "/")], 403),
        ([origin(MINE), origin("https://evil.example")], 403),
        ([origin("\xff\xfe")], 403),
        ([(b"sec-fetch-site", b"cross-site")], 403),
        ([(b"sec-fetch-site", b"same-site")], 403),
        ([(b"sec-fetch-site", b"\xff")], 403),
    ],
)
def test_pages_of_other_sites_are_refused(headers: list[Header], status: int) -> None:
    app = guarded(origins=[MINE], keys=LINES)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        reply = call(app, method, "/echo", [BEARER, *headers])
        assert reply.status == (status if method == "POST" or status == 403 else 405)
    if status == 403:
        assert reply.json["detail"] == (
            "this page may not ask; if it is one of yours, name its origin in serve.origins"
        )
    assert call(app, headers=[BEARER, *headers]).status == status, "what only reads, too"


def test_allowed_pages_can_read_the_answers() -> None:
    app = guarded(origins=[MINE], keys=LINES)
    for headers, status in (([BEARER], 200), ([], 401)):
        reply = call(app, headers=[origin(MINE), *headers])
        assert reply.status == status
        assert reply["access-control-allow-origin"] == MINE
        exposed = reply["access-control-expose-headers"]
        assert exposed == "X-Request-ID, Retry-After, Mcp-Session-Id"
        assert reply["vary"] == "Origin"
        assert reply.all("access-control-allow-credentials") == []
    other = call(app, headers=[origin("https://evil.example"), BEARER])
    assert other.status == 403
    assert other.all("access-control-allow-origin") == []


NAVIGATION = [(b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", b"navigate")]


@pytest.mark.parametrize(
    ("method", "into", "status"),
    [
        ("GET", b"document", 200),
        ("GET", b"iframe", 403),
        ("GET", b"object", 403),
        ("POST", b"document", 403),
    ],
)
def test_other_sites_may_only_link_here(method: str, into: bytes, status: int) -> None:
    headers = [*NAVIGATION, (b"sec-fetch-dest", into)]
    assert call(guarded(), method, headers=headers).status == status


def preflight(app: object, page: str, asked: bytes = b"authorization, content-type") -> object:
    headers = [
        origin(page),
        (b"access-control-request-method", b"POST"),
        (b"access-control-request-headers", asked),
    ]
    return call(app, "OPTIONS", "/echo", headers)


def test_a_preflight_is_answered_before_keys() -> None:
    reply = preflight(guarded(origins=[MINE], keys=LINES), MINE)
    assert reply.status == 200
    allowed = {
        "access-control-allow-origin": MINE,
        "access-control-allow-methods": "GET, POST, PUT, DELETE",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "600",
    }
    assert {name: reply[name] for name in allowed} == allowed


@pytest.mark.parametrize("origins", [[], [MINE]])
def test_a_preflight_of_another_page_is_refused(origins: list[str]) -> None:
    reply = preflight(guarded(origins=origins, keys=LINES), "https://evil.example")
    assert reply.status == 403
    assert not [n for n, _ in reply.headers if n.startswith(b"access-")]


def test_options_requests_other_than_preflights_need_a_key() -> None:
    assert call(guarded(origins=[MINE], keys=LINES), "OPTIONS", "/echo").status == 401
    headers = [origin(MINE)]
    assert call(guarded(origins=[MINE], keys=LINES), "OPTIONS", "/echo", headers).status == 401


def test_origins_are_read_as_browsers_send_them() -> None:
    given = [
        "https://App.example.org:443",
        "http://localhost:3000",
        "http://[::1]:80",
        "http://x:443",
    ]
    assert parse_origins(given) == {
        "https://app.example.org",
        "http://localhost:3000",
        "http://[::1]",
        "http://x:443",
    }


@pytest.mark.parametrize(
    "line",
    [
        "",
        "*",
        "https://*",
        "https://*.example.org",
        "app.example.org",
        "https://a/",
        "ftp://a",
        "null",
    ],
)
def test_an_invalid_origin_prevents_the_start(line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        guarded(origins=[line])
    assert str(caught.value) == (
        f"setting 'serve.origins': {line!r} is no web origin; give scheme, host and, where it is "
        "not the usual one, port: 'https://app.example.org'"
    )


@pytest.mark.parametrize("line", ["", "*", "a:80", "http://a", "a b", "a/b", "." * 300])
def test_an_invalid_host_prevents_the_start(line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        guarded(hosts=[line])
    assert str(caught.value) == (
        f"setting 'serve.hosts': {line!r} is no host name; give names without scheme and port, "
        "for example 'qa.example.org'"
    )
