"""The chat as a person uses it: real server, real index, real Chromium."""

import pytest
from live import ANSWER_MS, BOX, BOXES, DOCUMENTS, PANE, Known, Opened, ask, begin, keep, text_of
from playwright.sync_api import Locator, Page, expect

from cica_qa.chat import render
from cica_qa.chat.sources import source
from cica_qa.chat.whole import whole
from cica_qa.types import Answer, Citation, Document, Hit, Passage

TEXT = (DOCUMENTS / "cica.txt").read_bytes().decode("utf-8")
HOSTILE = "<img src=x onerror=alert(1)> **a** $x$ # b {{7*7}} ${alert(2)} <script>alert(3)</script>"


def flat(text: str) -> str:
    return "".join(text.split())


def without_marks(text: str) -> str:
    """The text without the bullets that lists show by themselves, and what wraps the article."""
    for wrapper in ("<![CDATA[", "]]>"):
        text = text.replace(wrapper, "")
    return "\n".join(line.strip().removeprefix("•") for line in text.splitlines())


def no_sideways_scroll(page: Page) -> bool:
    script = """() => [document.documentElement, document.querySelector("#cica-conversation")]
        .every((e) => e.scrollWidth <= e.clientWidth)"""
    return bool(page.evaluate(script))


def text_beside(chip: Locator) -> bool:
    """Whether a word of the answer stands on the line of a chip."""
    script = """(chip) => {
        const line = chip.getBoundingClientRect()
        const words = document.createTreeWalker(chip.closest("p, li"), NodeFilter.SHOW_TEXT)
        while (words.nextNode()) {
            const text = words.currentNode
            if (!text.data.trim() || text.parentElement.closest(".cica-chip")) continue
            const range = document.createRange()
            range.selectNode(text)
            for (const box of range.getClientRects())
                if (box.bottom > line.top + 4 && box.top < line.bottom - 4) return true
        }
        return false
    }"""
    return bool(chip.evaluate(script))


def test_a_chip_never_stands_alone_on_a_line(opened: Opened, known: Known) -> None:
    page = opened()
    chip = ask(page, known.fact.question).locator(".cica-chip").first
    for width in range(340, 1000, 12):
        page.set_viewport_size({"width": width, "height": 800})
        assert text_beside(chip), width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_citation_shows_its_quote_in_the_source(
    opened: Opened, known: Known, size: str, scheme: str
) -> None:
    page, citation = opened(size, scheme), known.fact.citations[0]
    exchange = ask(page, known.fact.question)
    answer = exchange.locator(".cica-answer")
    exchange.locator(".cica-chip").first.click()
    panel, mark = page.locator(PANE), page.locator("mark:visible")
    expect(panel).to_have_count(1)
    assert text_of(mark) == citation.quote == TEXT[citation.start : citation.end]
    cited = next(h.passage for h in known.fact.hits if h.passage.passage_id == citation.passage_id)
    assert text_of(panel.locator("header > h3")) == TEXT.splitlines()[0]
    assert panel.locator(".cica-place").inner_text() == cited.headings[-1]
    whole = panel.locator(".cica-rendered")  # the document, in the place of the passage
    assert flat(text_of(whole)) == flat(without_marks(TEXT))
    assert text_of(mark.first) == citation.quote
    assert whole.locator("li").count() > 20
    expect(mark).to_be_in_viewport()
    place, below = panel.bounding_box(), answer.bounding_box()
    assert place
    assert below
    if size == "desktop":
        assert place["x"] + place["width"] <= below["x"]
        assert place["y"] < below["y"] + below["height"]
    else:
        assert place["y"] >= below["y"] + below["height"]
        assert abs(place["width"] - below["width"]) < 2
    assert no_sideways_scroll(page)
    keep(page, f"answer-{size}-{scheme}")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_brackets_stand_around_latin_in_an_arabic_title(
    opened: Opened, known: Known, size: str
) -> None:
    """Read from right to left, also where the title wraps: «… آسيا (Conference … – CICA)»."""
    page = opened(size)
    ask(page, known.fact.question).locator(".cica-chip").first.click()
    heading = page.locator(f"{PANE} header > h3")
    boxes = heading.evaluate(BOXES, ["(", "Conference", "CICA", ")"])
    opening, first, last, closing = boxes
    assert (opening["y"], closing["y"]) == (first["y"], last["y"])
    assert opening["left"] > first["right"] - 1
    assert closing["right"] < last["left"] + 1


