"""Word files: the visible text with its structure."""

from __future__ import annotations

import io
from collections.abc import Callable

import docx
from docx.document import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from cica_qa.documents.docx import read_docx
from cica_qa.documents.reading import Limits, Read

W = nsdecls("w")


def read(build: Callable[[Word], None], numbering: str = "") -> Read:
    word = docx.Document()
    build(word)
    if numbering:
        root = word.part.numbering_part.element
        for element in list(root):
            root.remove(element)
        for element in list(parse_xml(f"<w:numbering {W}>{numbering}</w:numbering>")):
            root.append(element)
    stream = io.BytesIO()
    word.save(stream)
    return read_docx(stream.getvalue(), "x.docx", Limits())


def add_xml(word: Word, xml: str) -> None:
    element = parse_xml(xml.replace("<w:p>", f"<w:p {W}>", 1).replace("<w:sdt>", f"<w:sdt {W}>", 1))
    word.element.body.insert(len(word.element.body) - 1, element)


def blocks(read: Read) -> list[tuple[str, int, str]]:
    return [(b.kind, b.level, read.text[b.start : b.end]) for b in read.blocks]


def test_title_headings_and_paragraphs() -> None:
    def build(word: Word) -> None:
        word.core_properties.author = "سلمى"
        word.core_properties.title = "عنوان قديم"
        word.add_heading("لائحة المكتبة", 0)
        word.add_heading("الباب الأول", 1)
        word.add_heading("الدوام", 2)
        word.add_paragraph("تفتح المكتبة\u00a0أبوابها  في الثامنة.")

    found = read(build)
    assert blocks(found) == [
        ("title", 0, "لائحة المكتبة"),
        ("heading", 1, "الباب الأول"),
        ("heading", 2, "الدوام"),
        ("paragraph", 0, "تفتح المكتبة أبوابها في الثامنة."),
    ]
    assert found.title == ""  # the properties' title stands nowhere in the text
    assert found.metadata["author"] == "سلمى"


def test_short_bold_lines_are_headings_ranked_by_size() -> None:
    def build(word: Word) -> None:
        for text, size in (("مقدمة", 20), ("النطاق", 14)):
            run = word.add_paragraph().add_run(text)
            run.bold, run.font.size = True, Pt(size)
            word.add_paragraph("نص عادي يأتي تحت العنوان ويشرح ما فيه بالتفصيل.")
        word.add_paragraph().add_run("تنبيه: هذه جملة غامقة تنتهي بنقطة.").bold = True
        word.add_paragraph("نص بعدها.")

    assert [(kind, level) for kind, level, _ in blocks(read(build))] == [
        ("title", 0),
        ("paragraph", 0),
        ("heading", 2),
        ("paragraph", 0),
        ("paragraph", 0),
        ("paragraph", 0),
    ]


def test_a_text_all_in_bold_has_no_headings() -> None:
    def build(word: Word) -> None:
        for text in ("السطر الأول", "السطر الثاني", "السطر الثالث"):
            word.add_paragraph().add_run(text).bold = True

    assert {kind for kind, _, _ in blocks(read(build))} == {"paragraph"}


def test_list_numbers_are_those_displayed() -> None:
    numbering = """
    <w:abstractNum w:abstractNumId="1">
      <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
        <w:lvlText w:val="%1."/></w:lvl>
      <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="arabicAbjad"/>
        <w:lvlText w:val="%2)"/></w:lvl>
    </w:abstractNum>
    <w:abstractNum w:abstractNumId="2">
      <w:lvl w:ilvl="0"><w:start w:val="7"/><w:numFmt w:val="decimal"/>
        <w:lvlText w:val="المادة %1:"/></w:lvl>
    </w:abstractNum>
    <w:abstractNum w:abstractNumId="3">
      <w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl>
    </w:abstractNum>
    <w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>
    <w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>
    <w:num w:numId="3"><w:abstractNumId w:val="3"/></w:num>"""

    def build(word: Word) -> None:
        for list_id, depth, text in (
            *((1, 0, "الهوية"), (1, 1, "الأصل"), (1, 1, "نسخة"), (1, 1, "صورة"), (1, 1, "ختم")),
            *((1, 0, "الطلب"), (2, 0, "يسري القرار."), (2, 0, "ينشر القرار."), (3, 0, "قلم")),
        ):
            add_xml(
                word,
                f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/>'
                f"</w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>",
            )

    found = read(build, numbering)
    assert [(*entry, b.number) for entry, b in zip(blocks(found), found.blocks, strict=True)] == [
        ("item", 0, "1. الهوية", "1"),
        ("item", 1, "أ) الأصل", "1"),
        ("item", 1, "ب) نسخة", "2"),
        ("item", 1, "ج) صورة", "3"),
        ("item", 1, "د) ختم", "4"),
        ("item", 0, "2. الطلب", "2"),
        ("paragraph", 0, "المادة 7: يسري القرار.", "7"),
        ("paragraph", 0, "المادة 8: ينشر القرار.", "8"),
        ("item", 0, "قلم", ""),
    ]


