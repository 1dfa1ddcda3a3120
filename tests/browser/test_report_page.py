"""The report of an evaluation in Chromium, opened from its file as a user would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from live import ARTIFACTS, SIZES, running_browser
from playwright.sync_api import Browser, Page, expect

from cica_qa.evaluation.report import write_reports
from cica_qa.evaluation.types import (
    Comparison,
    Estimate,
    Gold,
    NoiseDrop,
    Outcome,
    Point,
    Question,
    RunHit,
    SetProblem,
    SetResult,
    Slice,
)
from cica_qa.types import Citation

HOSTILE = "</script><img src=x onerror=alert(1)> \u202eقلب"
PASSAGE = (
    "بدأ العمل على تأسيس المؤتمر عام 1992 بمبادرة من كازاخستان، ثم توالت اللقاءات بين الدول "
    "المهتمة حتى عُقد أول اجتماع لوزراء الخارجية في ألماتي عام 1999."
)
TOPICS = ("تأسيس المؤتمر", "الأمانة العامة", "الدول الأعضاء", "اجتماع الوزراء", "مُؤَسَّسة آسيا")
METRICS = [
    *"nDCG@10 RR@10 R@5 EM F1 Holds Sentence AUROC".split(),
    *("Citation precision", "Citation recall", "Wrong refusal", "Wrong answer"),
]


def outcomes() -> Iterator[Outcome]:
    """120 questions: 70 right, 30 wrong, 19 refused (of these 10 rightly), and an error."""
    for at in range(120):
        kind = (
            "error" if at == 119 else "refused" if at >= 100 else "wrong" if at >= 70 else "right"
        )
        question = Question(
            f"s{at + 1}",
            HOSTILE if at == 70 else f"ماذا قيل عن {TOPICS[at % 5]} في الفقرة {at + 1}؟",
            () if at >= 110 else (Gold("1992"), Gold("عام 1992")),
            answerable=at < 110,
            relevant={"خلفية تاريخية": 1},
            columns={"نوع السؤال": "عدد" if at % 3 else "وصف"},
        )
        right = float(kind == "right" or 110 <= at < 119)
        if kind == "error":
            yield Outcome(
                question, question.text, error="تعذّرت قراءة الفهرس.", figures={"Right": 0}
            )
            continue
        figures = {"F1": right or at / 200, "Right": right, "R@5": 1.0}
        found = (RunHit("خلفية تاريخية", 2.5), RunHit("العضوية", 1.5))
        if kind == "refused":
            reason = "لم يُعثر في النص على ما يكفي للجواب."
            yield Outcome(
                question, question.text, abstained=True, reason=reason, found=found, figures=figures
            )
            continue
        cited = (Citation(1, "p", "cica.txt", 300, 300 + len(PASSAGE), PASSAGE, ((328, 336),)),)
        yield Outcome(
            question,
            question.text,
            answer="بدأ العمل على تأسيس المؤتمر عام 1992.",
            span="عام 1992",
            cited=cited,
            confidence=1 - at / 150,
            found=found,
            figures=figures,
        )


def result() -> SetResult:
    figures = {
        name: Estimate(0.6 + at / 50, 0.5 + at / 50, 0.7 + at / 50, 110)
        for at, name in enumerate(METRICS)
    }
    few = {name: figures[name] for name in ("RR@10", "F1", "Holds")}
    losses = {name: Estimate(0.05, -0.01, 0.11, 110) for name in few}
    return SetResult(
        name="cica",
        format="cica",
        unit="section",
        counts={"questions": 120, "answerable": 110, "answered": 100, "abstained": 19, "errors": 1},
        figures=figures,
        slices=tuple(
            Slice("نوع السؤال", value, count, few) for value, count in (("عدد", 80), ("صلة", 4))
        ),
        drops=(NoiseDrop("بلا همزات", 87, few, losses), NoiseDrop("أخطاء طباعة", 110, few, losses)),
        risk=tuple(Point(at / 40, 0.04 + 0.3 * (at / 40) ** 2) for at in range(1, 41)),
        reliability=tuple(Point(0.05 + at / 10, 0.1 + at * 0.09, 3 + at) for at in range(10)),
        latency={"p50": 0.031, "p95": 0.074, "p99": 0.083, "mean": 0.036, "total": 4.3},
        histogram=tuple(Point(at / 100, (at + 1) / 100, 18 - at * 2) for at in range(9)),
        problems=(SetProblem("cica.jsonl", 12, "duplicate-id", "المعرّف s12 مكرّر."),),
        configuration={"index": {"documents": 1, "passages": 112}, "versions": {"python": "3.11"}},
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    gain = Estimate(0.034, 0.008, 0.061, 110)
    compared = [
        Comparison("cica", "nDCG@10", 0.566, gain, 0.004, 0.012, 310),
        Comparison("cica", "F1", 0.66, Estimate(0.012, -0.02, 0.04, 110), 0.21, 0.42, 1234),
        Comparison("cica", "Wrong answer", 0.8, gain, 0.0002, 0.0006, 90),
    ]
    write_reports(folder, [result()], {"cica": outcomes}, compared, "الإصدار السابق")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


class Opened:
    """Opens the report, and allows no script error, dialog or request except for the file."""

    def __init__(self, browser: Browser, report: Path) -> None:
        self.browser, self.address = browser, report.as_uri()
        self.trouble: list[str] = []

    def __call__(self, size: str = "desktop", scheme: str = "light") -> Page:
        context = self.browser.new_context(viewport=SIZES[size], color_scheme=scheme)
        page = context.new_page()
        page.on("request", lambda request: self.note(request.url, request.url != self.address))
        page.on("console", lambda message: self.note(message.text))
        page.on("pageerror", lambda error: self.note(str(error)))
        page.on("dialog", lambda dialog: (self.note(dialog.message), dialog.dismiss()))
        page.goto(self.address)
        return page

    def note(self, what: str, wrong: bool = True) -> None:
        if wrong:
            self.trouble.append(what)


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Opened]:
    pages = Opened(browser, report)
    yield pages
    assert pages.trouble == []
    for context in browser.contexts:
        context.close()


def rows(page: Page) -> int:
    return page.locator("#questions tbody tr:not(.detail)").count()


def told(page: Page) -> str:
    return page.locator("#shown").inner_text()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).select_option(label=option, timeout=5000)


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_page_fits_its_window(opened: Opened, size: str, scheme: str) -> None:
    page = opened(size, scheme)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 24, 26)"
    assert dark == (scheme == "dark")
    assert no_sideways_scroll(page)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for part in ("headline", "plots", "failures", "all"):
        page.evaluate("id => document.getElementById(id).scrollIntoView()", part)
        shot = ARTIFACTS / f"report-{part}-{size}-{scheme}.png"
        page.screenshot(path=shot, animations="disabled")
    page.locator("#questions .open").first.click()
    page.locator("#questions .detail").scroll_into_view_if_needed()
    assert no_sideways_scroll(page)
    if size == "phone":  # details are readable without scrolling the table
        box = page.locator("#questions .detail dl").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    page.screenshot(path=ARTIFACTS / f"report-detail-{size}-{scheme}.png", animations="disabled")


def test_the_language_is_switched_and_kept(opened: Opened) -> None:
    page = opened()
    html = page.locator("html")
    expect(html).to_have_attribute("dir", "rtl")
    expect(page).to_have_title("تقرير التقييم: cica")
    expect(page.locator("#headline h2")).to_have_text("النتائج", use_inner_text=True)
    page.get_by_role("button", name="English").click()
    for _ in range(2):
        expect(html).to_have_attribute("dir", "ltr")
        expect(html).to_have_attribute("lang", "en")
        expect(page).to_have_title("Evaluation report: cica")
        expect(page.locator("#headline h2")).to_have_text("Results", use_inner_text=True)
        expect(page.locator("nav")).to_have_attribute("aria-label", "Parts of the report")
        expect(page.locator("#plots svg").first).to_have_attribute(
            "aria-label", "Risk against coverage"
        )
        expect(page.locator("#filters option").nth(1)).to_have_text("Right")
        page.reload()
    page.get_by_role("button", name="العربية").click()
    expect(html).to_have_attribute("dir", "rtl")


def test_the_theme_is_switched_and_kept(opened: Opened) -> None:
    page = opened(scheme="light")
    page.locator("#theme").click()
    for _ in range(2):
        expect(page.locator("body")).to_have_css("background-color", "rgb(17, 24, 26)")
        page.reload()
    page.locator("#theme").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 244, 239)")


def test_search_ignores_spelling_variants(opened: Opened) -> None:
    page = opened()
    assert (rows(page), told(page)) == (50, "الأسئلة المعروضة: 1–50 من 120")
    page.fill("#search", "الامانه العامه")
    assert told(page).endswith("1–24 من 24")
    page.fill("#search", "موسسه اسيا")
    assert rows(page) == 24
    page.fill("#search", "لا وجود لهذا")
    assert rows(page) == 0
    expect(page.locator("#questions tbody")).to_contain_text("لا أسئلة توافق ما اخترته.")


@pytest.mark.parametrize(
    ("chosen", "count"), [("صواب", 79), ("خطأ", 40), ("امتناع", 19), ("عطل", 1), ("الكل", 120)]
)
def test_judgements_filter(opened: Opened, chosen: str, count: int) -> None:
    page = opened()
    choose(page, "الحكم", chosen)
    assert told(page).endswith(f" من {count}")


def test_filters_narrow_together_and_pages_turn(opened: Opened) -> None:
    page = opened()
    choose(page, "نوع السؤال", "وصف")
    assert told(page).endswith("1–40 من 40")
    choose(page, "الحكم", "عطل")
    assert rows(page) == 0
    choose(page, "نوع السؤال", "الكل")
    choose(page, "الحكم", "الكل")
    page.locator("#next").click()
    page.locator("#next").click()
    assert (rows(page), told(page)) == (20, "الأسئلة المعروضة: 101–120 من 120")
    expect(page.locator("#next")).to_be_disabled()


def test_columns_sort_both_ways_with_missing_values_last(opened: Opened) -> None:
    page = opened()
    heading = page.locator("#questions thead th").nth(4)
    first = page.locator("#questions tbody tr").first
    heading.locator("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(first.locator(".open")).to_have_text("s100")
    heading.locator("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(first.locator(".open")).to_have_text("s1")
    page.locator("#next").click()
    page.locator("#next").click()
    expect(page.locator("#questions tbody tr").last.locator("td").nth(4)).to_have_text("—")


def test_a_question_opens_with_the_keyboard_and_shows_texts_as_they_are(opened: Opened) -> None:
    page = opened()
    page.fill("#search", "onerror")
    button = page.locator("#questions .open")
    button.focus()
    page.keyboard.press("Enter")
    detail = page.locator("#questions .detail")
    expect(detail).to_contain_text(HOSTILE)
    expect(detail.locator("mark")).to_have_text(PASSAGE[28:36])
    assert page.locator("img").count() == 0
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(detail).to_have_count(0)


def test_print_opens_details_and_hides_controls(opened: Opened) -> None:
    page = opened(scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator(".switches")).to_be_hidden()
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
