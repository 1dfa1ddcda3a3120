"""The effect of hostile clients on the process: it still answers, and its memory and disk."""

from __future__ import annotations

import json
import random
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import chat_page
import httpx
import pytest
from served import process
from test_hostile import QUESTION, REQUESTS, attacks, status_of

from cica_qa.chat.turns import KEPT
from cica_qa.serve.keys import ApiKey, key_digest

KEY = "cq_one"
FOREIGN = (
    {"Host": "evil.example"},
    {"Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
)
MEGABYTE = b"x" * 1_000_000
RUN, UPLOAD = "/gradio_api/run/ask", "/gradio_api/upload"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def many(function: Callable[[int], Any], count: int) -> Counter[Any]:
    with ThreadPoolExecutor(16) as pool:
        return Counter(pool.map(function, range(count)))


def resident(pid: int) -> int:
    """Return the resident memory of a process in KB."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def on_disk(*folders: Path) -> dict[Path, tuple[int, int]]:
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


def ordinary(client: httpx.Client) -> None:
    """Send what a busy hour brings: questions, large bodies and many open pages."""
    client.get("/", timeout=120)
    many(lambda at: client.post("/v1/ask", json={"question": f"{QUESTION} {at}"}).status_code, 64)
    queries = {"queries": [f"{QUESTION} {at}" for at in range(32)]}
    many(lambda _: client.post("/v1/search", json=queries).status_code, 16)
    many(lambda _: client.post("/v1/ask", content=MEGABYTE[:-10]).status_code, 64)
    many(lambda at: chat_page.ask(client, QUESTION, f"open{at}").status_code, KEPT)
    for at in range(8):
        chat_page.asked(client, QUESTION, f"asked{at}")


def half_sent(where: tuple[str, int], stack: ExitStack) -> Iterator[socket.socket]:
    for _ in range(300):
        connection = stack.enter_context(socket.create_connection(where, timeout=30))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        yield connection


def test_a_server_without_keys_survives(small_index: Path, tmp_path: Path) -> None:
    index_dir, temporary = shutil.copytree(small_index, tmp_path / "index"), tmp_path / "tmp"
    temporary.mkdir()
    how = {"CICA_SERVE__PER_MINUTE": 10**9, "CICA_SERVE__DOCUMENTS": 1, "TMPDIR": temporary}
    with (
        ExitStack() as stack,
        process("--index", index_dir, log=tmp_path / "log", **how) as (running, url),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        where = (httpx.URL(url).host, httpx.URL(url).port or 80)
        ordinary(client)
        files, memory = on_disk(index_dir, temporary), resident(running.pid)
        answer = client.post("/v1/ask", json={"question": QUESTION}).json()["text"]

        chosen = [one for one, _ in zip(attacks(random.Random(7)), range(REQUESTS), strict=False)]
        seen = many(lambda at: status_of(where, *chosen[at]), REQUESTS)
        assert {status for status in seen if status >= 500} <= {503}
        waiting = list(half_sent(where, stack))
        data = {"data": [QUESTION], "session_hash": "x"}
        for headers in FOREIGN:
            refused = 400 if "Host" in headers else 403
            assert client.post(RUN, json=data, headers=headers).status_code == refused
            sent = {"content": MEGABYTE * 50, "headers": headers}
            assert client.post(UPLOAD, **sent).status_code == refused
        upload = {"files": ("a.txt", MEGABYTE[:-1000])}
        assert set(many(lambda _: client.post(UPLOAD, files=upload).status_code, 30)) == {404}
        assert client.get("/gradio_api/file=/etc/passwd").status_code == 404
        assert set(many(lambda _: client.post(RUN, json=data).status_code, 120)) == {404}
        assert client.get("/gradio_api/dev/reload").status_code == 404
        chats = many(lambda at: chat_page.ask(client, QUESTION, f"s{at}").status_code, 500)
        assert set(chats) <= {200, 503}
        for connection in waiting:
            assert connection.recv(100).startswith(b"HTTP/1.1 408 ")

        again = client.post("/v1/ask", json={"question": QUESTION})
        assert again.json()["text"] == answer
        assert client.get("/healthz").status_code == 200
        assert on_disk(index_dir, temporary) == files
        assert resident(running.pid) < 1.05 * memory
    assert [line for line in (tmp_path / "log").open() if not line.startswith("{")] == []


def test_a_server_with_keys_survives(small_index: Path, tmp_path: Path) -> None:
    lines = json.dumps([ApiKey("one", key_digest(KEY.encode())).line])
    how = {"CICA_SERVE__KEYS": lines, "TMPDIR": tmp_path}
    with (
        process("--index", small_index, log=tmp_path / "log", **how) as (running, url),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        own = {"X-API-Key": KEY}
        client.get("/", headers=own)
        memory = resident(running.pid)
        begun = time.monotonic()
        wrong = many(
            lambda at: client.get("/", headers={"X-API-Key": f"cq_{at}"}).status_code, 2000
        )
        assert set(wrong) == {401, 429}
        assert wrong[401] <= 30 + 2 * (time.monotonic() - begun)
        lines = [json.loads(line) for line in (tmp_path / "log").open()]
        refused = [line for line in lines if line.get("status") in (401, 429)]
        assert len(refused) == 2000
        assert {line["address"] for line in refused} == {"127.0.0.1"}
        assert "cq_" not in (tmp_path / "log").read_text("utf-8")
        assert resident(running.pid) < 1.05 * memory
        assert client.get("/healthz").status_code == 200
