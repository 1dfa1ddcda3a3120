"""Keys: who is let in, and that nothing lets in who has none."""

from __future__ import annotations

import argparse
import hmac
from hashlib import sha256

import pytest
from guard_app import BEARER, KEY, LINES, OTHER_KEY, Header, basic, call, guarded
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.cli import key as command
from cica_qa.errors import SettingsError
from cica_qa.serve.guard.keys import Keys, keys_sent, line_of, new_key
from cica_qa.settings import Settings

LOCKED = guarded(keys=LINES)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (BEARER, "a"),
        ((b"authorization", f"bearer   {KEY} ".encode()), "a"),
        ((b"x-api-key", OTHER_KEY.encode()), "b"),
        (basic(f"anyone:{KEY}"), "a"),
        (basic(f":{OTHER_KEY}"), "b"),
    ],
)
def test_a_key_lets_in_under_its_name(header: Header, name: str) -> None:
    reply = call(LOCKED, headers=[header])
    assert (reply.status, reply.json["key"]) == (200, name)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", KEY.encode())],
        [(b"authorization", f"Token {KEY}".encode())],
        [(b"authorization", f"Bearer {KEY}x".encode())],
        [(b"authorization", f"Bearer {KEY[:-1]}".encode())],
        [(b"authorization", f"Bearer {KEY.upper()}".encode())],
        [(b"authorization", f"Bearer {sha256(KEY.encode()).hexdigest()}".encode())],
        [(b"authorization", f"Bearer {LINES[0]}".encode())],
        [(b"authorization", b"Basic !!!")],
        [(b"authorization", b"Basic \xff\xfe")],
        [basic(KEY)],  # no colon: no password
        [basic(f"{KEY}:")],
        [(b"x-api-key", b"")],
        [(b"x-api-key", b"a" * 30_000)],
        [(b"cookie", KEY.encode())],
        [(b"x-api-key", b"wrong")] * 4 + [BEARER],  # only a few guesses a request
    ],
)
def test_anything_else_is_told_to_bring_a_key(headers: list[Header]) -> None:
    reply = call(LOCKED, headers=headers)
    assert reply.status == 401
    assert reply["content-type"] == "application/problem+json"
    assert reply.all("www-authenticate") == [
        'Basic realm="cica-qa", charset="UTF-8"',
        'Bearer realm="cica-qa"',
    ]
    told = reply.json
    assert told["title"] == "Unauthorized"
    assert told["detail"] == (
        "a key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY', or as the "
        "password when the browser asks. 'cica-qa key NAME' makes one."
    )
    assert told["arabic"] == "هذا الخادم يطلب مفتاحًا، ولم يصله مفتاح صالح."
    assert told["request_id"] == reply["x-request-id"] != ""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/healthz/", 401),
        ("//healthz", 401),
        ("/healthz/../documents/1", 401),
        ("/Healthz", 401),
        ("/metrics", 401),
        ("/inner/healthz", 401),
        ("/nothing", 401),
        ("/", 401),
    ],
)
def test_only_health_is_open(path: str, status: int) -> None:
    assert call(LOCKED, path=path).status == status


def test_without_keys_everybody_may_ask() -> None:
    reply = call(guarded(), headers=[BEARER])
    assert (reply.status, reply.json["key"]) == (200, "")


@pytest.mark.parametrize(
    ("headers", "accepted", "closed"), [([], False, 1008), ([BEARER], True, 1000)]
)
def test_a_websocket_needs_a_key_too(headers: list[Header], accepted: bool, closed: int) -> None:
    reply = call(LOCKED, path="/ws", headers=headers, kind="websocket")
    assert (reply.accepted, reply.closed) == (accepted, closed)
    assert not call(LOCKED, path="/healthz", kind="websocket").accepted


@settings(max_examples=60)
@given(
    st.sampled_from([b"authorization", b"x-api-key"]),
    st.binary(max_size=300)
    | st.builds(
        lambda s, r: s + b" " + r, st.sampled_from([b"Basic", b"Bearer", b"bAsIc"]), st.binary()
    ),
)
def test_no_bytes_crash_or_let_in(name: bytes, value: bytes) -> None:
    assert call(LOCKED, headers=[(name, value)]).status == 401
    assert all(0 < len(key) <= 200 for key in keys_sent([(name, value)]))


@settings(max_examples=60)
@given(
    st.text(st.characters(codec="latin-1"), max_size=20), st.text("abc_-0", min_size=1, max_size=60)
)
def test_every_key_is_found_again_however_it_is_sent(user: str, rest: str) -> None:
    key = f"cq_{rest}"
    lines = Keys([line_of("mine", key)])
    sent = [
        (b"authorization", f"Bearer {key}".encode()),
        (b"x-api-key", key.encode()),
        basic(f"{user.replace(':', '')}:{key}"),
    ]
    assert [lines.name_of(found) for found in keys_sent(sent)] == ["mine"] * 3


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []
    compare = hmac.compare_digest

    def seen(a: str, b: str) -> bool:
        compared.append((a, b))
        return compare(a, b)

    monkeypatch.setattr(hmac, "compare_digest", seen)
    keys = Keys(LINES)
    for key, name in ((KEY, "a"), (OTHER_KEY, "b"), ("cq_none", None)):
        compared.clear()
        assert keys.name_of(key.encode()) == name
        digest = sha256(key.encode()).hexdigest()
        assert compared == [(line.partition(":")[2], digest) for line in LINES]


def test_a_key_is_changed_by_giving_its_name_two_for_a_while() -> None:
    keys = Keys([line_of("app", KEY), line_of("app", OTHER_KEY)])
    assert keys.name_of(KEY.encode()) == keys.name_of(OTHER_KEY.encode()) == "app"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a",
        "a:",
        f":{'0' * 64}",
        f"a:{'0' * 63}",
        f"a:{'g' * 64}",
        f"a b:{'0' * 64}",
        f"a:{'0' * 64}\n",
        KEY,
    ],
)
def test_a_line_that_is_none_stops_the_start_and_is_not_repeated(line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        guarded(keys=[LINES[0], line])
    assert str(caught.value) == (
        "setting 'serve.keys': entry 2 is no line of the form NAME:SHA256; "
        "'cica-qa key NAME' makes a key and its line"
    )


def test_new_keys_are_random_and_long() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {(key[:3], len(key)) for key in keys} == {("cq_", 46)}  # 43 characters of 6 bits


def test_the_command_prints_a_key_and_a_line_that_fit(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["تطبيق-1"]), Settings()) == 0
    key, line, told = capsys.readouterr().out.splitlines()
    assert key.startswith("key   cq_")
    assert Keys([line.removeprefix("line  ")]).name_of(key.split()[1].encode()) == "تطبيق-1"
    assert told == "Keep the key: it is shown this once. The line goes into keys, under [serve]."


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a" * 65, "a\n"])
def test_the_command_refuses_a_name_that_no_line_can_hold(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name a key"):
        command.run(argparse.Namespace(name=name), Settings())
