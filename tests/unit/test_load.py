"""Loading of files in every encoding and with every fault: documents, or a helpful reason."""

from __future__ import annotations

import os
import random
import re
import threading
from pathlib import Path

import pytest

from cica_qa.documents.encoding import decode
from cica_qa.documents.load import load_file, load_paths
from cica_qa.errors import DocumentError, UnreadableError

ARTICLE = Path(__file__).resolve().parents[2] / "corpus/documents/cica.txt"
SHORT = "يضم المؤتمر 28 دولة."
LONG = "المؤتمر التفاعل (CICA) في آسيا، وفيه: «نعم»؛ هل؟ – لا!\r\n" * 200
CONVERT = "Save it as UTF-8 text and try again."
NOT_TEXT = f"x.txt is not a text file. {CONVERT}"
NO_ENCODING = (
    "x.txt is not text in UTF-8, UTF-16, UTF-32, Windows-1256, ISO-8859-6 or Mac Arabic. " + CONVERT
)
ENCODINGS = {
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1256": "Windows-1256",
}


@pytest.mark.parametrize("text", [SHORT, LONG, "لا", "CICA in English only."])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"", "utf-16-le"),
        (b"\xff\xfe", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-32-le"),
        (b"\xff\xfe\0\0", "utf-32-le"),
        (b"", "utf-32-be"),
        (b"\0\0\xfe\xff", "utf-32-be"),
        (b"", "cp1256"),
    ],
)
def test_every_encoding_is_read_character_for_character(
    mark: bytes, encoding: str, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes(mark + text.encode(encoding))
    document = load_file(file)
    assert document.text == text
    assert (document.doc_id, document.title, document.source) == ("x.txt", "x", str(file))
    another = encoding in ENCODINGS and not (encoding == "cp1256" and text.isascii())
    told = {"encoding": ENCODINGS[encoding]} if another else {}
    assert document.metadata == {"format": "plain", "path": "x.txt", **told}


def test_diacritics_and_foreign_letters_of_windows_1256() -> None:
    text = "مُحَمَّدٌ كتابًا پچژگ … “نعم” café"
    assert decode(text.encode("cp1256")) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + b"<< /Type /Page >>\n" * 50, NOT_TEXT),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", NOT_TEXT),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 60, NOT_TEXT),
        (b"PK\x03\x04\x14\0\x06\0word/document.xml", NOT_TEXT),
        (b"{\\rtf1\\ansi\\ansicpg1256 \\'e3\\'c4}", NOT_TEXT),
        (random.Random(1).randbytes(4000), NO_ENCODING),
        (bytes(range(256)), NO_ENCODING),
        (b"\0" * 100, NO_ENCODING),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", NO_ENCODING),
        (
            b"\xff\xfe" + SHORT.encode("utf-16-le") + b"\x06",
            f"x.txt starts as UTF-16-LE but is damaged at byte 40. {CONVERT}",
        ),
        (
            b"\xef\xbb\xbf" + b"ab\xff",
            f"x.txt starts as UTF-8 but is damaged at byte 2. {CONVERT}",
        ),
    ],
    ids=["pdf", "png", "elf", "docx", "rtf", "random", "bytes", "nul", "jpeg", "utf-16", "bom"],
)
def test_data_that_is_not_text_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        decode(data, "x.txt")
    assert str(caught.value) == message


@pytest.mark.parametrize("cut", [b"\xff", b"\xd9", b"\xed\xa0\x80"])
def test_damaged_utf8_is_not_read_as_another_encoding(cut: bytes) -> None:
    """Decoded as Windows-1256 it would be nonsense that looks like Arabic."""
    data = SHORT.encode()
    with pytest.raises(UnreadableError, match="starts as UTF-8 but is damaged at byte 34"):
        decode(data + cut)


def test_a_stray_nul_is_kept() -> None:
    text = LONG + "\0" + LONG
    assert decode(text.encode()) == text


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", "؟! ـــــ\n".encode(), b"\xef\xbb\xbf"])
def test_a_file_without_words_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        load_paths([file])
    assert not isinstance(caught.value, UnreadableError)
    assert str(caught.value) == (
        f"{file} is empty: it has no text to search. Fill it or leave it out."
    )


