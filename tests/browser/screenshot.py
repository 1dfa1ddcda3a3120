"""Make ``docs/chat.png`` from the real chat: ``python tests/browser/screenshot.py``."""

import tempfile
from pathlib import Path

from live import ROOT, ask, open_chat, running_browser, running_chat

QUESTION = "ما الهياكل والمؤسسات التي يتكون منها المؤتمر؟"


def main() -> None:
    target = ROOT / "docs" / "chat.png"
    target.parent.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_chat(Path(folder)) as address,
        running_browser() as browser,
    ):
        size = {"width": 1280, "height": 720}
        page = browser.new_page(viewport=size, color_scheme="light", locale="ar")
        open_chat(page, address)
        ask(page, QUESTION).locator(".cica-chip").first.click()
        page.locator(".cica-source mark:visible").wait_for()
        page.screenshot(path=target, animations="disabled")


if __name__ == "__main__":
    main()
