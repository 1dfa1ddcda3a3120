"""The chat in a real browser, behind the guard: its own page and pages of other sites."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from guard_app import KEY, LINES, collections, running
from playwright.sync_api import Browser, Page

from cica_qa.serve.app import create_app
from cica_qa.settings import Settings

sys.path.append(str(Path(__file__).parents[1] / "browser"))
from live import running_browser

ANSWER = "نص قصير عن المقر في المدينة."
# What a hostile page tries; each attempt gives what it could read, or "refused".
TRIES = """async (address) => {
  const read = async (path, options) => {
    try {
      const reply = await fetch(address + path, options)
      return reply.type === 'opaque' ? 'opaque' : await reply.text()
    } catch { return 'refused' }
  }
  const post = (body, type, mode) => ({method: 'POST', body, mode, headers: {'Content-Type': type}})
  const file = new FormData()
  file.append('files', new Blob(['مقر آخر']), 'a.txt')
  const question = JSON.stringify({question: 'أين المقر؟'})
  const turn = JSON.stringify({question: 'أين المقر؟', conversation: 'x', count: 0})
  const added = JSON.stringify({documents: [{doc_id: 'evil', title: '', text: 'مقر آخر.'}]})
  const documents = '/v1/collections/small/documents'
  return Promise.all([
    read('/'), read('/v1/collections'), read('/metrics'), read('/healthz'),
    read('/', {mode: 'no-cors'}), read('/', {credentials: 'include'}),
    read('/v1/ask', post(question, 'application/json', 'cors')),
    read('/v1/ask', post(question, 'text/plain', 'no-cors')),
    read('/page/ask', post(turn, 'application/json', 'cors')),
    read('/page/ask', post(turn, 'text/plain', 'no-cors')),
    read('/gradio_api/upload', {method: 'POST', body: file, mode: 'no-cors'}),
    read(documents, post(added, 'application/json', 'cors')),
    read(documents, post(added, 'text/plain', 'no-cors')),
    read(documents + '/d', {method: 'DELETE'}),
  ])
}"""
FRAME = "(address) => document.body.append(Object.assign(document.createElement('iframe'), %s))"
FORM = """([address, name, type, value]) => {
  const form = Object.assign(document.createElement('form'), {
    method: 'post', action: address, enctype: type, target: name})
  form.append(Object.assign(document.createElement('input'), {name: value, value: ''}))
  document.body.append(Object.assign(document.createElement('iframe'), {name}), form)
  form.submit()
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@contextmanager
def other_site() -> Iterator[int]:
    """Serve an empty page on another port, as another site would."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>evil</title>")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def ask(page: Page) -> None:
    page.locator("#cica-question textarea").fill("أين المقر؟")
    page.locator("#cica-send").click()
    page.get_by_text(ANSWER).first.wait_for()


def test_the_chat_works_with_a_key_as_the_password_and_not_without(browser: Browser) -> None:
    app = create_app(collections(), Settings(serve={"keys": LINES}), chat=True)
    with running(app) as (host, port):
        address = f"http://{host}:{port}/"
        page = browser.new_page(http_credentials={"username": "anyone", "password": KEY})
        wrong: list[str] = []
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        ask(page)
        assert wrong == []

        page = browser.new_page(http_credentials={"username": "anyone", "password": KEY + "x"})
        reply = page.goto(address)
        assert reply is not None
        assert reply.status == 401
        assert page.locator("#cica-question").count() == 0


@pytest.mark.parametrize("site", ["qa.example.org", "127.0.0.1"])  # the second is the same site
@pytest.mark.parametrize("api", [False, True], ids=["chat", "serve"])
def test_a_page_of_another_site_neither_reads_nor_uploads_nor_embeds(
    browser: Browser, api: bool, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    over = collections()
    before = over["small"].documents()
    app = create_app(over, Settings(serve={"documents": True}), api=api)
    with running(app) as (host, port), other_site() as other:
        address = f"http://{host}:{port}"
        own = browser.new_page()
        own.goto(address, timeout=60_000)
        ask(own)  # the page has loaded and answers

        page = browser.new_page()
        page.goto(f"http://{site}:{other}/")
        tried = page.evaluate(TRIES, address)
        assert set(tried) == {"refused"}, tried

        statuses: list[int] = []
        page.on("response", lambda reply: statuses.append(reply.status))
        page.evaluate(FRAME % "{src: address}", f"{address}/")
        kinds = ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded")
        for number, kind in enumerate(kinds):
            where = f"{address}/v1/collections/small/documents"
            value = '{"documents": [{"doc_id": "evil", "title": "", "text": "x."}], "a": "'
            page.evaluate(FORM, [where, f"frame{number}", kind, value])
        page.wait_for_function("window.frames.length === 4")
        page.wait_for_timeout(1000)
        assert statuses == [403] * 4
        assert all(frame.locator("#cica-question").count() == 0 for frame in page.frames)

        link = browser.new_page()  # a link may lead here, but its page learns nothing
        link.goto(f"http://{site}:{other}/")
        with link.expect_popup() as opened:
            link.evaluate("(address) => { window.shown = window.open(address) }", f"{address}/")
        opened.value.locator("#cica-question").wait_for()
        assert link.evaluate("window.shown.closed") is True, "the two are apart"
    assert over["small"].documents() == before
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_foreign_name_that_resolves_here_is_refused(browser: Browser) -> None:
    app = create_app(collections(), Settings())
    with running(app) as (_, port):
        page = browser.new_page()
        reply = page.goto(f"http://qa.example.org:{port}/", timeout=60_000)
        assert reply is not None
        assert reply.status == 400
        assert page.locator("#cica-question").count() == 0
        asked = page.evaluate("fetch('/v1/collections').then((reply) => reply.status)")
        assert asked == 400
