"""The process ``cica-qa serve``: how it starts, what it refuses, how it stops."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import chat_page
import httpx
import pytest
from served import process

from cica_qa import cli
from cica_qa.index.store import DiskStore
from cica_qa.settings import ServeSettings

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "كم عدد الدول الأعضاء في المؤتمر؟"


def test_it_finishes_running_requests_when_told_to_stop(
    corpus_index: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with process("--index", corpus_index) as (running, url):
        assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
        page = httpx.get(url, headers={"Accept": "text/html"}, timeout=60)
        assert page.status_code == 200
        assert "gradio" in page.text
        _evaluate(url, tmp_path)
        assert "3 questions, 0 failed" in capfd.readouterr().out
        slow = {"queries": [QUESTION], "rerank": True}
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(httpx.post, f"{url}/v1/search", json=slow, timeout=60)
            while " 1.0" not in _inside(url) and not asked.done():
                time.sleep(0.01)
            assert not asked.done()
            running.send_signal(signal.SIGTERM)
            answered = asked.result(60)
        assert answered.status_code == 200
        assert len(answered.json()["results"]) == 1
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out) == (0, "")
        lines = [json.loads(line) for line in err.splitlines()]
        assert lines[-1]["route"] == "/v1/search"
        assert QUESTION not in err.encode().decode("unicode_escape")


def _inside(url: str) -> str:
    text = httpx.get(f"{url}/metrics", timeout=60).text
    return next(one for one in text.splitlines() if one.startswith("cica_qa_requests_inside "))


def _evaluate(url: str, folder: Path) -> None:
    """An evaluation can ask the server over REST."""
    entries = (ROOT / "corpus/questions/cica.jsonl").read_text("utf-8").splitlines()[:3]
    (folder / "few.jsonl").write_text("\n".join(entries), "utf-8")
    given = [str(folder / "few.jsonl"), "--system", url, "--out", str(folder / "out")]
    assert cli.main(["evaluate", *given]) == 0


def fails(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = cli.main(["serve", *map(str, arguments)])
    return code, capfd.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_without_keys_it_stays_on_the_loopback(
    capfd: pytest.CaptureFixture[str], host: str
) -> None:
    code, told = fails(capfd, "--host", host)
    assert code == 2
    assert "cica-qa key" in told
    assert "--allow-without-keys" in told


def test_a_taken_port_and_a_missing_index_are_reported(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = fails(capfd, "--port", port, "--index", tmp_path)
        assert (code, "--port" in told) == (2, True)
    code, told = fails(capfd, "--port", 0, "--index", tmp_path / "none")
    assert (code, "there is no index" in told) == (5, True)


@pytest.mark.parametrize("given", ["name", "=dir", "a/b=dir", "name="])
def test_invalid_collection_names_are_refused(given: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["serve", "--collection", given])


def test_two_collections_of_one_name_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    code, told = fails(capfd, "--port", 0, "--collection", "a=x", "--collection", "a=y")
    assert (code, "same name" in told) == (2, True)


def test_a_body_that_does_not_arrive_times_out(make_server: Callable[..., Any]) -> None:
    url = httpx.URL(make_server(ServeSettings(seconds=1)).url)
    with socket.create_connection((url.host, url.port or 80), timeout=20) as client:
        head = "POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        client.sendall(f'{head}Content-Length: 100\r\n\r\n{{"question"'.encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_a_connection_may_be_idle_between_two_requests(base_url: str) -> None:
    url = httpx.URL(base_url)
    with closing(HTTPConnection(url.host, url.port, timeout=20)) as client:
        for pause in (6, 0):
            client.request("GET", "/healthz")  # raises if the server has closed the connection
            answer = client.getresponse()
            assert (answer.status, answer.read() != b"") == (200, True)
            time.sleep(pause)


def test_it_stops_within_ten_seconds_whatever_is_open(corpus_index: Path, tmp_path: Path) -> None:
    index_dir = shutil.copytree(corpus_index, tmp_path / "index")
    before = DiskStore.load(index_dir)[0].document_ids
    settings = tmp_path / "own.toml"
    settings.write_text("[serve]\ndocuments = true\nmax_body_bytes = 3000000\n")
    with process("--index", index_dir, "--settings", settings) as (running, url):
        where = httpx.URL(url)
        client = httpx.Client(base_url=url, timeout=60)
        assert chat_page.ask(client, QUESTION).status_code == 200
        file = socket.create_connection((where.host, where.port or 80))
        head = "PUT /v1/collections/default/files/a.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        file.sendall(f"{head}Content-Length: 100000\r\n\r\nhalf of it".encode())
        half = socket.create_connection((where.host, where.port or 80))
        half.sendall(b"GET / HTTP/1.1\r\nHost:")
        long = ". ".join(f"{QUESTION} {number}" for number in range(30_000))
        one = {"url": "/v1/collections/default/documents/long", "json": {"title": "", "text": long}}
        with ThreadPoolExecutor(1) as pool:  # encoding it takes minutes
            putting = pool.submit(client.put, **one)
            while " 0.0" in _inside(url):
                time.sleep(0.01)
            time.sleep(1)
            running.send_signal(signal.SIGTERM)
            told = time.monotonic()
            _, err = running.communicate(timeout=60)
            assert time.monotonic() - told < 10
            assert running.returncode == 0
            left = putting.result(60)
            assert (left.status_code, left.json()["status"]) == (503, 503)
            assert "is stopping" in left.json()["detail"]
        half.close()
        file.close()
    assert DiskStore.load(index_dir)[0].document_ids == before
    assert [line for line in err.splitlines() if not _is_line(line)] == []


def _is_line(text: str) -> bool:
    """Return whether it is a line of the log, which starts with its time."""
    return text.startswith("{") and "time" in json.loads(text)


def test_tracebacks_are_inside_the_lines_of_the_log(corpus_index: Path, tmp_path: Path) -> None:
    index_dir = shutil.copytree(corpus_index, tmp_path / "index")
    (tmp_path / "index.ratings.jsonl").mkdir()  # a folder in the place of the file
    with process("--index", index_dir) as (running, url):
        with httpx.Client(base_url=url, timeout=60) as client:
            told = client.post("/page/rating", json={"question": QUESTION, "good": True})
            assert (told.status_code, "Traceback" in told.text) == (500, False)
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)
    lines = [json.loads(line) for line in err.splitlines()]
    failed = [line for line in lines if "Traceback (most recent call last):" in str(line)]
    (line,) = failed
    assert list(line) == ["time", "level", "logger", "message", "request_id", "traceback"]
    assert line["request_id"] == told.headers["x-request-id"] == told.json()["request_id"]
    assert line["traceback"].count("\n") > 5
