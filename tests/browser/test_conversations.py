"""Conversations as a person keeps them: over slow and lost networks, reloads, edits, and away."""

import json
from pathlib import Path

import pytest
from live import ANSWER_MS, BOX, BOXES, PANE, Known, Opened, ask, begin, keep, text_of
from playwright.sync_api import Page, Route, expect

LOST = "انقطع الاتصال بالخادم. نحاول إعادته، ومحادثتك محفوظة."


def slow(page: Page, milliseconds: int) -> None:
    """Answers come that much later, as over a slow network."""

    def late(route: Route) -> None:
        page.wait_for_timeout(milliseconds)
        route.continue_()

    page.route("**/page/ask", late)


def open_list(page: Page) -> None:
    page.click("#cica-conversations")
    page.locator(".cica-panel-conversations[open]").wait_for()


def settled(page: Page, count: int) -> None:
    expect(page.locator(".cica-is-answered")).to_have_count(count, timeout=ANSWER_MS)


def test_over_a_slow_network_the_question_shows_at_once_and_what_is_typed_stays(
    opened: Opened, known: Known
) -> None:
    page = opened()
    slow(page, 1500)
    page.fill(BOX, known.fact.question)
    shown = page.evaluate("""() => {
      document.querySelector("#cica-send").click();
      return [document.querySelector(".cica-question").textContent,
        document.querySelector("#cica-question textarea").value];
    }""")
    assert shown == [known.fact.question, ""]
    page.type(BOX, "ما كُتب بعده")
    settled(page, 1)
    page.wait_for_timeout(300)
    expect(page.locator(BOX)).to_have_value("ما كُتب بعده")


def test_an_open_source_stays_open_while_one_asks_on(opened: Opened, known: Known) -> None:
    page = opened()
    ask(page, known.fact.question).locator(".cica-chip").first.click()
    expect(page.locator(PANE)).to_be_focused()
    begin(page, known.listed.question)
    expect(page.locator(PANE)).to_be_visible()
    settled(page, 2)
    expect(page.locator(PANE)).to_be_visible()
    expect(page.locator(".cica-chip").first).to_have_attribute("aria-expanded", "true")


def test_a_source_that_is_opened_while_an_answer_comes_stays_open_and_keeps_the_focus(
    opened: Opened, known: Known
) -> None:
    page = opened()
    chip = ask(page, known.fact.question).locator(".cica-chip").first
    slow(page, 700)
    begin(page, known.listed.question)
    chip.click()
    settled(page, 2)
    expect(page.locator(PANE)).to_be_focused()


def test_the_network_is_lost_and_comes_back(opened: Opened, known: Known) -> None:
    page = opened()
    page.context.set_offline(True)
    begin(page, known.fact.question)
    expect(page.locator("#cica-lost")).to_have_text(LOST)
    expect(page.locator(BOX)).to_have_value("")
    keep(page, "lost-desktop-light")
    page.context.set_offline(False)
    settled(page, 1)
    expect(page.locator("#cica-lost")).to_be_hidden()
    assert page.locator(".toast-body").count() == 0  # none of Gradio's, in English


def test_a_reload_loses_neither_the_conversation_nor_what_was_typed(
    opened: Opened, known: Known
) -> None:
    page = opened()
    ask(page, known.fact.question)
    ask(page, known.listed.question)
    page.fill(BOX, "لم يُرسل بعد")
    page.reload()
    settled(page, 2)
    expect(page.locator(BOX)).to_have_value("لم يُرسل بعد")
    page.locator(".cica-chip").first.click()
    assert "".join(page.locator("mark:visible").all_inner_texts()).strip()
    page.fill(BOX, "")
    ask(page, known.fact.question)
    settled(page, 3)


def test_what_was_asked_before_a_reload_is_answered_after_it(opened: Opened, known: Known) -> None:
    page = opened()
    page.context.set_offline(True)
    begin(page, known.fact.question)
    page.wait_for_timeout(200)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(".cica-question")).to_have_text([known.fact.question])
    settled(page, 1)


