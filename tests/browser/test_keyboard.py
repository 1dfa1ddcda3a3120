"""The whole way of a person by keyboard alone: the focus is always somewhere, and seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from live import (
    ANSWER_MS,
    BOX,
    PANE,
    Opened,
    firefox_there,
    keep,
    ready_chat,
    running_browser,
    running_firefox,
)
from playwright.sync_api import Page, expect

CONTRACT = (
    "# عقد الإيجار\n\n## البند 3: الأجرة\n\nأجرة الشقة السنوية 45,000 ريال تُدفع على قسطين.\n\n"
    "## البند 4: الصيانة\n\nيتحمل المؤجر صيانة المصعد وتكاليفها كل عام.\n"
)
LIBRARY = "دليل المكتبة\n\nتفتح المكتبة أبوابها من التاسعة صباحًا إلى الخامسة مساءً كل يوم.\n"
BUS = "مواعيد الحافلات\n\nتنطلق الحافلة الأولى من المحطة في السادسة والنصف صباحًا.\n"
FOCUS = """() => {
  const has = document.activeElement
  if (!has || has === document.body) return "nothing has the focus"
  if (!has.checkVisibility()) return `${has.outerHTML.slice(0, 80)} is not shown`
  const rings = [has, has.closest("#cica-composer")].filter(Boolean).map(getComputedStyle)
  const seen = rings.some((one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2)
  return seen ? "" : `${has.outerHTML.slice(0, 80)} has no ring`
}"""


SAVED = """() => {
  const make = URL.createObjectURL
  window.saved = new Promise((done) => {
    URL.createObjectURL = (blob) => { blob.text().then(done); return make.call(URL, blob) }
  })
}"""


class Keys:
    """Presses keys, and looks after each that the focus is somewhere and can be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.look(key)

    def look(self, after: str) -> None:
        self.page.wait_for_timeout(60)  # what a key sets off may draw the page anew
        assert self.page.evaluate(FOCUS) == "", after

    def to(self, selector: str, *, last: bool = False, back: bool = False) -> None:
        """Go with Tab, or back with Shift + Tab, to the first or the last of what is selected."""
        found = self.page.locator(selector).locator("visible=true")
        found.first.wait_for()
        wanted = found.last if last else found.first
        for _ in range(80):
            if wanted.evaluate("e => e === document.activeElement"):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"no way by keyboard to {selector}")

    def ask(self, question: str) -> None:
        """Type a question where the focus is, and wait for its answer."""
        expect(self.page.locator(BOX)).to_be_focused()
        self.page.keyboard.type(question)
        self.press("Enter")
        self.page.locator('.cica-log[aria-busy="false"]').wait_for(timeout=ANSWER_MS)
        self.look("the answer")


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chat without documents."""
    with ready_chat(tmp_path_factory.mktemp("keyboard"), []) as url:
        yield url


@pytest.fixture(params=["Chromium", "Firefox"])
def page(request: pytest.FixtureRequest, empty: str, tmp_path: Path) -> Iterator[Page]:
    """A page in each of the browsers."""
    if request.param == "Firefox" and firefox_there() is None:
        pytest.skip("there is no Firefox here: install it, or set CICA_FIREFOX to its executable")
    started = running_browser() if request.param == "Chromium" else running_firefox(tmp_path)
    with started as browser:
        pages = Opened(browser, empty)
        yield pages()
        pages.check()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    texts = {"عقد الإيجار.md": CONTRACT, "المكتبة.txt": LIBRARY, "الحافلات.txt": BUS}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in texts]


def test_keys_alone_do_all_that_the_page_does(page: Page, files: list[Path]) -> None:
    keys = Keys(page)
    page.on("filechooser", lambda chooser: None)  # from now on choosers come here
    expect(page.locator(BOX)).to_be_focused()
    # three files
    keys.to(".cica-begin", back=True)
    keys.press("Enter")
    keys.to(".cica-drop button")
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    choosing.value.set_files(files)
    expect(page.locator(".cica-documents .cica-row")).to_have_count(3, timeout=ANSWER_MS)
    keys.look("three files")
    keys.press("Escape")
    # ask, and open the source
    expect(page.locator(BOX)).to_be_focused()  # the button that led to the panel is gone
    keys.ask("كم أجرة الشقة السنوية؟")
    keys.ask("متى تفتح المكتبة أبوابها؟")
    keys.to(".cica-exchange:first-child .cica-chip", back=True)
    expect(page.get_by_role("tooltip")).to_contain_text("45,000")
    keys.press("Enter")
    expect(page.locator(PANE)).to_be_focused()
    title = page.locator(f"{PANE} header > h3")
    expect(title).to_have_text("عقد الإيجار")
    # the next citation, the one before, a search inside, and back to the answer
    keys.to(".cica-step", last=True)
    keys.press("Enter")
    expect(title).to_have_text("دليل المكتبة")
    keys.to(".cica-step", back=True)
    keys.press("Space")
    expect(title).to_have_text("عقد الإيجار")
    keys.to(".cica-find")
    page.keyboard.type("المصعد")
    expect(page.locator(".cica-found")).to_have_text("1 من 1")
    keep(page, "keyboard-source")
    keys.press("Escape")
    expect(page.locator(PANE)).to_have_count(0)
    expect(page.locator(".cica-chip").first).to_be_focused()
    # one document alone is asked
    keys.to("#cica-documents", back=True)
    keys.press("Enter")
    keys.to(".cica-panel-documents .cica-search")
    page.keyboard.type("حافلات")
    expect(page.locator(".cica-documents .cica-row")).to_have_count(1)
    keys.to(".cica-tick")
    keys.press("Space", "Escape")
    expect(page.locator("#cica-documents")).to_be_focused()
    expect(page.locator("#cica-scope")).to_have_text("تسأل 1 من 3")
    keys.to(BOX)
    keys.ask("متى تنطلق الحافلة الأولى؟")
    keys.ask("ومن أين؟")
    assert "المحطة" in page.locator(".cica-exchange").last.inner_text()
    keys.to("#cica-scope", back=True)
    keys.press("Enter")
    keys.to(".cica-asked button")
    keys.press("Enter")
    expect(page.locator(".cica-asked button")).to_have_count(0)
    keys.look("all documents")
    keys.press("Escape")
    expect(page.locator("#cica-scope")).to_be_hidden()
    # stop, edit, copy
    keys.to(BOX)
    page.route("**/page/ask", lambda route: page.wait_for_timeout(3000) or route.continue_())
    page.keyboard.type("كم أجرة")
    keys.press("Enter")
    keys.to(".cica-thinking button", back=True)
    keys.press("Enter")
    expect(page.locator(".cica-is-stopped")).to_have_count(1)
    expect(page.locator(BOX)).to_be_focused()
    page.unroute_all(behavior="ignoreErrors")
    keys.to(".cica-is-stopped .cica-edit", back=True)
    keys.press("Enter")
    expect(page.locator(BOX)).to_have_value("كم أجرة")
    keys.press("End")
    keys.ask(" الشقة السنوية؟")
    keys.to(".cica-exchange:last-child .cica-copy", back=True)
    keys.press("Enter")
    expect(page.locator(".cica-message")).to_have_count(1)
    keys.to(BOX)
    keys.press("Control+V")
    assert "45,000" in page.locator(BOX).input_value()
    keys.press("Control+A", "Delete")
    # say that an answer helped: it is drawn anew, and the focus stays
    keys.to(".cica-exchange:last-child .cica-good", back=True)
    keys.press("Enter")
    good = page.locator(".cica-exchange:last-child .cica-good")
    expect(good).to_have_attribute("aria-pressed", "true")
    expect(good).to_be_focused()
    # export, and a second conversation
    keys.to("#cica-conversations", back=True)
    keys.press("Enter")
    keys.to(".cica-panel-tools button")
    page.evaluate(SAVED)  # Playwright hears of no downloads from Firefox
    keys.press("Enter")
    assert "كم أجرة الشقة السنوية؟" in page.evaluate("() => window.saved")
    keys.press("Escape")
    keys.to("#cica-new")
    keys.press("Enter")
    keys.ask("متى تفتح المكتبة أبوابها؟")
    # rename and remove a document, and take that back
    keys.to("#cica-documents", back=True)
    keys.press("Enter")
    expect(page.locator(".cica-documents .cica-row")).to_have_count(3)  # no search is left
    keys.to(".cica-documents li:first-child .cica-act")
    keys.press("Enter")
    page.keyboard.type("عقدنا")
    keys.press("Enter")
    expect(page.locator(".cica-documents .cica-row > span").first).to_have_text("عقدنا")
    expect(page.locator(".cica-documents li:first-child .cica-act").first).to_be_focused()
    keys.to(".cica-documents li:first-child .cica-act", last=True)
    keys.press("Enter")
    expect(page.locator(".cica-documents .cica-row")).to_have_count(2)
    expect(page.locator(".cica-message button")).to_be_focused()
    keys.press("Enter")
    expect(page.locator(".cica-documents .cica-row")).to_have_count(3)
    keys.press("Escape")
    # the first conversation again
    keys.to("#cica-conversations", back=True)
    keys.press("Enter")
    keys.to(".cica-panel-conversations li:last-child .cica-row")
    keys.press("Enter")
    expect(page.locator(".cica-question")).to_have_count(5)
    expect(page.locator(BOX)).to_be_focused()
    keep(page, "keyboard-end")
