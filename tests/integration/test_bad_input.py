"""A folder as people have it: what is bad is named and skipped, the rest is indexed."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
from openpyxl import Workbook
from word_encoder import WordEncoder

from cica_qa.cli import main
from cica_qa.documents.load import load_paths
from cica_qa.documents.reading import Limits
from cica_qa.errors import DocumentError
from cica_qa.index.build import update_index
from cica_qa.settings import Settings

GOOD = "تفتح المكتبة أبوابها في الثامنة صباحًا."
PDFS = Path(__file__).parents[1] / "data" / "pdf"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def archive(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in parts.items():
            opened.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return stream.getvalue()


def word(body: str = f"<p><r><t>{GOOD}</t></r></p>", before: str = "") -> bytes:
    xml = f"<?xml version='1.0'?>{before}<document><body>{body}</body></document>"
    return archive(word__document_xml=xml.encode())


def locked(data: bytes) -> bytes:
    """Set the mark of encryption in each header of an archive."""
    wrong = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            wrong[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(wrong)


def sheet(columns: int) -> bytes:
    book = Workbook(write_only=True)
    book.create_sheet("ورقة1").append(["عمود"] * columns)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def pdf_of(pages: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(100, 100)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


ENTITIES = (f"<!ENTITY {b} '{f'&{a};' * 50}'>" for a, b in pairwise("abcdefg"))
LAUGHS = f"<!DOCTYPE d [<!ENTITY a 'ها'>{''.join(ENTITIES)}]>"
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "zero.txt": (lambda: b"", "zero.txt is empty"),
    "zero.docx": (lambda: b"", "zero.docx is empty"),
    "no-words.html": (lambda: b"<html><script>x()</script></html>", "no-words.html is empty"),
    "truncated.docx": (lambda: word()[:150], "truncated.docx is damaged: its archive cannot be"),
    "truncated.xlsx": (lambda: sheet(2)[:-60], "truncated.xlsx is damaged: its archive cannot"),
    "damaged.docx": (lambda: archive(word__document_xml=b"<document><bo"), "damaged.docx is"),
    "no-body.docx": (lambda: archive(word__document_xml=b"<document/>"), "no-body.docx is damaged"),
    "lacks.epub": (lambda: archive(**{"META-INF__container_xml": b"<a/>"}), "lacks.epub is not"),
    "locked.docx": (lambda: locked(word()), "locked.docx is encrypted. Save it without a password"),
    "locked.xlsx": (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "locked.xlsx is encr"),
    "old.doc": (lambda: OLE, "old.doc is of no kind that is read (.doc)"),
    "old.docx": (lambda: OLE, "old.docx is a file of an old Office. Save it as .docx"),
    "bomb.docx": (
        lambda: archive(word__document_xml=bytes(20_000_000)),
        "bomb.docx unpacks to 20 MB in 1 files",
    ),
    "laughs.docx": (lambda: word("<p><r><t>&g;</t></r></p>", LAUGHS), "laughs.docx is"),
    "outside.docx": (
        lambda: word("<p><r><t>&x;</t></r></p>", "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"),
        "outside.docx is",
    ),
    "nested.zip": (lambda: archive(inner=archive(a=b"a")), "nested.zip is an archive. Unpack it"),
    "nested.docx": (lambda: archive(inner=archive(a=b"a")), "nested.docx is an archive. Unpack it"),
    "wide.xlsx": (lambda: sheet(10_000), "wide.xlsx has a table of 10,000 columns; 1,000 are read"),
    "wide.csv": (lambda: "عمود,".encode() * 10_000, "wide.csv has a table of 10,000 columns"),
    "tall.csv": (lambda: "قلم,5\n".encode() * 1200, "tall.csv has more than 1,000 rows"),
    "locked.pdf": (
        lambda: (PDFS / "encrypted.pdf").read_bytes(),
        "locked.pdf is encrypted and needs a password. Save a copy without one.",
    ),
    "truncated.pdf": (
        lambda: (PDFS / "notice.pdf").read_bytes()[:3000],
        "truncated.pdf is damaged or cut off",
    ),
    "monster.pdf": (lambda: pdf_of(10_000), "monster.pdf has 10,000 pages, more than the limit"),
    "blank.pdf": (lambda: pdf_of(1), "blank.pdf has no text that can be read"),
    "music.mp3": (lambda: b"ID3", "music.mp3 is of no kind that is read (.mp3)"),
    "not-a-word.docx": (lambda: os.urandom(500), "not-a-word.docx is not a Word file"),
    "twice.txt": (lambda: GOOD.encode(), "twice.txt has the same text as 'good.txt'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_is_named_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    make, message = BAD[name]
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / name).write_bytes(make())
    loaded = load_paths([tmp_path], Limits(unpacked_bytes=10_000_000, rows=1_000))
    assert [document.doc_id for document in loaded.documents] == ["good.txt"]
    (report,) = [file for file in loaded.files if file.path == name]
    assert report.status == "skipped"
    (note,) = report.notes
    assert note.startswith(f"{tmp_path}/{message}")
    assert {**loaded.skipped, **loaded.unreadable} == {name: note}
    assert "root:" not in note


def test_a_file_of_a_gigabyte_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(GOOD, encoding="utf-8")
    with (tmp_path / "huge.txt").open("wb") as stream:
        stream.truncate(10**9)
    loaded = load_paths([tmp_path])
    assert loaded.unreadable == {
        "huge.txt": f"{tmp_path / 'huge.txt'} has 1,000 MB; 200 MB are read at most. "
        "Split it into parts."
    }


def test_paragraphs_of_a_file_are_looked_into(tmp_path: Path) -> None:
    paragraphs = "<p><r><t>%s</t></r></p>" * 5
    lines = (
        "الاسم: ليلى منصور",
        "الجنسية:",
        "المهنة: مهندسة",
        "س: متى تبدأ الدورة؟",
        "ج: تبدأ في مارس.",
    )
    (tmp_path / "form.docx").write_bytes(word(paragraphs % lines))
    (document,) = load_paths([tmp_path]).documents
    told = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert told == list(zip(("field", "field", "field", "question", "reply"), lines, strict=True))


def test_reading_for_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "slow.docx").write_bytes(word(f"<p><r><t>{GOOD}</t></r></p>" * 1000))
    with pytest.raises(DocumentError, match=r"slow\.docx takes longer than 0\.001 seconds"):
        load_paths([tmp_path / "slow.docx"], Limits(seconds=0.001))


@pytest.mark.parametrize(
    ("name", "data", "file_format", "note"),
    [
        ("page.txt", f"<!doctype html><html><p>{GOOD}</p></html>".encode(), "html",
         "by its content it is a web page, and was read as such"),
        ("page.docx", f"<html><p>{GOOD}</p></html>".encode(), "html",
         "by its content it is a web page, and was read as such"),
        ("word.pdf", word(), "docx", "by its content it is a Word file, and was read as such"),
        ("word", word(), "docx", "by its content it is a Word file, and was read as such"),
        ("text.xlsx", GOOD.encode(), "plain",
         "by its content it is plain text, and was read as such"),
    ],
)  # fmt: skip
def test_a_mislabelled_file_is_read_as_what_it_is(
    name: str, data: bytes, file_format: str, note: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    loaded = load_paths([tmp_path])
    assert [document.text for document in loaded.documents] == [GOOD]
    (report,) = loaded.files
    assert (report.status, report.format, report.notes) == ("repaired", file_format, (note,))


@pytest.mark.skipif(os.name == "nt", reason="no pipes and no such names there")
def test_pipes_and_names_that_are_not_utf8(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "page.html").write_text(f"<p>{GOOD}</p>", encoding="utf-8")
    (tmp_path / "page_files").mkdir()
    (tmp_path / "page_files/part.html").write_text("<p>إعلان</p>", encoding="utf-8")
    (tmp_path / "~$open.docx").write_bytes(b"x")
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe3\xc4.docx"))
    try:
        odd.write_bytes(word("<p><r><t>نص آخر</t></r></p>"))
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    loaded = load_paths([tmp_path])
    assert [document.doc_id for document in loaded.documents] == [
        "page.html",
        "\\udce3\\udcc4.docx",
    ]
    assert loaded.skipped == {
        "page_files": f"{tmp_path / 'page_files'} holds the parts of a saved web page; "
        "the page itself is read.",
        "pipe.txt": f"{tmp_path / 'pipe.txt'} is neither a file nor a folder.",
    }


def test_documents_of_a_file_that_is_lost_for_now_are_kept(tmp_path: Path) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    (folder / "good.txt").write_text(GOOD, encoding="utf-8")
    (folder / "faq.jsonl").write_text('{"id": "1", "text": "نص أول."}', encoding="utf-8")
    first = update_index(load_paths([folder]), index, WordEncoder(), Settings())
    assert first.added == ("faq.jsonl/1", "good.txt")
    assert [file.documents for file in first.files] == [("faq.jsonl/1",), ("good.txt",)]
    (folder / "faq.jsonl").write_bytes(b"\x7fELF")
    again = update_index(load_paths([folder]), index, WordEncoder(), Settings())
    assert (again.documents, again.removed) == (2, ())
    assert [file.status for file in again.files] == ["skipped", "read"]


def test_the_command_line_reports_every_file_and_strict_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    (folder / "good.txt").write_text(GOOD, encoding="utf-8")
    (folder / "zero.txt").write_bytes(b"")
    (folder / "back.txt").write_text(
        "تنتج المحطة ستين ألف متر مكعب من المياه"[::-1], encoding="utf-8"
    )
    assert main(["index", str(folder), "--index", str(index), "--strict"]) == 4
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "cica-qa: back.txt: read with repairs: "
        "its letters stood back to front, and were put in order",
        f"cica-qa: zero.txt: skipped: {folder / 'zero.txt'} is empty: it has no text to search. "
        "Fill it or leave it out.",
        "cica-qa: files: 1 read, 1 read with repairs, 1 skipped",
        "cica-qa: files were skipped, so nothing was indexed (--strict)",
    ]
    assert not index.exists()


def test_inspect_shows_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_bytes("الصنف;السعر\nقلم;5\n".encode("cp1256"))
    assert main(["inspect", str(tmp_path / "a.csv"), "--blocks", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "document   a.csv",
        "title      a",
        "encoding   Windows-1256",
        "format     csv",
        "path       a.csv",
        "characters 17",
        "blocks     row 2",
        "  row: الصنف | السعر",
        "  … 1 more; --blocks 2 shows all",
        "repaired   it was Windows-1256, and was decoded as such",
    ]
    assert main(["inspect", str(tmp_path / "a.csv"), "--blocks", "0", "--units"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:-1] == [
        "passage 0-17",
        "  row: الصنف: قلم | السعر: 5",
    ]
    assert main(["inspect", str(tmp_path / "missing.csv")]) == 4
