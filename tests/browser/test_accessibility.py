"""What axe (axe-core) makes of each state of the page, at three sizes, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from live import PANE, Known, Opened, ask, keep
from playwright.sync_api import Page

WORST = ("serious", "critical")


def faults(page: Page) -> list[tuple[str, str]]:
    """Return the serious faults of a page, each rule with the elements that break it."""
    page.wait_for_timeout(400)  # colours that fade in are judged once they are there
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        (fault["id"], node["html"][:200])
        for fault in found
        if fault["impact"] in WORST
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "wide", "phone"])
def test_nothing_serious_in_any_state(opened: Opened, known: Known, size: str, scheme: str) -> None:
    page = opened(size, scheme)
    page.locator(".cica-suggested .cica-ask").first.wait_for()
    assert faults(page) == []
    exchange = ask(page, known.fact.question)
    ask(page, known.abstained.question)
    assert faults(page) == []
    exchange.locator(".cica-chip").first.click()
    page.locator(f"{PANE} .cica-rendered mark").first.wait_for()
    assert faults(page) == []
    keep(page, f"source-{size}-{scheme}")
    page.keyboard.press("Escape")
    for panel in ("#cica-documents", "#cica-conversations"):
        page.click(panel)
        page.locator("dialog[open], [class*=cica-panel][open]").first.wait_for()
        assert faults(page) == []
        page.keyboard.press("Escape")


def test_the_check_finds_what_is_wrong(opened: Opened) -> None:
    page = opened()
    page.evaluate(
        """() => {
          const picture = document.createElement('img')
          picture.src = 'data:,'
          document.querySelector('main, body').append(picture)
        }"""
    )
    assert "image-alt" in {rule for rule, _ in faults(page)}