def test_conversations_are_listed_named_deleted_and_brought_back(
    opened: Opened, known: Known
) -> None:
    page = opened()
    ask(page, known.fact.question)
    page.click("#cica-new")
    ask(page, known.listed.question)
    open_list(page)
    rows = page.locator(".cica-panel-conversations .cica-row > span")
    assert rows.all_inner_texts() == [known.listed.question[:80], known.fact.question[:80]]
    keep(page, "conversations-desktop-light")
    page.locator(".cica-list .cica-act").nth(2).click()
    page.locator(".cica-rename input").fill("سؤال <b>التأسيس</b>")
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_have_text("سؤال <b>التأسيس</b>")
    page.locator(".cica-list .cica-act").nth(3).click()
    expect(rows).to_have_count(1)
    page.locator(".cica-message button").click()
    expect(rows).to_have_count(2)
    rows.nth(1).click()
    expect(page.locator(".cica-question")).to_have_text([known.fact.question])
    settled(page, 1)


def test_a_question_is_stopped_edited_and_asked_again(opened: Opened, known: Known) -> None:
    page = opened()
    slow(page, 3000)
    begin(page, known.fact.question)
    page.locator(".cica-thinking button").click()
    expect(page.locator(".cica-is-stopped")).to_have_count(1)
    page.unroute_all(behavior="ignoreErrors")
    page.locator(".cica-edit").click()
    expect(page.locator(BOX)).to_have_value(known.fact.question)
    expect(page.locator(".cica-exchange")).to_have_count(0)
    page.keyboard.press("Enter")
    settled(page, 1)
    ask(page, known.listed.question)
    page.locator(".cica-again").last.click()
    settled(page, 2)
    asked = [known.fact.question, known.listed.question]
    assert page.locator(".cica-question").all_inner_texts() == asked


def test_a_link_asks_its_question(opened: Opened, known: Known) -> None:
    page = opened(path=f"?q={known.fact.question}")
    expect(page.locator(".cica-question")).to_have_text([known.fact.question])
    settled(page, 1)
    assert "?" not in page.url


@pytest.mark.parametrize("kind", ["Markdown", "HTML", "JSON"])
def test_a_conversation_is_taken_along(
    opened: Opened, known: Known, tmp_path: Path, kind: str
) -> None:
    page = opened()
    ask(page, known.fact.question)
    ask(page, known.abstained.question)
    open_list(page)
    with page.expect_download() as coming:
        page.locator(".cica-panel-tools button", has_text=kind).click()
    file = tmp_path / "taken"
    coming.value.save_as(file)
    text = file.read_text(encoding="utf-8")
    assert known.fact.question in text
    assert known.abstained.question in text
    if kind == "JSON":
        text = json.loads(text)["turns"][0]["plain"]
    assert known.fact.citations[0].quote in text
    if kind == "JSON":
        page.locator("input[type=file][accept='.json']").set_input_files(file)
        settled(page, 2)
        open_list(page)
        expect(page.locator(".cica-panel-conversations .cica-row")).to_have_count(2)


def test_a_copy_has_the_words_and_not_the_numbers_beside_them(opened: Opened, known: Known) -> None:
    page = opened()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    exchange = ask(page, known.fact.question)
    exchange.locator(".cica-answer > p").first.evaluate("e => getSelection().selectAllChildren(e)")
    page.keyboard.press("Control+C")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == known.fact.text.strip()
    exchange.locator(".cica-copy").click()
    expect(page.locator(".cica-message")).to_have_count(1)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{known.fact.citations[0].quote} [1]\n\n[1] ")


def test_what_is_too_long_is_said_and_neither_cut_nor_sent(opened: Opened) -> None:
    page = opened()
    page.fill(BOX, "س" * 3000)
    expect(page.locator("#cica-count")).to_contain_text("سؤالك 3000 حرف، والحدّ 2000.")
    page.keyboard.press("Enter")
    expect(page.locator(BOX)).to_have_value("س" * 3000)
    expect(page.locator(".cica-exchange")).to_have_count(0)


def test_a_question_that_begins_with_a_latin_word_runs_right_to_left(opened: Opened) -> None:
    page = opened()
    page.fill(BOX, "CICA ما هي؟")
    expect(page.locator(BOX)).to_have_attribute("dir", "rtl")
    page.fill(BOX, "What is CICA?")
    expect(page.locator(BOX)).to_have_attribute("dir", "ltr")
    exchange = ask(page, "CICA ما هي؟")
    expect(exchange.locator(".cica-question")).to_have_attribute("dir", "rtl")
    ways = "e => [...e.querySelectorAll('p, li')].map((one) => getComputedStyle(one).direction)"
    assert set(exchange.evaluate(ways)) == {"rtl"}