def test_latin_that_is_marked_in_part_keeps_its_order(opened: Opened) -> None:
    """In an answer, in its passage and in the whole document, words stand left to right."""
    page = opened()
    text = "مقر Bureau with Measures في ألماتي"
    passage = Passage("d", "d", 0, len(text), text, ())
    for first, last in (("مقر", "Bureau"), ("with", "Measures"), ("Measures", "ألماتي")):
        start, end = text.index(first), text.index(last) + len(last)
        citation = Citation(1, "d", "d", start, end, text[start:end])
        whole_line = Citation(1, "d", "d", 0, len(text), text, focus=((start, end),))
        hits = (Hit(passage, 1.0, 1),)
        shown = [
            render.answer(Answer("س؟", text, (whole_line,), hits), lambda _: "و"),
            source(1, "و", "و", hits[0], (citation.start, citation.end)),
            whole(Document("d", "و", text), start, end).markup,
        ]
        for markup in shown:
            place = page.locator(".cica-welcome, .cica-trial").first
            put = f'<div class="cica-trial" dir="rtl">{markup.replace("template", "div")}</div>'
            place.evaluate("(e, markup) => { e.outerHTML = markup }", put)
            words = ["مقر", "Bureau", "with", "Measures", "ألماتي"]
            before, *latin, after = page.locator(".cica-trial").evaluate(BOXES, words)
            assert {box["y"] for box in latin} == {latin[0]["y"]}
            assert [box["left"] for box in latin] == sorted(box["left"] for box in latin)
            assert before["left"] > latin[-1]["right"] > latin[0]["left"] > after["right"]


def test_a_quoted_list_is_a_list_and_is_highlighted_whole(opened: Opened, known: Known) -> None:
    page = opened()
    exchange = ask(page, known.listed.question)
    assert exchange.locator(".cica-answer li").count() == known.listed.text.count("•")
    assert "•" not in exchange.locator(".cica-answer").inner_text()
    exchange.locator(".cica-chip").last.click()
    quote = known.listed.citations[-1].quote
    expect(page.locator(".cica-rendered mark").first).to_be_visible()
    marked = "".join(page.locator("mark:visible").all_inner_texts())
    assert flat(marked) == flat(without_marks(quote))
    keep(page, "list-desktop-light")


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_an_abstention_looks_different_and_offers_passages(
    opened: Opened, known: Known, size: str, scheme: str
) -> None:
    page = opened(size, scheme)
    answered, abstained = ask(page, known.fact.question), ask(page, known.abstained.question)
    card = abstained.locator(".cica-abstention")
    expect(card).to_be_visible()
    expect(abstained.locator(".cica-answer")).to_have_count(0)
    expect(abstained.locator(".cica-chip")).to_have_count(0)
    background = "e => getComputedStyle(e).backgroundColor"
    assert card.evaluate(background) != answered.locator(".cica-answer").evaluate(background)
    assert "لم أجد جوابًا مؤكَّدًا في وثائقك. قد يفيدك ما يلي:" in card.inner_text()
    near = abstained.locator(".cica-near")
    assert near.count() == 3
    keep(page, f"abstention-{size}-{scheme}")
    near.first.click()
    panel = page.locator(PANE)
    expect(panel).to_have_count(1)
    shown = flat(text_of(panel.locator(".cica-passage")))
    assert flat(without_marks(known.abstained.hits[0].passage.text)) in shown.replace("•", "")
    assert panel.locator("mark").count() == 0
    assert no_sideways_scroll(page)


def test_an_empty_question_changes_nothing(opened: Opened, known: Known) -> None:
    page = opened()
    for blank in ("", "   ", "\n"):
        page.fill(BOX, blank)
        page.click("#cica-send")
        page.wait_for_timeout(400)  # long enough for an answer to begin
        assert page.locator(".cica-exchange").count() == 0
    assert ask(page, known.fact.question).locator(".cica-answer").count() == 1


