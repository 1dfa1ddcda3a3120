"""Documents in the page: brought, read, asked, opened, named, removed; and the source, whole."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import ANSWER_MS, PANE, ROOT, Opened, ask, keep, ready_chat, text_of
from playwright.sync_api import Browser, Page, Route, expect

SAMPLES = ROOT / "tests" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brought")


@pytest.fixture(scope="module")
def empty(folder: Path) -> Iterator[str]:
    """A chat without documents."""
    with ready_chat(folder, []) as url:
        yield url


@pytest.fixture
def page(browser: Browser, empty: str) -> Iterator[Page]:
    pages = Opened(browser, empty)
    yield pages()
    pages.check()
    for context in browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def files(folder: Path) -> list[Path]:
    contract = folder / "عقد الإيجار.md"
    contract.write_text(
        "# عقد الإيجار\n\n## البند 3: الأجرة\n\nأجرة الشقة السنوية 45,000 ريال تُدفع على قسطين.\n\n"
        "## البند 4: التواصل\n\nهاتف المؤجر 920-001-234 وبريده owner@example.org.\n\n"
        "| القسط | الموعد |\n|---|---|\n| الأول | 01/02/2026 |\n| الثاني | 01/08/2026 |\n",
        encoding="utf-8",
    )
    guide = folder / "guide.txt"
    guide.write_text(
        "دليل المكتبة\n\nتفتح المكتبة أبوابها من التاسعة صباحًا إلى الخامسة مساءً كل يوم.\n",
        encoding="utf-8",
    )
    broken = folder / "<b>x.pdf"
    broken.write_bytes(b"%PDF-1.7 cut off")
    return [contract, guide, broken]


def bring(page: Page, files: list[Path]) -> None:
    if not page.locator(".cica-panel-documents[open]").count():
        page.click("#cica-documents")
    count = page.locator(".cica-job").count()
    page.locator(".cica-bring input[type=file]").set_input_files(files)
    expect(page.locator(".cica-job")).to_have_count(count + len(files))
    expect(page.locator(".cica-job progress")).to_have_count(0, timeout=ANSWER_MS)


def late(route: Route) -> None:
    time.sleep(0.5)
    route.continue_()


def rows(page: Page) -> list[str]:
    return page.locator(".cica-documents .cica-row > span").all_inner_texts()


def test_a_chat_without_documents_starts_with_bringing_them_and_goes_on(
    page: Page, files: list[Path]
) -> None:
    expect(page.locator(".cica-welcome h2")).to_have_text("ابدأ بوثائقك")
    keep(page, "empty-desktop-light")
    page.locator(".cica-begin").click()
    page.route("**/files/*.md", late)  # the first one: it is listed first all the same
    bring(page, files)
    states = page.locator(".cica-job .cica-state").all_inner_texts()
    assert states == ["قُرئ", "قُرئ", "لم يُقرأ"]
    assert page.locator(".cica-job strong").all_inner_texts()[2] == "<b>x.pdf"
    why = "الملف تالف أو ناقص. احفظه من جديد بالبرنامج الذي أنشأه، ثم أضفه."
    assert page.locator(".cica-job .cica-notes").all_inner_texts() == ["", "", why]
    expect(page.locator(".cica-documents .cica-row")).to_have_count(2)
    assert rows(page) == ["عقد الإيجار", "دليل المكتبة"]
    keep(page, "documents-desktop-light")
    page.locator(".cica-panel-documents .cica-search").fill("دليل")
    expect(page.locator(".cica-documents .cica-row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#cica-name h1")).to_have_text("اسأل وثائقك (2)")  # it is never stale
    exchange = ask(page, "كم أجرة الشقة السنوية؟")
    chip = exchange.locator(".cica-chip").first
    assert text_of(chip).startswith("1 عقد الإيجار، البند 3")
    chip.click()
    expect(page.locator(f"{PANE} .cica-rendered table")).to_be_visible()
    assert "45,000" in text_of(page.locator("mark:visible").first)
    assert page.locator(f"{PANE} a[href='tel:920001234']").inner_text() == "920-001-234"
    assert page.locator(f"{PANE} a[href='mailto:owner@example.org']").count() == 1
    keep(page, "source-desktop-light")


def test_documents_are_ticked_opened_searched_renamed_and_removed(
    page: Page, files: list[Path]
) -> None:
    page.click("#cica-documents")
    expect(page.locator(".cica-documents .cica-row")).to_have_count(2)
    page.locator(".cica-tick").nth(1).check()
    page.keyboard.press("Escape")
    expect(page.locator("#cica-scope")).to_have_text("تسأل 1 من 2")
    exchange = ask(page, "كم أجرة الشقة السنوية؟")
    documents = exchange.locator("template").evaluate_all(
        "all => all.map((e) => e.dataset.document)"
    )
    assert set(documents) <= {"guide.txt"}
    page.locator("#cica-scope").click()
    page.locator(".cica-asked button").click()
    expect(page.locator("#cica-scope")).to_be_hidden()
    page.locator(".cica-documents .cica-act").nth(2).click()
    page.locator(".cica-rename input").fill("مواعيد المكتبة")
    page.keyboard.press("Enter")
    expect(page.locator(".cica-documents .cica-row > span").nth(1)).to_have_text("مواعيد المكتبة")
    page.locator(".cica-documents .cica-act").nth(3).click()
    expect(page.locator(".cica-documents .cica-row")).to_have_count(1)
    page.locator(".cica-message button").click()
    expect(page.locator(".cica-documents .cica-row")).to_have_count(2)
    page.locator(".cica-documents .cica-row").first.click()
    expect(page.locator(f"{PANE} .cica-rendered h2").first).to_have_text("عقد الإيجار")
    page.locator(".cica-find").fill("القسط")
    expect(page.locator(".cica-found")).to_have_text("1 من 1")
    page.locator(".cica-find").fill("قِسط")
    expect(page.locator(".cica-found")).to_contain_text("من")
    page.locator(".cica-close").click()
    page.click("#cica-documents")
    page.locator(".cica-documents .cica-act").nth(3).click()
    page.keyboard.press("Escape")
    ask(page, "متى تفتح المكتبة؟")  # a removal is done before the next question
    expect(page.locator("#cica-name h1")).to_have_text("عقد الإيجار")


def test_a_collection_is_made_chosen_and_removed(page: Page, files: list[Path]) -> None:
    page.on("dialog", lambda dialog: None)
    page.click("#cica-documents")
    page.locator(".cica-collections button").click()
    page.locator(".cica-collections input").fill("أدلة")
    page.keyboard.press("Enter")
    expect(page.locator(".cica-collections select")).to_have_value("أدلة")
    bring(page, files[1:2])
    page.keyboard.press("Escape")
    expect(page.locator("#cica-name h1")).to_have_text("دليل المكتبة")
    exchange = ask(page, "متى تفتح المكتبة أبوابها؟")
    assert "التاسعة" in exchange.inner_text()
    page.reload()
    expect(page.locator("#cica-name h1")).to_have_text("دليل المكتبة")
    page.click("#cica-documents")
    page.locator(".cica-collections select").select_option("default")
    expect(page.locator("#cica-name h1")).to_have_text("عقد الإيجار")


def test_a_page_of_a_pdf_is_shown_with_the_words_boxed_and_citations_are_gone_through(
    page: Page,
) -> None:
    page.click("#cica-documents")
    bring(page, [ROOT / "tests" / "data" / "pdf" / "guide.pdf"])
    page.keyboard.press("Escape")
    ask(page, "كم أجرة الشقة السنوية؟")
    exchange = ask(page, "ما أبرز ما جاء في دليل الموظف الجديد؟")
    pdf = exchange.locator("[data-source]").first
    document = exchange.locator("template").first.get_attribute("data-document")
    assert document == "guide.pdf"
    pdf.click()
    page.locator(f"{PANE} .cica-as:visible").click()
    expect(page.locator(f"{PANE} .cica-sheet img")).to_be_visible()
    page.wait_for_function("document.querySelector('.cica-sheet img').naturalWidth > 300")
    keep(page, "page-picture-desktop-light")
    page.locator(f"{PANE} .cica-as").click()
    expect(page.locator(f"{PANE} .cica-rendered")).to_be_visible()
    page.locator(".cica-chip").first.click()
    title = page.locator(f"{PANE} header > h3")
    expect(title).to_have_text("عقد الإيجار")
    if page.locator(".cica-chip").count() > 1:
        page.locator(f"{PANE} .cica-step").last.click()
        expect(title).not_to_have_text("عقد الإيجار")


@pytest.mark.parametrize(
    ("language", "state", "told"),
    [
        ("ar", "قُرئ وأُصلح", "كان بترميز \u2068Windows-1256\u2069، فقُرئ به."),
        ("en", "Read with repairs", "it was Windows-1256, and was decoded as such"),
    ],
    ids=["Arabic", "English"],
)
def test_what_was_repaired_in_a_file_is_told_in_the_language_of_the_page(
    page: Page, tmp_path: Path, language: str, state: str, told: str
) -> None:
    file = tmp_path / "قديم.txt"
    file.write_bytes("يبدأ الدوام في الثامنة صباحًا وينتهي في الثالثة.\n".encode("cp1256"))
    page.evaluate("language => localStorage.setItem('cica-language', language)", language)
    page.reload()
    bring(page, [file])
    assert page.locator(".cica-job .cica-state").inner_text() == state
    note = page.locator(".cica-job .cica-notes")
    assert note.inner_text() == told
    assert note.get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


def test_a_file_is_read_although_the_server_asks_to_wait(page: Page, tmp_path: Path) -> None:
    asked: list[str] = []

    def refuse_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 2:
            route.continue_()
        else:
            route.fulfill(
                status=429, headers={"Retry-After": "1"}, json={"arabic": "كثرت الطلبات."}
            )

    page.route("**/v1/jobs/*", refuse_first)
    file = tmp_path / "إعلان.txt"
    file.write_text("يقام المعرض في قاعة النخيل يوم الأحد.\n", encoding="utf-8")
    bring(page, [file])
    assert page.locator(".cica-job .cica-state").inner_text() == "قُرئ"
    assert len(asked) > 2


def test_on_a_phone_the_words_of_a_table_stay_whole(page: Page, tmp_path: Path) -> None:
    table = tmp_path / "الأقساط.md"
    table.write_text(
        "# جدول أقساط العقد\n\n## البند 4: المواعيد\n\n"
        "| القسط | الاستحقاق | المبلغ |\n|---|---|---|\n"
        "| الأول | 01/02/2026 | 22,500 |\n| الثاني | 01/08/2026 | 22,500 |\n",
        encoding="utf-8",
    )
    bring(page, [table])
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 340, "height": 844})
    exchange = ask(page, "متى استحقاق القسط الثاني؟")
    broken = """(table) => [...table.querySelectorAll("th, td")].filter((cell) => {
      const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
      const [text, range] = [walker.nextNode(), document.createRange()]
      range.selectNode(text)
      return !/\\s/.test(text.data.trim()) && range.getBoundingClientRect().height > 36
    }).map((cell) => cell.textContent)"""
    assert exchange.locator(".cica-answer table").evaluate(broken) == []
    exchange.locator(".cica-chip").first.click()
    expect(page.locator(f"{PANE} .cica-rendered mark").first).to_be_in_viewport()


def test_what_is_too_much_is_told_before_anything_is_sent(page: Page, tmp_path: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)
    large = tmp_path / "كبير.txt"
    with large.open("wb") as file:
        file.truncate(60_000_000)
    page.click("#cica-documents")
    chooser = page.locator(".cica-bring input[type=file]")
    note = page.locator(".cica-job .cica-notes")
    chooser.set_input_files(large)
    expect(note).to_have_text("لم يُرفع: الملف أكبر من 50 م.ب.")
    tiny = [{"name": f"{at}.txt", "mimeType": "text/plain", "buffer": b"x"} for at in range(1001)]
    chooser.set_input_files(tiny)
    told = "لم يُرفع شيء: لا تتّسع المجموعة لأكثر من 1000 من الملفات. اختر أقل."
    expect(note.last).to_have_text(told)
    expect(page.locator(".cica-job strong").last).to_have_text("الملفات المختارة: 1001")
    expect(page.locator(".cica-job progress")).to_have_count(0)
    assert sent == []


def test_how_far_a_file_is_is_shown_while_it_is_read_and_indexed(
    page: Page, tmp_path: Path
) -> None:
    far = [
        {"state": "reading", "stage": "", "done": 0, "total": 0},
        {"state": "indexing", "stage": "read", "done": 1, "total": 1},
        {"state": "indexing", "stage": "encode", "done": 32, "total": 128},
        {"state": "indexing", "stage": "words", "done": 6, "total": 8},
        {"state": "read", "stage": "write", "done": 1, "total": 1},
    ]
    told = ["يُقرأ…", "يُفهرس…", "يُفهرس: 32 من 128", "تُفهرس كلماته: 6 من 8", "قُرئ"]
    values = [None, None, "0.25", "0.75"]
    at = 0

    def reply(route: Route) -> None:
        job = {"id": "j", "collection": "default", "name": "a.txt", "notes": [], "arabic": ""}
        route.fulfill(json={**job, **far[at]})

    page.route("**/v1/jobs/*", reply)
    file = tmp_path / "إعلان.txt"
    file.write_text("يقام المعرض في قاعة النخيل يوم الاثنين.\n", encoding="utf-8")
    page.click("#cica-documents")
    page.locator(".cica-bring input[type=file]").set_input_files(file)
    for at, state in enumerate(told):
        expect(page.locator(".cica-job .cica-state")).to_have_text(state, timeout=ANSWER_MS)
        if state != told[-1]:
            value = page.locator(".cica-job progress").get_attribute("value")
            assert value == values[at]
    expect(page.locator(".cica-job progress")).to_have_count(0)
