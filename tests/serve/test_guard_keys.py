"""API keys: who is admitted, and that nothing admits a request without a valid key."""

from __future__ import annotations

import argparse
import hmac
import json
import logging
from hashlib import sha256
from pathlib import Path

import pytest
from guard_app import BEARER, KEY, LINES, OTHER_KEY, Header, basic, call, guarded
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_qa.cli import key as command
from cica_qa.errors import SettingsError
from cica_qa.serve.guard.authentication import keys_sent
from cica_qa.serve.keys import ApiKey, KeyRing, key_digest, new_key, write_key_file
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
def test_a_valid_key_is_admitted_under_its_name(header: Header, name: str) -> None:
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
        [(b"x-api-key", b"wrong")] * 4 + [BEARER],  # few keys are checked in a request
    ],
)
def test_requests_without_a_valid_key_are_refused(headers: list[Header]) -> None:
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
def test_only_health_checks_need_no_key(path: str, status: int) -> None:
    assert call(LOCKED, path=path).status == status


def test_without_keys_all_requests_are_admitted() -> None:
    reply = call(guarded(), headers=[BEARER])
    assert (reply.status, reply.json["key"]) == (200, "")


def test_websockets_are_refused() -> None:
    for headers in ([], [BEARER]):
        reply = call(LOCKED, path="/ws", headers=headers, kind="websocket")
        assert (reply.accepted, reply.closed) == (False, 1008)


@settings(max_examples=60)
@given(
    st.sampled_from([b"authorization", b"x-api-key"]),
    st.binary(max_size=300)
    | st.builds(
        lambda s, r: s + b" " + r, st.sampled_from([b"Basic", b"Bearer", b"bAsIc"]), st.binary()
    ),
)
def test_no_bytes_crash_or_pass_the_check(name: bytes, value: bytes) -> None:
    assert call(LOCKED, headers=[(name, value)]).status == 401
    assert all(0 < len(key) <= 200 for key in keys_sent([(name, value)]))


@settings(max_examples=60)
@given(
    st.text(st.characters(codec="latin-1"), max_size=20), st.text("abc_-0", min_size=1, max_size=60)
)
def test_every_key_is_recognized_however_it_is_sent(user: str, rest: str) -> None:
    key = f"cq_{rest}"
    mine = ApiKey("mine", key_digest(key.encode()))
    keys = KeyRing([mine.line])
    sent = [
        (b"authorization", f"Bearer {key}".encode()),
        (b"x-api-key", key.encode()),
        basic(f"{user.replace(':', '')}:{key}"),
    ]
    assert [keys.find(found) for found in keys_sent(sent)] == [mine] * 3


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []
    compare = hmac.compare_digest

    def seen(a: str, b: str) -> bool:
        compared.append((a, b))
        return compare(a, b)

    monkeypatch.setattr(hmac, "compare_digest", seen)
    keys = KeyRing(LINES)
    for key, name in ((KEY, "a"), (OTHER_KEY, "b"), ("cq_none", None)):
        compared.clear()
        found = keys.find(key.encode())
        assert (found and found.name) == name
        digest = sha256(key.encode()).hexdigest()
        assert compared == [(line.rpartition(":")[2], digest) for line in LINES]


def test_a_key_is_rotated_while_two_share_its_name() -> None:
    both = [ApiKey("app", key_digest(key.encode())) for key in (KEY, OTHER_KEY)]
    keys = KeyRing([key.line for key in both])
    assert [keys.find(KEY.encode()), keys.find(OTHER_KEY.encode())] == both


