"""The real chat in a real browser: shared by the tests and by ``screenshot.py``."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "corpus" / "documents"
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


@contextmanager
def running_chat(folder: Path) -> Iterator[str]:
    """Run ``cica-qa chat`` over the corpus with its index in ``folder``; yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cica_qa.cli", "chat", str(DOCUMENTS)]
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


def open_chat(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#cica-question textarea").wait_for()
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