def test_a_question_that_cannot_be_searched_is_kept_in_the_box(
    opened: Opened, known: Known
) -> None:
    page = opened()
    exchange = ask(page, "؟؟!! 🙂")
    expect(exchange.locator(".cica-notice")).to_be_visible()
    assert exchange.locator(".cica-notice p").inner_text().strip()
    expect(page.locator(BOX)).to_have_value("؟؟!! 🙂")
    keep(page, "notice-desktop-light")
    assert ask(page, known.fact.question).locator(".cica-answer").count() == 1
    expect(page.locator(BOX)).to_have_value("")


def test_hostile_markup_is_shown_and_never_run(opened: Opened) -> None:
    page = opened("phone")
    exchange = ask(page, HOSTILE)
    assert exchange.locator(".cica-question").evaluate("e => e.textContent") == HOSTILE
    assert page.locator("#cica-conversation :is(img, script, em, .katex)").count() == 0
    assert no_sideways_scroll(page)
    keep(page, "hostile-phone-light")


def test_earlier_citations_still_open_and_a_new_conversation_is_empty(
    opened: Opened, known: Known
) -> None:
    page = opened()
    first = ask(page, known.fact.question)
    ask(page, known.listed.question)
    first.locator(".cica-chip").first.click()
    assert text_of(page.locator("mark:visible")) == known.fact.citations[0].quote
    page.click("#cica-new")
    expect(page.locator(".cica-exchange")).to_have_count(0)
    expect(page.locator(".cica-welcome")).to_be_visible()
    assert page.locator(PANE).count() == 0


def test_examples_are_asked_with_one_click(opened: Opened) -> None:
    page = opened()
    example = page.locator(".cica-suggested .cica-ask").first
    question = example.inner_text()
    keep(page, "welcome-desktop-light")
    example.click()
    page.locator(".cica-exchange :is(.cica-answer, .cica-card)").first.wait_for(timeout=60_000)
    assert page.locator(".cica-question").inner_text() == question
    expect(page.locator(".cica-suggested")).to_be_hidden()
    expect(page.locator(BOX)).to_be_focused()
    assert page.locator(".cica-abstention").count() == 0  # what is offered has an answer


@pytest.mark.parametrize("how", ["enter", "button"])
def test_what_is_typed_while_an_answer_arrives_is_asked_after_it(
    opened: Opened, known: Known, how: str
) -> None:
    page = opened()
    begin(page, known.listed.question)
    page.type(BOX, known.fact.question, delay=2)
    page.keyboard.press("Enter") if how == "enter" else page.click("#cica-send")
    exchanges = page.locator(".cica-exchange")
    expect(exchanges.nth(1).locator(".cica-chip")).to_have_count(
        len(known.fact.citations), timeout=ANSWER_MS
    )
    asked = [known.listed.question, known.fact.question]
    assert page.locator(".cica-question").all_inner_texts() == asked
    expect(page.locator(BOX)).to_have_value("")


def test_an_example_and_a_question_typed_at_once_are_one_conversation(
    opened: Opened, known: Known
) -> None:
    page = opened()
    example = page.locator(".cica-suggested .cica-ask").first
    question = example.inner_text()
    example.click()
    page.locator(".cica-question").last.wait_for()
    page.fill(BOX, known.fact.question)
    page.keyboard.press("Enter")
    expect(page.locator(".cica-exchange")).to_have_count(2, timeout=ANSWER_MS)
    page.locator('.cica-log[aria-busy="false"]').wait_for(timeout=ANSWER_MS)
    assert page.locator(".cica-question").all_inner_texts() == [question, known.fact.question]


def test_what_is_being_typed_when_an_answer_is_complete_stays(opened: Opened, known: Known) -> None:
    page = opened()
    begin(page, known.listed.question)
    page.fill(BOX, known.fact.question)
    page.locator('.cica-log[aria-busy="false"]').wait_for(timeout=ANSWER_MS)
    page.wait_for_timeout(500)  # long enough for whatever comes after the last part
    expect(page.locator(BOX)).to_have_value(known.fact.question)
    expect(page.locator(".cica-exchange")).to_have_count(1)


def test_a_new_conversation_drops_what_was_still_to_be_asked(opened: Opened, known: Known) -> None:
    page = opened()
    begin(page, known.listed.question)
    page.fill(BOX, known.fact.question)
    page.keyboard.press("Enter")
    page.click("#cica-new")
    expect(page.locator(".cica-welcome")).to_be_visible()
    page.wait_for_timeout(1500)  # long enough for a question to be asked and answered
    expect(page.locator(".cica-exchange")).to_have_count(0)
    expect(page.locator(BOX)).to_have_value("")
    assert ask(page, known.fact.question).locator(".cica-answer").count() == 1
    expect(page.locator(".cica-exchange")).to_have_count(1)


