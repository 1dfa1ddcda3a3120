"""Slides, OpenDocument, rich text and JSON lines."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pptx
import pytest
from pptx.util import Inches

from cica_qa.documents.jsonl import read_jsonl
from cica_qa.documents.load import load_paths
from cica_qa.documents.odt import read_odt
from cica_qa.documents.reading import Limits, Read
from cica_qa.documents.rtf import read_rtf
from cica_qa.documents.slides import read_pptx
from cica_qa.errors import DocumentError, UnreadableError


def blocks(read: Read) -> list[tuple[str, int, str]]:
    return [(b.kind, b.level, read.text[b.start : b.end]) for b in read.blocks]


def test_slides_are_pages_with_tables_and_notes() -> None:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "تدوير النفايات"
    body = first.placeholders[1].text_frame
    body.text = "ستون كيلوغرامًا كل يوم"
    inner = body.add_paragraph()
    inner.text, inner.level = "نصفها ورق", 1
    first.notes_slide.notes_text_frame.text = "اعرض الصورة."
    second = show.slides.add_slide(show.slide_layouts[6])
    box = second.shapes.add_textbox(Inches(1), Inches(0.2), Inches(3), Inches(1))
    box.text_frame.text = "ألوان الحاويات"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, text in enumerate(("اللون", "النوع", "أزرق", "ورق")):
        table.cell(at // 2, at % 2).text = text
    show.slides.add_slide(show.slide_layouts[6])
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "سر"
    hidden._element.set("show", "0")
    stream = io.BytesIO()
    show.save(stream)
    found = read_pptx(stream.getvalue(), "x.pptx", Limits())
    assert blocks(found) == [
        ("heading", 1, "تدوير النفايات"),
        ("item", 0, "ستون كيلوغرامًا كل يوم"),
        ("item", 1, "نصفها ورق"),
        ("note", 0, "اعرض الصورة."),
        ("heading", 1, "ألوان الحاويات"),
        ("row", 0, "اللون\tالنوع"),
        ("row", 0, "أزرق\tورق"),
    ]
    assert [page.label for page in found.pages] == ["1", "2"]
    assert found.doubts == (
        "these slides have no text, perhaps pictures of it: 3",
        "these slides are hidden and were left out: 4",
    )


ODT = """<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b">
<office:body><office:text>
<text:tracked-changes><text:deletion><text:p>محذوف</text:p></text:deletion></text:tracked-changes>
<text:p text:style-name="Title">لائحة</text:p>
<text:h text:outline-level="1">الباب<text:s/>الأول</text:h>
<text:p>نص<text:note><text:note-citation>1</text:note-citation><text:note-body>
<text:p>حاشية هنا</text:p></text:note-body></text:note> المادة.</text:p>
<text:list><text:list-item><text:p>بند</text:p><text:list><text:list-item><text:p>فرع</text:p>
</text:list-item></text:list></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>الاسم</text:p>
</table:table-cell><table:table-cell><text:p>العمر</text:p></table:table-cell></table:table-row>
</table:table-header-rows><table:table-row><table:table-cell><text:p>ليلى</text:p></table:table-cell>
<table:table-cell><text:p>9</text:p></table:table-cell></table:table-row></table:table>
</office:text></office:body></office:document-content>"""


def test_opendocument_text() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", ODT)
    found = read_odt(stream.getvalue(), "x.odt", Limits())
    assert blocks(found) == [
        ("title", 0, "لائحة"),
        ("heading", 1, "الباب الأول"),
        ("paragraph", 0, "نص المادة."),
        ("note", 0, "حاشية هنا"),
        ("item", 0, "بند"),
        ("item", 1, "فرع"),
        ("row", 0, "الاسم\tالعمر"),
        ("row", 0, "ليلى\t9"),
    ]
    assert found.blocks[-1].header == found.blocks[-2].cells


def escaped(text: str) -> str:
    return "".join(f"\\'{byte:02x}" if byte > 127 else chr(byte) for byte in text.encode("cp1256"))


def test_rich_text_in_its_code_page_and_in_unicode() -> None:
    unicode = "".join(f"\\u{ord(letter)}?" for letter in "رقم")
    data = (
        r"{\rtf1\ansi\ansicpg1256{\fonttbl{\f0\fcharset178 Arial;}}{\info{\title x}}"
        r"{\*\generator Word}\pard\outlinelevel0 " + escaped("الباب الأول") + r"\par"
        r"\pard " + escaped("تفتح المكتبة") + r" \b " + escaped("أبوابها") + r"\b0"
        r"{\footnote " + escaped("حاشية") + r"}.\par{\v " + escaped("مخفي")
        + r"}\uc1 " + unicode + r"\par"
        r"\trowd\pard\intbl " + escaped("الاسم") + r"\cell " + escaped("العدد") + r"\cell "
        + escaped("ثمن") + r"\cell\row"
        r"\trowd\pard\intbl " + escaped("قلم") + r"\cell 5\cell 7\cell\row\pard "
        + escaped("ختام") + r"\par}"
    )  # fmt: skip
    found = read_rtf(data.encode("ascii"), "x.rtf", Limits())
    assert blocks(found) == [
        ("title", 0, "الباب الأول"),
        ("paragraph", 0, "تفتح المكتبة أبوابها."),
        ("note", 0, "حاشية"),
        ("paragraph", 0, "رقم"),
        ("row", 0, "الاسم\tالعدد\tثمن"),
        ("row", 0, "قلم\t5\t7"),
        ("paragraph", 0, "ختام"),
    ]


LINES = [
    json.dumps({"id": "أ", "title": "عنوان", "text": "نص أول.", "url": "http://x", "year": 2020}),
    "",
    '{"text": ""}',
    "ليس جيسون",
    json.dumps(
        {"_id": 7, "text": "# رأس\n\nنص ثان.", "markup": "markdown", "metadata": {"k": "v"}}
    ),
    json.dumps({"contents": "نص ثالث."}),
]


def test_lines_of_json_are_documents(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text("\n".join(LINES), encoding="utf-8")
    loaded = load_paths([tmp_path])
    assert [(d.doc_id, d.title, d.text) for d in loaded.documents] == [
        ("d.jsonl/أ", "عنوان", "نص أول."),
        ("d.jsonl/7", "رأس", "# رأس\n\nنص ثان."),
        ("d.jsonl/6", "d", "نص ثالث."),
    ]
    assert loaded.documents[0].metadata == {
        "url": "http://x", "year": "2020", "format": "plain", "path": "d.jsonl",
    }  # fmt: skip
    assert loaded.documents[1].metadata == {"k": "v", "format": "markdown", "path": "d.jsonl"}
    (report,) = loaded.files
    assert (report.status, report.documents) == (
        "doubtful",
        ("d.jsonl/أ", "d.jsonl/7", "d.jsonl/6"),
    )
    assert [note[:26] for note in report.notes] == [
        "line 3 is no document (it ",
        "line 4 is no document (Exp",
    ]


def test_lines_of_json_without_any_document_are_refused(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text("[1]\n{}", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"d\.jsonl holds no document: line 1 is no document"):
        load_paths([tmp_path / "d.jsonl"])
    with pytest.raises(UnreadableError, match=r"x\.jsonl has more than 2 lines"):
        list(read_jsonl(b"{}\n" * 4, "x.jsonl", Limits(rows=2)))