@pytest.mark.parametrize("name", ["missing.txt", "x" * 5000, "nul\0.txt"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        load_paths([tmp_path / name])
    assert str(caught.value) == f"{tmp_path / name} does not exist. Check the path."


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").symlink_to(tmp_path / "gone.txt")
    with pytest.raises(DocumentError, match=r"x\.txt does not exist"):
        load_paths([tmp_path / "x.txt"])
    (tmp_path / "good.txt").write_text(SHORT, encoding="utf-8")
    loaded = load_paths([tmp_path])
    assert [document.doc_id for document in loaded.documents] == ["good.txt"]
    assert loaded.unreadable == {
        "x.txt": f"cannot read {tmp_path / 'x.txt'}: No such file or directory. "
        "Check that the file is there and that you may read it."
    }


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(SHORT, encoding="utf-8")
    (tmp_path / "x.txt").chmod(0)
    with pytest.raises(UnreadableError, match=r"x\.txt: Permission denied\. Check"):
        load_paths([tmp_path / "x.txt"])


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    with pytest.raises(UnreadableError, match=r"x\.txt: Is a directory\. Check that"):
        load_file(tmp_path / "x.txt")
    (tmp_path / "x.txt" / "in.txt").write_text(SHORT, encoding="utf-8")
    assert [d.doc_id for d in load_paths([tmp_path]).documents] == ["x.txt/in.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "x.txt").write_text(SHORT, encoding="utf-8")
    found: list[object] = []

    def read() -> None:
        found.append([d.doc_id for d in load_paths([tmp_path]).documents])
        try:
            load_paths([tmp_path / "pipe.txt"])
        except DocumentError as error:
            found.append(str(error))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(10)
    message = f"{tmp_path / 'pipe.txt'} is neither a file nor a folder. Name one."
    assert found == [["x.txt"], message]


def test_readable_files_in_a_folder_are_read_and_the_rest_reported(tmp_path: Path) -> None:
    (tmp_path / "deep/er/est").mkdir(parents=True)
    (tmp_path / "a.txt").write_text(SHORT, encoding="utf-8")
    (tmp_path / "deep/er/est/وثيقة أولى.MD").write_text("# رأس\n\nنص.", encoding="utf-8")
    (tmp_path / "b.txt").write_text(SHORT, encoding="utf-8")
    (tmp_path / "c.txt").write_bytes(b"")
    (tmp_path / "d.txt").write_bytes(b"\x7fELF\x02\x01")
    (tmp_path / "f.mp3").write_bytes(b"ID3\x04")
    (tmp_path / "e.docx").write_text("نص", encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("مخفي", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/f.txt").write_text("مخفي", encoding="utf-8")
    loaded = load_paths([tmp_path])
    assert [(d.doc_id, d.title, d.metadata["format"]) for d in loaded.documents] == [
        ("a.txt", "a", "plain"),
        ("deep/er/est/وثيقة أولى.MD", "رأس", "markdown"),
        ("e.docx", "e", "plain"),
    ]
    assert loaded.skipped == {
        "b.txt": f"{tmp_path / 'b.txt'} has the same text as 'a.txt'. Remove one of the two.",
        "c.txt": f"{tmp_path / 'c.txt'} is empty: it has no text to search. "
        "Fill it or leave it out.",
        "f.mp3": f"{tmp_path / 'f.mp3'} is of no kind that is read (.mp3). "
        "Name the file itself to have it read as text.",
    }
    assert loaded.unreadable == {"d.txt": f"{tmp_path / 'd.txt'} is not a text file. {CONVERT}"}
    assert [(file.path, file.status, file.documents) for file in loaded.files] == [
        ("a.txt", "read", ("a.txt",)),
        ("b.txt", "skipped", ()),
        ("c.txt", "skipped", ()),
        ("d.txt", "skipped", ()),
        ("deep/er/est/وثيقة أولى.MD", "read", ("deep/er/est/وثيقة أولى.MD",)),
        ("e.docx", "repaired", ("e.docx",)),
        ("f.mp3", "skipped", ()),
    ]
    assert loaded.files[5].notes == ("by its content it is plain text, and was read as such",)


def test_a_folder_with_nothing_to_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_bytes(b"")
    with pytest.raises(DocumentError) as caught:
        load_paths([tmp_path])
    assert str(caught.value) == (
        f"no readable document in {tmp_path}. Add one that ends in .txt .md .html .mhtml "
        ".pdf .docx .pptx .xlsx .csv .epub .odt .rtf .jsonl .png.\n"
        f"  {tmp_path / 'c.txt'} is empty: it has no text to search. Fill it or leave it out."
    )
    with pytest.raises(DocumentError, match="no readable document in no path given"):
        load_paths([])


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("سر لا يقال", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.txt").write_text("سر آخر", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text(SHORT, encoding="utf-8")
    (folder / "inside.txt").symlink_to(folder / "a.txt")
    (folder / "link.txt").symlink_to(tmp_path / "private.txt")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    loaded = load_paths([folder])
    assert [document.doc_id for document in loaded.documents] == ["a.txt"]
    assert loaded.skipped == {
        "link.txt": f"{folder / 'link.txt'} is a link to a file outside its folder. "
        "Name that file itself to index it.",
        "linked": f"{folder / 'linked'} is a link to a folder. "
        "Name that folder itself to index it.",
    }
    notes = [file.notes for file in loaded.files if file.path == "inside.txt"]
    assert notes == [(f"{folder / 'inside.txt'} is another name of 'a.txt'.",)]
    named = load_paths([folder / "link.txt"])
    assert named.documents[0].text == "سر لا يقال"


def test_a_link_to_a_folder_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.txt").write_text(SHORT, encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [d.doc_id for d in load_paths([tmp_path / "link"]).documents] == ["a.txt"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SHORT, encoding="utf-8")
    loaded = load_paths([tmp_path, tmp_path / "a.txt", str(tmp_path / "." / "a.txt")])
    assert [document.doc_id for document in loaded.documents] == ["a.txt"]
    assert loaded.skipped == loaded.unreadable == {}


def test_two_named_files_with_one_text_are_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(SHORT, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_paths([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert str(caught.value) == (
        f"{tmp_path / 'b.txt'} has the same text as 'a.txt'. Remove one of the two."
    )


def test_two_documents_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"نص {name}", encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_paths([tmp_path / "one", tmp_path / "two"])
    assert str(caught.value) == (
        f"two documents would be called 'a.txt' ({tmp_path / 'two/a.txt'} is the second). "
        "Rename one, or index the folder that holds both."
    )


@pytest.mark.parametrize("name", ["README", "notes.log", "تقرير"])
def test_a_named_file_is_read_whatever_its_extension(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(SHORT, encoding="utf-8")
    (document,) = load_paths([tmp_path / name]).documents
    assert (document.doc_id, document.metadata["format"]) == (name, "plain")
    with pytest.raises(DocumentError, match=re.escape(f"no readable document in {tmp_path}.")):
        load_paths([tmp_path])


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_odd_names(tmp_path: Path) -> None:
    (tmp_path / "سطر\nجديد.txt").write_text("نص أول", encoding="utf-8")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe3\xc4.txt")).write_text("نص ثان")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    loaded = load_paths([tmp_path])
    names = [(document.doc_id, document.title) for document in loaded.documents]
    assert names == [
        ("سطر\nجديد.txt", "سطر\nجديد"),
        ("\\udce3\\udcc4.txt", "\\udce3\\udcc4"),
    ]
    for document in loaded.documents:
        assert document.source.encode()


def test_the_article_is_the_recorded_one() -> None:
    document = load_file(ARTICLE)
    assert document.title == (
        "مؤتمر التفاعل وإجراءات بناء الثقة في آسيا "
        "(Conference on Interaction and Confidence-Building Measures in Asia – CICA)"
    )
    assert document.text.encode() == ARTICLE.read_bytes()
    assert len(document.text) == 7173