def test_a_new_conversation_stays_empty_whenever_it_is_begun(opened: Opened, known: Known) -> None:
    page = opened()
    for milliseconds in range(0, 420, 30):  # while the answer is looked for, arrives and is there
        begin(page, known.listed.question)
        page.wait_for_timeout(milliseconds)
        page.click("#cica-new")
        expect(page.locator(".cica-welcome")).to_be_visible()
        page.wait_for_timeout(300)  # what was still under way would have come by then
        expect(page.locator(".cica-exchange")).to_have_count(0)
    ask(page, known.fact.question)
    expect(page.locator(".cica-exchange")).to_have_count(1)


def test_a_new_conversation_leaves_what_is_typed_after_it(opened: Opened, known: Known) -> None:
    page = opened()
    ask(page, known.fact.question)
    page.click("#cica-new")
    expect(page.locator(".cica-welcome")).to_be_visible()
    page.type(BOX, known.fact.question)
    expect(page.locator(BOX)).to_have_value(known.fact.question)
    page.click("#cica-new")
    expect(page.locator(BOX)).to_have_value("")
    expect(page.locator(".cica-welcome")).to_be_visible()


def test_the_keyboard_opens_and_closes_a_source(opened: Opened, known: Known) -> None:
    page = opened()
    chip = ask(page, known.fact.question).locator(".cica-chip").first
    assert "الاستشهاد 1" in (chip.get_attribute("aria-label") or "")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if chip.evaluate("e => e === document.activeElement"):
            break
    expect(chip).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.locator(PANE)
    expect(panel).to_be_focused()
    expect(chip).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(chip).to_be_focused()
    expect(chip).to_have_attribute("aria-expanded", "false")


def test_the_page_is_arabic_and_draws_with_its_own_font(opened: Opened) -> None:
    page = opened()
    root = page.locator("html")
    expect(root).to_have_attribute("lang", "ar")
    expect(root).to_have_attribute("dir", "rtl")
    loaded = "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    assert "IBM Plex Sans Arabic" in {name.strip("\"'") for name in page.evaluate(loaded)}
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    document = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("#cica-name h1", ".cica-welcome p", "#cica-send", BOX):
        node = session.send("DOM.querySelector", {"nodeId": document, "selector": selector})
        fonts = session.send("CSS.getPlatformFontsForNode", node)["fonts"]
        used = {(font["familyName"], font["isCustomFont"]) for font in fonts}
        assert used <= {("IBM Plex Sans Arabic", True), ("IBM Plex Sans Arabic SemiBold", True)}
    assert page.locator("footer:visible").count() == 0


CONTRAST = """(e) => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  let under = e;
  while (channels(getComputedStyle(under).backgroundColor)[3] === 0) under = under.parentElement;
  const [a, b] = [getComputedStyle(e).color, getComputedStyle(under).backgroundColor]
    .map((c) => light(channels(c))).sort((x, y) => y - x);
  return (a + .05) / (b + .05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(opened: Opened, known: Known, scheme: str) -> None:
    page = opened("desktop", scheme)
    ask(page, known.fact.question).locator(".cica-chip").first.click()
    shown = ["#cica-name h1", "#cica-name p", ".cica-question", ".cica-answer p", ".cica-chip"]
    shown += ["mark", ".cica-passage", ".cica-pane h3", "#cica-send", "#cica-new", ".cica-sure"]
    for selector in shown:
        ratio = page.locator(selector).first.evaluate(CONTRAST)
        assert ratio >= 4.5, (selector, ratio)
    ask(page, known.abstained.question)
    for selector in (".cica-abstention strong", ".cica-near strong", ".cica-near span"):
        ratio = page.locator(selector).first.evaluate(CONTRAST)
        assert ratio >= 4.5, (selector, ratio)
    page_is_dark = page.locator(".gradio-container").evaluate(
        "e => getComputedStyle(e).backgroundColor.match(/\\d+/g).every((v) => v < 64)"
    )
    assert page_is_dark == (scheme == "dark")
