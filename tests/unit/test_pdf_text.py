"""PDF files: order of letters, spaces, marks, columns, tables, headers and pages."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from cica_qa.documents.pdf import read_pdf, title_of
from cica_qa.documents.pdf.blocks import PageLines, write_pages
from cica_qa.documents.pdf.rows import PdfLine
from cica_qa.documents.reading import Limits, Read

PDFS = Path(__file__).resolve().parents[1] / "data" / "pdf"


def read(name: str) -> Read:
    return read_pdf((PDFS / name).read_bytes(), name, Limits())


@pytest.fixture(scope="module")
def guide() -> Read:
    """Four pages typeset by WeasyPrint, the last with a table, with running header and footer."""
    return read("guide.pdf")


def texts(read: Read, kind: str) -> list[str]:
    return [read.text[b.start : b.end] for b in read.blocks if b.kind == kind]


def test_letters_marks_numbers_and_latin_are_in_logical_order(guide: Read) -> None:
    assert (
        "يبدأ الدوام الرسمي في الساعة 8:30 صباحاً وينتهي في الساعة 4:15 عصراً "
        "(من الأحد إلى الخميس)، ويُمنح الموظف 30 دقيقة للاستراحة. للتواصل مع الدعم الفني "
        "راسلوا help@example.org أو اتصلوا بالرقم 0599-123-456."
    ) in guide.text
    assert "«كل موظف مسؤول عن عهدته»، والله وليّ التوفيق." in guide.text
    assert "بتاريخ 12/05/2023م الموافق ٢٢/١٠/١٤٤٤هـ." in guide.text


def test_headings_have_levels_and_items_their_numbers(guide: Read) -> None:
    headings = {guide.text[b.start : b.end]: b.level for b in guide.blocks if b.kind == "heading"}
    assert headings == {
        "دليل الموظف الجديد": 1,
        "الإجازات": 2,
        "السلامة في المختبر": 2,
        "مواعيد الحافلات": 2,
        "أسئلة شائعة": 2,
    }
    numbered = [b.number for b in guide.blocks if b.kind == "item" and b.number]
    assert numbered == ["1", "2"]
    assert "1. املأ نموذج الطلب رقم HR-12." in texts(guide, "item")


def test_a_column_is_read_to_its_end_before_the_next(guide: Read) -> None:
    paragraphs = texts(guide, "paragraph")
    first = next(i for i, text in enumerate(paragraphs) if text.startswith("يلتزم العاملون"))
    assert paragraphs[first].endswith("حتى يصل فريق الطوارئ المختص.")
    assert "خزائن معدنية بعيدة عن مصادر الحرارة، ويُراجع" in paragraphs[first + 1]
    assert paragraphs[first + 1].endswith("ثم يرفع تقريره الأسبوعي إلى رئيس القسم.")


def test_the_cells_of_a_row_are_spans_under_their_header(guide: Read) -> None:
    rows = [block for block in guide.blocks if block.kind == "row"]
    cells = [[guide.text[start:end] for start, end in row.cells] for row in rows]
    assert cells[:3] == [
        ["الدرجة", "الراتب الأساسي", "بدل السكن"],
        ["الأولى", "1250", "300"],
        ["الثانية", "980", "250"],
    ]
    assert cells[3][0].startswith("الثالثة وما يليها")
    assert cells[3][0].endswith("في الفروع")
    assert rows[0].header == rows[0].cells
    assert rows[1].header == rows[0].cells
    assert guide.text[rows[1].start : rows[1].end] == "الأولى\t1250\t300"


def test_headers_footers_and_page_numbers_are_left_out(guide: Read) -> None:
    assert guide.text.count("دليل الموظف الجديد") == 1
    assert "صفحة 1" not in guide.text
    assert guide.metadata["header"] == "دليل الموظف الجديد"


def test_page_spans_match_the_pages_of_the_file(guide: Read) -> None:
    assert [page.label for page in guide.pages] == ["1", "2", "3", "4"]
    assert guide.pages[0].start == 0
    assert guide.pages[-1].end == len(guide.text)
    third = guide.pages[2]
    assert guide.text[third.start : third.end].startswith("تنص المادة (١٢)")
    assert all(a.end == b.start for a, b in pairwise(guide.pages))


def test_blocks_are_in_order_and_hold_text(guide: Read) -> None:
    spans = [(block.start, block.end) for block in guide.blocks]
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert guide.blocks[0].start == 0


def test_the_metadata_of_the_file_are_kept(guide: Read) -> None:
    assert guide.title == "دليل الموظف الجديد"
    assert guide.metadata["producer"] == "WeasyPrint 70.0"
    assert guide.metadata["pages"] == "4"
    assert guide.doubts == ()
    assert guide.repairs == ()


def test_a_rotated_page_reads_like_an_upright_one() -> None:
    assert read("rotated.pdf").text == read("notice.pdf").text


def test_the_title_stands_before_the_running_text() -> None:
    def line(text: str, y: float, size: float) -> PdfLine:
        return PdfLine(text, 100, 500, y, size, False, 100, 500)

    body = [
        line("يسري هذا القانون على كل من يقيم في الدولة من المواطنين.", y, 12)
        for y in (640, 625, 610)
    ]
    lines = [line("مرسوم رقم (39)", 700, 16), line("في شأن التعليم", 660, 16), *body]
    text = write_pages([PageLines([*lines, line("رئيس الدولة", 500, 20)], 0, 842)])
    assert title_of({}, text) == "مرسوم رقم (39) في شأن التعليم"
    assert title_of({}, write_pages([PageLines([*body, lines[0]], 0, 842)])) == ""
    assert title_of({"title": "قانون التعليم"}, text) == "قانون التعليم"