def test_tables_with_merged_and_nested_cells() -> None:
    def build(word: Word) -> None:
        table = word.add_table(3, 3)
        for row, texts in enumerate(
            (("القسم", "البند", "السعر"), ("أ", "قلم", "5"), ("", "دفتر", "9"))
        ):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        table.cell(1, 0).merge(table.cell(2, 0))
        inner = table.cell(2, 1).add_table(1, 2)
        inner.cell(0, 0).text, inner.cell(0, 1).text = "لون", "أزرق"
        frame = word.add_table(1, 1)
        frame.cell(0, 0).text = "إطار حول نص."

    found = read(build)
    assert blocks(found) == [
        ("row", 0, "القسم\tالبند\tالسعر"),
        ("row", 0, "أ\tقلم\t5"),
        ("row", 0, "أ\tدفتر\t9"),
        ("row", 0, "لون\tأزرق"),
        ("paragraph", 0, "إطار حول نص."),
    ]
    row = found.blocks[2]
    assert [found.text[a:b] for a, b in row.cells] == ["أ", "دفتر", "9"]
    assert [found.text[a:b] for a, b in row.header] == ["القسم", "البند", "السعر"]
    assert found.blocks[0].header == found.blocks[0].cells
    assert found.blocks[3].header == ()


def test_tracked_changes_are_read_as_accepted() -> None:
    def build(word: Word) -> None:
        add_xml(
            word,
            "<w:p><w:r><w:t>مدة الإعارة </w:t></w:r>"
            "<w:del><w:r><w:delText>سبعة</w:delText></w:r></w:del>"
            "<w:ins><w:r><w:t>عشرة</w:t></w:r></w:ins><w:r><w:t> أيام.</w:t></w:r></w:p>",
        )
        add_xml(
            word,
            "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>سطر كان </w:t></w:r></w:p>",
        )
        add_xml(word, "<w:p><w:r><w:t>سطرين.</w:t></w:r></w:p>")
        add_xml(word, "<w:p><w:moveFrom><w:r><w:t>منقول</w:t></w:r></w:moveFrom></w:p>")

    assert [text for _, _, text in blocks(read(build))] == [
        "مدة الإعارة عشرة أيام.",
        "سطر كان سطرين.",
    ]


def test_text_boxes_content_controls_and_hidden_text() -> None:
    def build(word: Word) -> None:
        add_xml(
            word,
            '<w:p xmlns:v="urn:schemas-microsoft-com:vml"><w:r><w:t>قبل</w:t></w:r><w:r><w:pict>'
            "<v:textbox><w:txbxContent><w:p><w:r><w:t>في مربع نص</w:t></w:r></w:p>"
            "</w:txbxContent></v:textbox></w:pict></w:r></w:p>".replace(
                "<w:p xmlns:v", f"<w:p {W} xmlns:v", 1
            ),
        )
        add_xml(
            word,
            "<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>الاسم: ليلى</w:t></w:r></w:p>"
            "</w:sdtContent></w:sdt>",
        )
        add_xml(
            word,
            "<w:p><w:r><w:t>ظاهر</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>مخفي</w:t></w:r>"
            "</w:p>",
        )
        add_xml(
            word,
            '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            "<w:r><w:instrText> DATE </w:instrText>"
            '</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>5 مايو</w:t></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
        )

    assert [text for _, _, text in blocks(read(build))] == [
        "قبل",
        "في مربع نص",
        "الاسم: ليلى",
        "ظاهر",
        "5 مايو",
    ]


def test_direction_marks_are_dropped_and_line_breaks_kept() -> None:
    def build(word: Word) -> None:
        paragraph = word.add_paragraph("\u200fالهاتف\u200e: \u202a055\u202c")
        paragraph.add_run().add_break()
        paragraph.add_run("الاسم\tالقيمة")

    assert blocks(read(build)) == [("paragraph", 0, "الهاتف: 055\nالاسم\tالقيمة")]


def test_headers_are_kept_once_and_page_numbers_dropped() -> None:
    def build(word: Word) -> None:
        word.add_paragraph("متن الوثيقة.")
        word.sections[0].header.paragraphs[0].text = "وزارة الثقافة"
        word.sections[0].footer.paragraphs[0].text = "3"

    assert blocks(read(build)) == [("note", 0, "وزارة الثقافة"), ("paragraph", 0, "متن الوثيقة.")]
