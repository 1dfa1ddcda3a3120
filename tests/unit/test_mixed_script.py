"""Latin in Arabic: which way a text runs, what is isolated in it, and what is a link."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.chat.mixed import Mark, direction, escape, isolated, lines


def isolates(text: str) -> list[str]:
    found = re.findall(r"<(?:bdi|a)[^>]*>(.*?)</(?:bdi|a)>", isolated(text))
    return [unescape(one) for one in found]


def links(text: str) -> list[tuple[str, str]]:
    return re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', isolated(text))


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("FATF هي مجموعة العمل المالي", "rtl"),
        ("iPhone 15 برو", "rtl"),
        ("Hello, world", "ltr"),
        ("1999 - 2001", "rtl"),
        ("920-001-234", "rtl"),
        ("", "rtl"),
        ("C++ و Java", "rtl"),
        ("ﺳﻼم abc", "rtl"),
    ],
)
def test_a_text_is_right_to_left_unless_it_has_letters_and_no_arabic_one(text, way):
    assert direction(text) == way


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("اتصل على 920-001-234 الآن", ["920-001-234"]),
        ("من 10-15 يومًا", ["10-15"]),
        ("بين 2020–2024", ["2020–2024"]),
        ("معيار ISO-9001:2015 المعتمد", ["ISO-9001:2015"]),
        ("يوم 12/05/2024 صباحًا", ["12/05/2024"]),
        ("يوم 2024-05-12 صباحًا", ["2024-05-12"]),
        ("بنسبة 15% تقريبًا", ["15%"]),
        ("نحو 3.5 ملايين و1,250,000 ريال", ["3.5", "1,250,000"]),
        ("لغة C++ ولغة C# و.NET", ["C++", "C#", ".NET"]),
        ("عند -5 درجات", ["-5"]),
        ("نظام Windows 11 الجديد", ["Windows 11"]),
        ("شركة Johnson & Johnson العالمية", ["Johnson & Johnson"]),
        ("آسيا (Measures in Asia – CICA)", ["Measures in Asia – CICA"]),
        ("في Almaty, Kazakhstan عام 1999", ["Almaty, Kazakhstan"]),
        ("بين C++, C# و Go", ["C++", "C#"]),
        ("من 5 – 7 أيام", []),
        ("الملف /a/b.txt هنا", ["a/b.txt"]),
        ("المادة (7) والبند 3", []),
        ("سنة 1999", []),
        ("كلمة بلا لاتيني", []),
        ("٢٠٢٤ و٥٪", []),
    ],
)
def test_what_reads_from_left_to_right_is_isolated_whole(text, found):
    assert isolates(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("انظر https://example.org/a?b=1&c=(2).", [("https://example.org/a?b=1&amp;c=(2)",) * 2]),
        ("(انظر www.example.org)", [("https://www.example.org", "www.example.org")]),
        ("راسل info@example.org.", [("mailto:info@example.org", "info@example.org")]),
        ("هاتف 920-001-234،", [("tel:920001234", "920-001-234")]),
        ("هاتف +966 50 123 4567", [("tel:+966501234567", "+966 50 123 4567")]),
        ("جوال ٠٥٠١٢٣٤٥٦٧", [("tel:0501234567", "٠٥٠١٢٣٤٥٦٧")]),
        ("رقم الهوية 1029384756 هنا", []),
        ("في 12/05/2024 و2024-05-12", []),
        ("مبلغ 1,250,000 ريال", []),
        ("javascript:alert(1)", []),
        ("الحساب SA4420000001234567891234", []),
    ],
)
def test_addresses_and_telephone_numbers_are_links_and_nothing_else_is(text, found):
    assert links(text) == found


def test_without_links_they_are_isolated_only():
    assert isolated("هاتف 920-001-234", links=False) == 'هاتف <bdi dir="ltr">920-001-234</bdi>'


def test_a_line_without_an_arabic_letter_runs_from_left_to_right_among_others():
    shown = lines("العنوان\nAnnual report (2024)\nنص")
    assert shown.startswith("العنوان\n")
    assert '<bdi dir="ltr">' in shown.splitlines()[1]
    assert "bdi" not in shown.splitlines()[2]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (0, 3, '<i>في </i><bdi dir="ltr">New York City</bdi> أمس'),
        (3, 16, 'في <i><bdi dir="ltr">New York City</bdi></i> أمس'),
        (7, 11, 'في <bdi dir="ltr">New <i>York</i> City</bdi> أمس'),
        (0, 6, '<i>في </i><bdi dir="ltr"><i>New</i> York City</bdi> أمس'),
        (12, 20, 'في <bdi dir="ltr">New York <i>City</i></bdi><i> أمس</i>'),
        (5, 5, 'في <bdi dir="ltr">New York City</bdi> أمس'),
    ],
)
def test_a_mark_leaves_what_is_isolated_in_one_piece(start: int, end: int, shown: str) -> None:
    assert isolated("في New York City أمس", [Mark(start, end, "i")]) == shown


def test_a_mark_in_a_link_leaves_the_link_in_one_piece() -> None:
    shown = isolated("هاتف 920-001-234", [Mark(0, 8, 'b class="c"')])
    assert shown.startswith('<b class="c">هاتف </b><a href="tel:920001234"')
    assert shown.endswith('><b class="c">920</b>-001-234</a>')


@given(st.text("ab 1-.@:/\nب", max_size=40), st.lists(st.tuples(*[st.integers(0, 40)] * 2)))
def test_marks_that_cross_others_mark_what_they_mark_and_change_nothing_else(text, places):
    marks = [
        Mark(min(place), min(max(place), len(text)), f"i{at}") for at, place in enumerate(places)
    ]
    for rendered, bare in (
        (isolated(text, marks), isolated(text)),
        (lines(text, marks), lines(text)),
    ):
        assert re.sub(r"</?i\d+>", "", rendered) == bare
        for start, end, tag in marks:
            pieces = re.findall(f"<{tag}>(.*?)</{tag}>", rendered, re.DOTALL)
            assert unescape(strip("".join(pieces))) == text[start:end]


def strip(markup: str) -> str:
    return re.sub(r"<[^>]*>", "", markup)


@given(st.text())
def test_no_character_is_lost_or_added(text):
    assert strip(isolated(text)) == escape(text)
    assert strip(lines(text)) == escape(text)


@given(st.text(alphabet="<>&\"' a1-+@./:%wht(پب", max_size=60))
def test_whatever_is_written_becomes_no_markup_but_isolates_and_links(text):
    assert strip(isolated(text)) == escape(text)
    for tag in re.findall(r"<[^>]*>", isolated(text)):
        assert re.fullmatch(r'</?bdi(?: dir="ltr")?>|</a>|<a href="[^"<>]*" dir="ltr"[^<>]*>', tag)
