"""Make ``docs/images/`` from the real chat: ``python tests/browser/screenshot.py``."""

import tempfile
from pathlib import Path

from live import PANE, ROOT, ask, open_chat, running_browser, running_chat
from playwright.sync_api import Browser, Page

DOCS = ROOT / "docs/images"
QUESTION = "ما الهياكل والمؤسسات التي يتكون منها المؤتمر؟"
CONTRACT = """# عقد الإيجار

## البند 3: الأجرة

أجرة الشقة السنوية 45,000 ريال تُدفع على قسطين متساويين.

## البند 4: التواصل

هاتف المؤجر 920-001-234، وبريده owner@example.org.

| القسط | الموعد |
|---|---|
| الأول | 01/02/2026 |
| الثاني | 01/08/2026 |
"""


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_chat(Path(folder)) as address,
        running_browser() as browser,
    ):
        page = opened(browser, address, 1280, 780)
        page.locator(".cica-suggested .cica-ask").first.wait_for()  # questions to offer are known
        ask(page, QUESTION).locator(".cica-chip").first.click()
        page.locator(f"{PANE} .cica-rendered mark").first.wait_for()
        keep(page, "chat")
        contract = Path(folder) / "عقد الإيجار.md"
        contract.write_text(CONTRACT, encoding="utf-8")
        page.click("#cica-documents")
        guide = ROOT / "tests/data/pdf/guide.pdf"
        page.locator(".cica-bring input[type=file]").set_input_files([contract, guide])
        page.locator(".cica-documents li").nth(2).wait_for(timeout=60_000)
        keep(page, "chat-documents")
        page.keyboard.press("Escape")
        phone = opened(browser, address, 390, 844, "dark")
        ask(phone, "كم أجرة الشقة السنوية؟").locator(".cica-chip").first.click()
        phone.locator(f"{PANE} .cica-rendered mark").first.wait_for()
        keep(phone, "chat-phone")


def opened(browser: Browser, address: str, width: int, height: int, scheme: str = "light") -> Page:
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=scheme, locale="ar")
    open_chat(page, address)
    return page


def keep(page: Page, name: str) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=DOCS / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main()
