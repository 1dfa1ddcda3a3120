"""The real chat in a real browser: shared by the tests and by ``screenshot.py``."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as PageTimeoutError

from cica_qa import Answer

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "corpus" / "documents"
ARTIFACTS = Path(os.environ.get("CICA_ARTIFACTS") or ROOT / "tests" / "artifacts")
SIZES = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
    "wide": {"width": 1920, "height": 1080},
}
BOX = "#cica-question textarea"
PANE = "#cica-pane:visible"
BOXES = """(heading, words) => words.map((word) => {
    const walker = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const [text, at] = [walker.currentNode, walker.currentNode.data.indexOf(word)];
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(text, at);
        range.setEnd(text, at + word.length);
        return range.getBoundingClientRect().toJSON();
    }
})"""
"""Returns where words of an element stand."""
READY_SECONDS = 300  # the first start also prepares the model
ANSWER_MS = 60_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP qa.example.org 127.0.0.1",
)


def running_chat(folder: Path) -> AbstractContextManager[str]:
    """Run ``cica-qa chat`` over the corpus with its index in ``folder``; yield the address."""
    return ready_chat(folder, [DOCUMENTS])


@contextmanager
def ready_chat(folder: Path, documents: Sequence[Path]) -> Iterator[str]:
    """Run ``cica-qa chat`` over ``documents``, or over none."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cica_qa.cli", "chat", *map(str, documents)]
    command += ["--index", str(folder / "index"), "--port", str(port)]
    log = folder / "chat.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}/"
        wait_until_ready(process, address, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_until_ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.3)
    said = log.read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"the chat did not start (exit code {process.poll()}):\n{said}")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium: ``CICA_CHROMIUM`` or the first one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CICA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, (
        "the browser tests need Chromium: install it (Debian: apt-get install chromium "
        "fonts-noto-core) or set CICA_CHROMIUM to its executable"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        yield browser
        browser.close()


def firefox_there() -> str | None:
    """Return the path of Firefox: ``CICA_FIREFOX``, or the first one on the path."""
    names = ("firefox", "firefox-esr")
    return os.environ.get("CICA_FIREFOX") or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def running_firefox(folder: Path) -> Iterator[Browser]:
    """Start Firefox through ``firefox.py``; ``folder`` is for what that needs."""
    script = Path(__file__).with_name("firefox.py")
    start = folder / "firefox"
    start.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    start.chmod(0o755)
    own = {**os.environ, "CICA_FIREFOX": firefox_there() or ""}
    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(
            executable_path=start,
            channel="moz-firefox",
            env=own,
            firefox_user_prefs={"browser.download.alwaysOpenPanel": False},  # it takes the focus
        )
        yield browser
        browser.close()


def open_chat(page: Page, address: str) -> None:
    """Open the chat and wait until its script has begun; says what went wrong where it does not."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda sent: wrong.append(f"{sent.url}: {sent.failure}"))
    page.on("response", lambda got: wrong.append(f"{got.status} {got.url}") if not got.ok else None)
    page.goto(address, timeout=ANSWER_MS)
    try:
        page.locator("#cica-pane").wait_for(state="attached", timeout=ANSWER_MS)
    except PageTimeoutError as error:
        there = page.evaluate("[...document.querySelectorAll('[id^=cica]')].map((one) => one.id)")
        raise AssertionError(f"the page did not begin: {wrong}; there are {there}") from error
    page.evaluate("document.fonts.ready")


def ask(page: Page, question: str) -> Locator:
    """Ask and return the exchange once it is complete."""
    exchanges = page.locator(".cica-exchange")
    number = exchanges.count()
    page.fill("#cica-question textarea", question)
    page.keyboard.press("Enter")
    exchange = exchanges.nth(number)
    exchange.wait_for(timeout=ANSWER_MS)
    page.locator('.cica-log[aria-busy="false"]').wait_for(timeout=ANSWER_MS)
    return exchange


def begin(page: Page, question: str) -> None:
    """Ask, and return once it is seen to be asked: the answer may still be on its way."""
    page.fill(BOX, question)
    page.keyboard.press("Enter")
    page.locator(".cica-question").last.wait_for()


class Known(NamedTuple):
    """What the library answers to some questions of the set, asked without the chat."""

    fact: Answer
    listed: Answer
    abstained: Answer


class Opened:
    """Opens pages and watches them: no script error, no dialog, no request elsewhere."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.requests: list[str] = []
        self.trouble: list[str] = []

    def __call__(self, size: str = "desktop", scheme: str = "light", path: str = "") -> Page:
        context = self.browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale="ar")
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", lambda dialog: (self.trouble.append(dialog.message), dialog.dismiss()))
        open_chat(page, f"{self.address}{path}")
        return page

    def check(self) -> None:
        origin = urlsplit(self.address).netloc
        network = [url for url in self.requests if not url.startswith(("data:", "blob:"))]
        assert len(network) > 5
        assert [url for url in network if urlsplit(url).netloc != origin] == []
        assert self.trouble == [], self.trouble


def keep(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", animations="disabled")


def text_of(locator: Locator) -> str:
    return str(locator.evaluate("e => e.textContent"))
