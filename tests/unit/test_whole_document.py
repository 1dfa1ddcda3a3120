"""Rendering of whole documents: structure, characters, and the highlighted span."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from cica_qa.chat.whole import SHOWN, whole
from cica_qa.types import Document, Page

MARKDOWN = """# عقد الإيجار

## الشقة

يلتزم **المستأجر** بالدفع في 12/05/2024.

- أول
- ثانٍ

| البند | القيمة |
|---|---|
| الأجرة | 3,500 |
| الضمان | 10% |
"""


def text_of(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


def test_headings_lists_and_tables_are_rendered() -> None:
    document = Document("d", "عقد الإيجار", MARKDOWN, metadata={"format": "markdown"})
    start = MARKDOWN.index("3,500")
    markup = whole(document, start, start + 5).markup
    assert '<h2 dir="rtl">عقد الإيجار</h2>' in markup
    assert '<h4 dir="rtl">الشقة</h4>' in markup or '<h3 dir="rtl">الشقة</h3>' in markup
    assert '<li dir="rtl">أول</li><li dir="rtl">ثانٍ</li>' in markup
    assert "<th>البند</th><th>القيمة</th>" in markup
    assert '<td>الأجرة</td><td><mark><bdi dir="ltr">3,500</bdi></mark></td>' in markup
    assert '<bdi dir="ltr">12/05/2024</bdi>' in markup
    assert "**" not in markup


def test_page_markers_stand_where_pages_begin() -> None:
    text = "الأولى هنا.\n\nالثانية هنا."
    document = Document("d", "", text, pages=(Page("1", 0, 13), Page("2", 13, len(text))))
    markup = whole(document).markup
    assert re.findall(r"ص \d", markup) == ["ص 1", "ص 2"]


def test_a_long_document_is_shown_around_the_highlight() -> None:
    text = "".join(f"الفقرة {n} فيها كلام يكفي للقراءة.\n\n" for n in range(12_000))
    start = text.index("الفقرة 9000 ")
    shown = whole(Document("d", "", text), start, start + 11)
    assert shown.cut
    assert len(text_of(shown.markup)) <= SHOWN
    assert "<mark>الفقرة 9000</mark>" in shown.markup


def test_marks_and_labels_do_not_split_latin_text() -> None:
    text = "الجهة: Ministry of Health and Prevention\nCall center: Abu Dhabi هنا"
    start = text.index("of Health")
    markup = whole(Document("d", "", text), start, start + 9).markup
    assert "Ministry <mark>of Health</mark> and Prevention</bdi>" in markup
    assert re.findall("<mark>(.*?)</mark>", markup) == ["of Health"]
    assert "<b>Call center</b>: Abu Dhabi</bdi> هنا" in markup


@given(st.text(alphabet="ابتث جح<>&\"'*_#|-•:؟.\n\t123(){}[]", max_size=300), st.data())
def test_markup_contains_all_text_and_highlights_the_span(text: str, data) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    markup = whole(Document("d", "", text), start, end).markup
    tags = set(re.findall(r"<(/?\w+)", markup))
    known = "h2 h3 h4 h5 p b ul li div table tr td th mark bdi a".split()
    assert tags <= {*known, *(f"/{one}" for one in known)}
    marked = text_of("".join(re.findall(r"<mark>(.*?)</mark>", markup, re.DOTALL)))
    assert all(letter in text[start:end] for letter in marked)
    flat = re.sub(r"\s", "", text)
    assert all(letter in flat for letter in re.sub(r"\s", "", text_of(markup)))
