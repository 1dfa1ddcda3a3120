"""Web pages and books: the main content with its structure, without clutter."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import pytest

from cica_qa.documents.epub import read_epub
from cica_qa.documents.html import read_html, read_mhtml
from cica_qa.documents.reading import Limits, Read
from cica_qa.errors import UnreadableError

LONG = "تفتح المكتبة أبوابها من الثامنة صباحًا حتى السادسة مساءً طوال أيام الأسبوع. " * 3


def read(body: str, head: str = "", encoding: str = "utf-8") -> Read:
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return read_html(page.encode(encoding), "x.html", Limits())


def blocks(read: Read) -> list[tuple[str, int, str]]:
    return [(b.kind, b.level, read.text[b.start : b.end]) for b in read.blocks]


def test_clutter_around_the_content_is_left_out() -> None:
    found = read(
        "<header><a href='/'>الموقع</a></header><nav><a href='/a'>الرئيسية</a></nav>"
        "<div class='breadcrumb'>أنت هنا</div>"
        f"<main><h1>اللائحة</h1><p>{LONG}</p><script>alert('نص')</script>"
        "<style>p {}</style><p style='display: none'>مخفي</p>"
        "<ul class='share'><li><a href='x'>شارك</a></li></ul>"
        "<ul><li><a href='1'>افتتاح فرع جديد للمكتبة في الحي الشرقي</a></li>"
        "<li><a href='2'>مسابقة القراءة السنوية تبدأ الأسبوع القادم</a></li>"
        "<li><a href='3'>إغلاق قاعة المطالعة للصيانة يوم الجمعة</a></li></ul></main>"
        "<aside>إعلان</aside><form><button>أرسل</button></form><footer>حقوق النشر</footer>"
    )
    assert blocks(found) == [("title", 0, "اللائحة"), ("paragraph", 0, LONG.strip())]
    assert found.title == "اللائحة"


def test_link_names_and_page_builder_blocks_are_content() -> None:
    found = read(
        f"<main><div class='elementor-widget menu'><p>{LONG}</p></div><p>الأعضاء:</p>"
        "<ul><li><a href='1'>مصر</a></li><li><a href='2'>الأردن</a></li>"
        "<li><a href='3'>عمان</a></li></ul><aside><p>ملاحظة مهمة.</p></aside></main>"
    )
    assert [text for _, _, text in blocks(found)] == [
        *(LONG.strip(), "الأعضاء:", "مصر", "الأردن", "عمان", "ملاحظة مهمة."),
    ]


def test_a_page_without_semantic_markup_is_read_whole() -> None:
    assert blocks(read("<div>سطر أول<br>سطر ثان</div><div>فقرة <b>غامقة</b>\n هنا</div>")) == [
        ("paragraph", 0, "سطر أول\nسطر ثان"),
        ("paragraph", 0, "فقرة غامقة هنا"),
    ]


def test_lists_are_nested_and_numbered() -> None:
    found = read(
        "<p>الوثائق:</p><ol start='3'><li>الهوية<ul><li>الأصل</li></ul></li>"
        "<li><p>الطلب</p></li></ol>"
    )
    assert [(*block, b.number) for block, b in zip(blocks(found), found.blocks, strict=True)] == [
        ("paragraph", 0, "الوثائق:", ""),
        ("item", 0, "3. الهوية", "3"),
        ("item", 1, "الأصل", ""),
        ("item", 0, "4. الطلب", "4"),
    ]


def test_tables_with_spans_and_layout_tables() -> None:
    found = read(
        "<table><caption>الأسعار</caption><tr><th>القسم</th><th>البند</th><th>السعر</th></tr>"
        "<tr><td rowspan=2>أ</td><td>قلم</td><td>5</td></tr><tr><td>دفتر</td><td>9</td></tr>"
        "<tr><td colspan=2>المجموع</td><td>14</td></tr></table>"
        f"<table><tr><td><h2>رأي</h2><p>{LONG}</p></td><td>جانب</td></tr></table>"
        "<dl><dt>العنوان</dt><dd>شارع النخيل</dd></dl>"
    )
    assert [(kind, text) for kind, _, text in blocks(found)] == [
        ("paragraph", "الأسعار"),
        ("row", "القسم\tالبند\tالسعر"),
        ("row", "أ\tقلم\t5"),
        ("row", "أ\tدفتر\t9"),
        ("row", "المجموع\t\t14"),
        ("heading", "رأي"),
        ("paragraph", LONG.strip()),
        ("paragraph", "جانب"),
        ("row", "العنوان\tشارع النخيل"),
    ]
    last = found.blocks[4]
    assert [found.text[a:b] for a, b in last.cells] == ["المجموع", "", "14"]
    assert [found.text[a:b] for a, b in last.header] == ["القسم", "البند", "السعر"]


def test_notes_are_blocks_and_their_marks_are_dropped() -> None:
    found = read(
        f"<p>{LONG}<sup><a href='#n1'>1</a></sup></p>"
        "<section class='footnotes'><ol><li id='n1'><p>ما عدا رمضان.</p></li></ol></section>"
    )
    assert blocks(found) == [("paragraph", 0, LONG.strip()), ("note", 0, "ما عدا رمضان.")]


@pytest.mark.parametrize(
    ("encoding", "declared", "told"),
    [
        ("cp1256", "windows-1256", "cp1256"),
        ("cp1256", "iso-8859-1", "cp1256"),
        ("cp1256", "utf-8", "cp1256"),
        ("utf-8", "windows-1256", None),
        ("utf-16", "utf-16", "utf-16-le"),
        ("iso8859-6", "iso-8859-6", "iso8859-6"),
    ],
)
def test_the_bytes_decide_the_encoding_not_the_declaration(
    encoding: str, declared: str, told: str | None
) -> None:
    found = read(f"<p>{LONG}</p>", f"<meta charset='{declared}'>", encoding)
    assert found.text == LONG.strip()
    assert found.metadata.get("encoding") == told


def test_a_few_damaged_bytes_do_not_keep_a_page_from_being_read() -> None:
    page = f"<html><body><p>{LONG}</p></body></html>".encode()
    assert (
        read_html(page.replace("تفتح".encode(), b"\xff"), "x.html", Limits()).text.count("\ufffd")
        == 3
    )


def test_title_and_metadata_of_the_head() -> None:
    found = read(
        f"<h2>قسم</h2><p>{LONG}</p>",
        "<title>مواعيد المكتبة | بوابة الحي</title><meta name='author' content='ليلى'>"
        "<meta property='article:published_time' content='2024-05-01'>",
    )
    assert found.title == "مواعيد المكتبة"
    assert found.metadata == {"author": "ليلى", "created": "2024-05-01"}


def test_entities_and_what_they_expand_to() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "ها"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    page = f"{bomb}<html><body><p>نص&nbsp;أول &amp; ثان &b; &x;</p></body></html>"
    text = read_html(page.encode(), "x.html", Limits()).text
    assert "نص أول & ثان" in text
    assert "root:" not in text


def test_deep_and_broken_pages() -> None:
    deep = read("<p>أول الصفحة</p>" + "<div>" * 5000 + "عميق")
    assert deep.text.startswith("أول الصفحة")
    assert deep.doubts == ("it is nested so deeply that its innermost parts were not read",)
    assert read("<p>بلا إغلاق<p>ثان<table><tr><td>خلية").text.startswith("بلا إغلاق\n\nثان")


def test_a_page_saved_as_one_file() -> None:
    message = EmailMessage()
    message["MIME-Version"] = "1.0"
    message.add_related(f"<html><body><p>{LONG}</p></body></html>", subtype="html")
    assert read_mhtml(message.as_bytes(), "x.mhtml", Limits()).text == LONG.strip()


def book(chapters: dict[str, str], **more: str) -> bytes:
    stream = io.BytesIO()
    items = "".join(
        f"<item id='{name}' href='{name}.xhtml' media-type='application/xhtml+xml'/>"
        for name in chapters
    )
    spine = "".join(f"<itemref idref='{name}'/>" for name in chapters)
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path='o/b.opf'/></rootfiles></container>",
        )
        archive.writestr(
            "o/b.opf",
            "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>كتاب</dc:title>"
            f"<dc:creator>سلمى</dc:creator></metadata><manifest>{items}</manifest>"
            f"<spine>{spine}</spine></package>",
        )
        for name, body in chapters.items():
            page = f"<html><body>{body}</body></html>" if body else ""
            if body:
                archive.writestr(f"o/{name}.xhtml", page)
        for name, content in more.items():
            archive.writestr(f"META-INF/{name}.xml", content)
    return stream.getvalue()


def test_chapters_of_a_book_are_its_pages() -> None:
    data = book({"a": "<h1>الأول</h1><p>نص&nbsp;أول</p>", "b": "<p>نص ثان</p>", "c": ""})
    found = read_epub(data, "x.epub", Limits())
    assert (found.title, found.metadata["author"]) == ("كتاب", "سلمى")
    assert [(page.label, found.text[page.start : page.end]) for page in found.pages] == [
        ("الأول", "الأول\n\nنص أول"),
        ("2", "نص ثان"),
    ]
    assert found.doubts == ("1 of its chapters are missing from the file",)


def test_a_locked_book_is_refused() -> None:
    lock = "<e><CipherReference URI='o/a.xhtml'/></e>"
    with pytest.raises(UnreadableError, match=r"x\.epub is encrypted"):
        read_epub(book({"a": "<p>نص</p>"}, encryption=lock), "x.epub", Limits())