def test_on_paper_all_turns_are_there_with_their_sources(opened: Opened, known: Known) -> None:
    page = opened()
    for answer in (known.fact, known.listed, known.fact):
        ask(page, answer.question)
    page.emulate_media(media="print")
    assert page.locator(".cica-question:visible").count() == 3
    assert page.locator(".cica-footnotes:visible").count() == 3
    assert page.locator("#cica-composer:visible, .cica-actions:visible").count() == 0
    inside = "e => e.scrollHeight <= e.clientHeight + 1"
    assert page.locator("#cica-conversation").evaluate(inside)  # nothing is cut
    assert len(page.pdf()) > 1000
    body = page.evaluate("document.body.scrollHeight")
    last = page.locator(".cica-footnotes").last.bounding_box()
    assert last
    assert last["y"] + last["height"] <= body + page.evaluate("scrollY")


@pytest.mark.parametrize("zoom", [2, 4])
def test_in_a_large_zoom_nothing_is_cut(opened: Opened, known: Known, zoom: int) -> None:
    page = opened()
    page.set_viewport_size({"width": 1280 // zoom, "height": 800 // zoom})
    for selector in (".cica-welcome h2", BOX, "#cica-send", "#cica-new"):
        page.locator(selector).scroll_into_view_if_needed()
        spot = page.locator(selector).bounding_box()
        assert spot
        assert spot["x"] >= 0
        assert spot["x"] + spot["width"] <= 1280 // zoom + 1
        expect(page.locator(selector)).to_be_in_viewport(ratio=0.9)
    ask(page, known.fact.question).locator(".cica-chip").first.click()
    page.locator(".cica-rendered").wait_for()
    page.locator("mark:visible").first.scroll_into_view_if_needed()
    expect(page.locator("mark:visible").first).to_be_in_viewport()
    keep(page, f"zoom-{zoom}")


def test_forced_colours_keep_the_chips_and_the_marks(opened: Opened, known: Known) -> None:
    page = opened()
    page.emulate_media(forced_colors="active")
    chip = ask(page, known.fact.question).locator(".cica-chip").first
    assert chip.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    chip.click()
    mark, around = (
        page.locator(selector).first.evaluate("e => getComputedStyle(e).backgroundColor")
        for selector in ("mark:visible", ".cica-passage")
    )
    assert mark != around


def test_a_question_is_told_to_screen_readers(opened: Opened, known: Known) -> None:
    page = opened()
    exchange = ask(page, known.fact.question)
    expect(exchange.get_by_role("heading", name="السؤال")).to_have_count(1)
    expect(exchange.get_by_role("heading", name="الجواب")).to_have_count(1)


def test_the_page_is_small_and_what_is_pointed_at_says_its_quote(
    opened: Opened, known: Known
) -> None:
    page = opened()
    sizes = "performance.getEntriesByType('resource').map((one) => one.encodedBodySize)"
    page.wait_for_load_state("networkidle")
    own = page.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize")
    assert sum(page.evaluate(sizes)) + own < 900 * 1024
    chip = ask(page, known.fact.question).locator(".cica-chip").first
    chip.focus()
    expect(page.get_by_role("tooltip")).to_have_text(known.fact.citations[0].quote)


def test_the_page_is_english_for_those_who_choose_it_and_dark_or_light(opened: Opened) -> None:
    page = opened()
    open_list(page)
    page.locator(".cica-panel-tools button", has_text="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator(".cica-panel-conversations h2")).to_have_text("Conversations")
    page.keyboard.press("Escape")
    expect(page.locator("#cica-send")).to_have_text("Send")
    page.click("#cica-theme")
    page.reload()
    expect(page.locator("#cica-send")).to_have_text("Send")
    dark = "document.body.classList.contains('dark')"
    page.wait_for_function(dark)


def test_numbers_stand_in_their_order_in_lists_and_before_an_answer(opened: Opened) -> None:
    page = opened()
    question = "من يجيب على 920-001-234 في New York City اليوم؟"
    page.route("**/page/ask", lambda route: route.abort())
    begin(page, question)
    open_list(page)
    for place in (".cica-question", ".cica-panel-conversations .cica-row > span"):
        shown = page.locator(place)
        assert text_of(shown) == question
        assert shown.locator("bdi").all_text_contents() == ["920-001-234", "New York City"]
        boxes = shown.evaluate(BOXES, ["920", "001", "234", "New", "York", "City"])
        for one, following in ((0, 1), (1, 2), (3, 4), (4, 5)):
            assert boxes[one]["right"] < boxes[following]["left"] + 4
