"""The site of the documents: built without a warning, and shown without an outside request."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from live import ROOT
from playwright.sync_api import Browser, Page

FETCHED = r'<(?:script|img|iframe|source)\b[^>]*\bsrc="([^"]+)"|<link\b[^>]*\bhref="([^"]+)"'


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def site_url(site: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: Browser, site_url: str) -> Iterator[Page]:
    """A page of the site that notes where its requests go."""
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    opened.close()
    assert asked
    assert [url for url in asked if not url.startswith((site_url, "data:", "blob:"))] == []


def test_no_page_or_style_fetches_anything_from_elsewhere(site: Path) -> None:
    fetched: dict[str, list[str]] = {}
    for file in site.rglob("*.html"):
        urls = [first or second for first, second in re.findall(FETCHED, file.read_text("utf-8"))]
        fetched[file.name] = [url for url in urls if re.match(r"(?:\w+:)?//", url)]
    for file in site.rglob("*.css"):
        urls = re.findall(r"url\(([^)]+)\)|@import\s+[\"']([^\"']+)", file.read_text("utf-8"))
        flat = [(first or second).strip("\"'") for first, second in urls]
        fetched[file.name] = [url for url in flat if re.match(r"(?:\w+:)?//", url)]
    assert len(fetched) > 25
    assert {name: urls for name, urls in fetched.items() if urls} == {}


def test_a_page_in_arabic_runs_from_right_to_left_and_its_commands_do_not(
    page: Page, site_url: str
) -> None:
    page.goto(f"{site_url}tutorials/ask-your-pdf.ar.html")
    direction = "element => getComputedStyle(element).direction"
    assert page.locator("h1").evaluate(direction) == "rtl"
    assert page.locator("article p").first.evaluate(direction) == "rtl"
    assert page.locator("article pre").first.evaluate(direction) == "ltr"
    assert page.locator("article [lang=ar]").count() == 1


def test_the_search_finds_pages_in_both_languages(page: Page, site_url: str) -> None:
    for words, found in (("systemd", "deployment"), ("الكافتيريا", "ask-your-pdf.ar")):
        page.goto(site_url)
        page.locator("input[name=query]").press_sequentially(words)
        page.locator(f".md-search-result__link[href*='{found}']").first.wait_for(state="attached")