@pytest.mark.parametrize(
    ("before", "write", "collections"),
    [
        ("", False, ()),
        ("read:", False, ()),
        ("write:", True, ()),
        ("read@law:", False, ("law",)),
        ("write@law+news.v2:", True, ("law", "news.v2")),
    ],
)
def test_a_line_holds_the_permissions_of_its_key(
    before: str, write: bool, collections: tuple[str, ...]
) -> None:
    key = ApiKey.parse(f"app:{before}{'0' * 64}")
    assert key == ApiKey("app", "0" * 64, write, collections)
    assert ApiKey.parse(key.line) == key


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
        f"a:admin:{'0' * 64}",
        f"a:read@:{'0' * 64}",
        f"a:write@a/b:{'0' * 64}",
        KEY,
    ],
)
def test_an_invalid_line_prevents_the_start_and_is_not_repeated(line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        guarded(keys=[LINES[0], line])
    assert str(caught.value) == (
        "setting 'serve.keys': entry 2 is no line of the form NAME:SCOPE:SHA256; "
        "'cica-qa key NAME' makes a key and its line"
    )


def test_new_keys_are_random_and_long() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {(key[:3], len(key)) for key in keys} == {("cq_", 46)}  # 43 characters of 6 bits


def run(*arguments: str, file: Path | None = None) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    settings = Settings(serve={"keys_file": file} if file else {})
    return command.run(parser.parse_args(arguments), settings)


def test_the_command_makes_lists_and_removes_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys"
    assert run("تطبيق-1", file=file) == 0
    assert run("editor", "--write", "--collection", "law", "--collection", "news", file=file) == 0
    first, line, told, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("key   cq_")
    assert told == f"Keep the key: it is shown this once. The line is in {file}."
    keys = KeyRing([], file)
    assert line == f"line  {keys.find(first.split()[1].encode()).line}"
    editor = keys.find(second.split()[1].encode())
    assert editor is not None
    assert (editor.write, editor.collections) == (True, ("law", "news"))
    assert run("--list", file=file) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [one.split()[:2] for one in shown] == [
        ["تطبيق-1", "read"],
        ["editor", "write@law+news"],
    ]
    assert first.split()[1] not in file.read_text("utf-8")
    assert run("editor", "--remove", file=file) == 0
    assert [line.split(":")[0] for line in file.read_text("utf-8").splitlines()] == ["تطبيق-1"]
    with pytest.raises(SettingsError, match="has no key of the name 'editor'"):
        run("editor", "--remove", file=file)
    with pytest.raises(SettingsError, match="name whose key it is"):
        run(file=file)


def test_the_command_can_print_without_writing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("app", "--no-file", file=tmp_path / "keys") == 0
    key, line, told = capsys.readouterr().out.splitlines()
    found = KeyRing([line.removeprefix("line  ")]).find(key.split()[1].encode())
    assert found is not None
    assert found.name == "app"
    assert told == "Keep the key: it is shown this once. The line goes into keys, under [serve]."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a" * 65, "a\n"])
def test_the_command_refuses_an_invalid_key_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot name a key"):
        run(name, file=tmp_path / "keys")


@pytest.mark.parametrize("name", ["a b", "a+b", "", "../a"])
def test_the_command_refuses_an_invalid_collection_name(name: str) -> None:
    with pytest.raises(SystemExit):
        run("app", "--collection", name)


def test_a_changed_key_file_is_reloaded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "keys"
    app = guarded(keys_file=file)
    other = [(b"x-api-key", OTHER_KEY.encode())]
    assert call(app).status == 200, "there is no key yet"
    one, two = (
        ApiKey(name, key_digest(key.encode())) for name, key in (("a", KEY), ("b", OTHER_KEY))
    )
    write_key_file(file, [one])
    assert [call(app).status, call(app, headers=[BEARER]).status] == [401, 200]
    write_key_file(file, [one, two])
    assert call(app, headers=other).status == 200
    write_key_file(file, [two])
    assert [call(app, headers=[BEARER]).status, call(app, headers=other).status] == [401, 200]
    file.write_text("nonsense", "utf-8")
    assert [call(app).status, call(app, headers=other).status] == [401, 200]
    assert "the keys before are still in use" in caplog.text
    file.unlink()
    assert [call(app).status, call(app, headers=other).status] == [401, 200]
    write_key_file(file, [])
    assert [call(app).status, call(app, headers=other).status] == [401, 401], "never open again"


def test_repeated_invalid_keys_are_refused_before_the_next_is_checked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "cica_qa.serve.access")
    app = guarded(keys=LINES, refused_per_minute=3)
    wrong = [(b"x-api-key", b"cq_wrong-guess")]
    assert [call(app, headers=wrong).status for _ in range(5)] == [401] * 3 + [429] * 2
    late = call(app, headers=[BEARER])
    assert (late.status, late["retry-after"]) == (429, "20"), "even with the right one"
    assert late.json["detail"] == "too many requests without a valid key; wait 20 s"
    assert call(app, headers=[BEARER], client="198.51.100.7").status == 200
    assert call(app, path="/healthz", headers=wrong).status == 200
    lines = [json.loads(one.getMessage()) for one in caplog.records]
    assert [one.get("address") for one in lines] == ["192.0.2.1"] * 6 + [None] * 2
    assert "wrong-guess" not in caplog.text
    assert KEY not in caplog.text
