"""Spreadsheets and delimited text: rows with their cells, formatted as displayed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, time

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from cica_qa.documents.delimited import delimiter_of, read_csv
from cica_qa.documents.number_format import format_value
from cica_qa.documents.reading import DEFAULT_LIMITS, Limits, Read
from cica_qa.documents.sheets import read_xlsx
from cica_qa.errors import UnreadableError


def read(build: Callable[[Workbook], None], limits: Limits = DEFAULT_LIMITS) -> Read:
    book = Workbook()
    build(book)
    stream = io.BytesIO()
    book.save(stream)
    return read_xlsx(stream.getvalue(), "x.xlsx", limits)


def sheet_of(book: Workbook) -> Worksheet:
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return sheet


def blocks(read: Read) -> list[tuple[str, str]]:
    return [(block.kind, read.text[block.start : block.end]) for block in read.blocks]


def test_sheets_are_pages_and_rows_know_their_header() -> None:
    def build(book: Workbook) -> None:
        first = sheet_of(book)
        first.title = "المنتجات"
        for row in (["قائمة الأسعار"], [], ["المنتج", "السعر"], ["قلم", 1.5], ["دفتر", None]):
            first.append(row)
        second = book.create_sheet("الفروع")
        for row in (["المدينة", "الهاتف"], ["إربد", "02-7100"]):
            second.append(row)
        book.create_sheet("سر").sheet_state = "hidden"

    found = read(build)
    assert blocks(found) == [
        ("heading", "المنتجات"),
        ("paragraph", "قائمة الأسعار"),
        ("row", "المنتج\tالسعر"),
        ("row", "قلم\t1.5"),
        ("row", "دفتر"),
        ("heading", "الفروع"),
        ("row", "المدينة\tالهاتف"),
        ("row", "إربد\t02-7100"),
    ]
    assert [(page.label, found.text[page.start : page.end][:8]) for page in found.pages] == [
        ("المنتجات", "المنتجات"),
        ("الفروع", "الفروع\n\n"),
    ]
    price = found.blocks[3]
    assert [found.text[a:b] for a, b in price.header] == ["المنتج", "السعر"]
    assert [found.text[a:b] for a, b in found.blocks[4].cells] == ["دفتر", ""]
    assert found.doubts == ("these sheets are hidden and were left out: سر",)


def test_formulas_without_a_value_are_reported_and_not_evaluated() -> None:
    def build(book: Workbook) -> None:
        sheet = sheet_of(book)
        for row in (["البند", "المبلغ"], ["إيجار", 100], ["المجموع", "=SUM(B2:B2)"]):
            sheet.append(row)

    found = read(build)
    assert blocks(found)[-1] == ("row", "المجموع")
    assert found.doubts == (
        "1 formulas have no value in the file; open it, save it, and index it again",
    )


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (0.256, "0%", "26%"),
        (0.256, "0.0%", "25.6%"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (2.5, "0", "3"),
        (7, "000", "007"),
        (0.1 + 0.2, "General", "0.3"),
        (150.0, "General", "150"),
        (-5, "0;(0)", "(5)"),
        (0, '0;-0;"لا شيء"', "لا شيء"),
        (12.5, '#,##0.00 "ر.س"', "12.50 ر.س"),
        (12.5, "[$ر.س.‏-401] #,##0.00", "ر.س.‏ 12.50"),
        (45, "[$-2000401]0", "٤٥"),
        (1500000, '0.0,,"M"', "1.5M"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (5, "@", "5"),
        (True, "General", "TRUE"),
        ("نص", "0.00", "نص"),
        (datetime(2024, 3, 5), "dd/mm/yyyy", "05/03/2024"),
        (datetime(2024, 3, 5), "mm-dd-yy", "03-05-24"),
        (datetime(2024, 3, 5), "[$-401]d mmmm yyyy", "5 مارس 2024"),
        (datetime(2024, 3, 5, 14, 7), "yyyy/mm/dd hh:mm", "2024/03/05 14:07"),
        (datetime(2024, 3, 5, 14, 7), "h:mm AM/PM", "2:07 PM"),
        (time(9, 5, 3), "hh:mm:ss", "09:05:03"),
        (datetime(2024, 3, 5), "General", "2024-03-05"),
    ],
)
def test_values_are_formatted_as_displayed(value: object, style: str, text: str) -> None:
    assert format_value(value, style) == text


def test_too_many_rows_and_columns_are_refused() -> None:
    def tall(book: Workbook) -> None:
        for number in range(12):
            sheet_of(book).append([f"صف {number}"])

    with pytest.raises(UnreadableError, match=r"x\.xlsx has more than 10 rows"):
        read(tall, Limits(rows=10))

    def wide(book: Workbook) -> None:
        sheet_of(book).append(["عمود"] * 10_000)

    with pytest.raises(UnreadableError, match=r"x\.xlsx has a table of 10,000 columns"):
        read(wide)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("الاسم,السعر\nقلم,5\n", ","),
        ("الاسم;السعر\nقلم;5,50\nدفتر;3,25\n", ";"),
        ("الاسم\tالسعر\nقلم, أزرق\t5\n", "\t"),
        ("الاسم|السعر\nقلم|5\n", "|"),
        ("الاسم،السعر\nقلم،5\n", "،"),
        ("سطر واحد\nوآخر", ","),
        ("sep=;\nأ,ب;ج\n", ";"),
    ],
)
def test_delimiters_are_detected(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


def test_a_table_as_text_in_an_old_encoding() -> None:
    text = 'الصنف;السعر;المورّد\r\nمفتاح "أبيض";4,25;"شركة; فرع"\r\n'
    found = read_csv(text.encode("cp1256"), "x.csv", Limits())
    assert found.metadata == {"encoding": "cp1256"}
    header, row = found.blocks
    assert [found.text[a:b] for a, b in row.cells] == ['مفتاح "أبيض"', "4,25", "شركة; فرع"]
    assert row.header == header.cells == header.header


def test_a_table_without_a_header_has_none() -> None:
    found = read_csv(b"10,20\n30,40\n", "x.csv", Limits())
    assert [block.header for block in found.blocks] == [(), ()]
