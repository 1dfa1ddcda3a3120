"""PDF files and pictures that need OCR or cannot be read: the text, doubts and helpful errors."""

from __future__ import annotations

import io
import re
import zlib
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from cica_qa.documents.ocr import read_image
from cica_qa.documents.pdf import read_pdf, tesseract
from cica_qa.documents.pdf.picture import prepare_for_ocr
from cica_qa.documents.pdf.tesseract import OcrWord, merge_readings, vote
from cica_qa.documents.reading import Limits
from cica_qa.errors import UnreadableError

PDFS = Path(__file__).resolve().parents[1] / "data" / "pdf"
NOTICE = (PDFS / "notice.pdf").read_bytes()
with_ocr = pytest.mark.skipif(bool(tesseract.missing()), reason=tesseract.missing() or "there")
FACTS = ("قطع المياه يوم الاثنين المقبل", "إصلاح الأنبوب الرئيس في شارع الحرية")


def picture(dpi: int = 200) -> Image.Image:
    page = pypdfium2.PdfDocument(NOTICE)[0]
    return page.render(scale=dpi / 72, grayscale=True).to_pil()


def as_bytes(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, resolution=200)
    return out.getvalue()


@pytest.fixture
def no_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 a zip that is called a PDF", "not a PDF"),
        (NOTICE[:3000], "damaged or cut off"),
        (b"%PDF-1.7\n%%EOF", "damaged or cut off"),
        ((PDFS / "encrypted.pdf").read_bytes(), "password"),
    ],
)
def test_a_pdf_that_cannot_be_opened_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        read_pdf(data, "دفتر.pdf", Limits())
    assert "دفتر.pdf" in str(caught.value)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(file_bytes=100), "more than the limit of 100"),
        (Limits(pages=2), "4 pages, more than the limit of 2"),
        (Limits(seconds=0.0), "longer than 0 seconds"),
    ],
)
def test_an_exceeded_limit_is_named(limits: Limits, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        read_pdf((PDFS / "guide.pdf").read_bytes(), "guide.pdf", limits)


@pytest.mark.usefixtures("no_tesseract")
def test_pictures_without_ocr_name_the_extra() -> None:
    with pytest.raises(UnreadableError, match=r"cica-qa\[ocr\].*tesseract-ocr-ara"):
        read_pdf(as_bytes(picture(), "PDF"), "scan.pdf", Limits())
    with pytest.raises(UnreadableError, match=r"cica-qa\[ocr\]"):
        read_image(as_bytes(picture(), "PNG"), "scan.png", Limits())


@pytest.mark.usefixtures("no_tesseract")
def test_a_damaged_text_layer_is_doubted_without_ocr() -> None:
    read = read_pdf((PDFS / "lying.pdf").read_bytes(), "lying.pdf", Limits())
    assert read.doubts == ("the text layer does not say what is shown (page 1)",)


@with_ocr
def test_a_damaged_text_layer_is_read_by_ocr() -> None:
    read = read_pdf((PDFS / "lying.pdf").read_bytes(), "lying.pdf", Limits())
    assert all(fact in read.text for fact in FACTS)
    assert read.repairs[0].startswith("a damaged text layer was replaced by OCR")
    assert read.doubts == ()


def shown_wrongly(data: bytes, wrong: dict[str, str]) -> bytes:
    """Change the characters that the glyphs of a PDF are mapped to, not what it shows."""
    out = bytearray(data)
    for found in re.finditer(rb"stream\r?\n", data):
        end = data.find(b"endstream", found.end())
        try:
            table = zlib.decompress(data[found.end() : end])
        except zlib.error:
            continue
        if b"beginbfchar" not in table:
            continue
        for letter, told in wrong.items():
            table = table.replace(b"> <%04x>" % ord(letter), b"> <%04x>" % ord(told))
        packed = zlib.compress(table.replace(b"12 dict begin", b""), 9)
        out[found.end() : end] = packed.ljust(end - found.end(), b"\n")
    assert len(out) == len(data)
    return bytes(out)


@with_ocr
def test_letters_that_are_mapped_wrongly_are_corrected_by_ocr() -> None:
    wrong = {"ط": "ع", "ة": "ى", "ث": "ن", "ف": "ل", "ق": "ل", "د": "ذ", "س": "ش"}
    data = shown_wrongly((PDFS / "guide.pdf").read_bytes(), wrong)
    read = read_pdf(data, "guide.pdf", Limits())
    assert read.repairs[0].startswith("a damaged text layer was corrected by OCR")
    assert read.doubts == ()
    for fact in (
        "• الإجازة المرضية: ١٤ يوماً في السنة، وتُحتسب بنسبة 75% من الأجر.",
        "راسلوا help@example.org أو اتصلوا بالرقم 0599-123-456.",
        "تنص المادة (١٢) من اللائحة على أن «كل موظف مسؤول عن عهدته»",
        "استخدم برنامج Microsoft Excel لتسجيل القراءات، واحفظ الملف بصيغة CSV على الخادم.",
    ):
        assert fact in read.text
    rows = [read.text[b.start : b.end].split("\t") for b in read.blocks if b.kind == "row"]
    assert ["الأولى", "1250", "300"] in rows
    assert ["الأحمر", "ساحة النخيل", "7:10"] in rows  # OCR does not see this row


@with_ocr
def test_a_scanned_page_inside_a_pdf_is_read_by_ocr() -> None:
    whole = pypdfium2.PdfDocument.new()
    for data in ((PDFS / "guide.pdf").read_bytes(), as_bytes(picture(), "PDF")):
        whole.import_pages(pypdfium2.PdfDocument(data))
    out = io.BytesIO()
    whole.save(out)
    read = read_pdf(out.getvalue(), "mixed.pdf", Limits())
    last = read.pages[4]
    assert all(fact in read.text[last.start : last.end] for fact in FACTS)
    assert re.fullmatch(
        r"pictures were read by OCR with a confidence of \d\d% \(page 5\)", read.repairs[0]
    )
    assert float(read.metadata["ocr_confidence"]) > 0.7


@with_ocr
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_pictures_of_every_format_are_read(kind: str) -> None:
    read = read_image(as_bytes(picture(), kind), f"scan.{kind.lower()}", Limits())
    assert all(fact in read.text for fact in FACTS)
    assert [page.label for page in read.pages] == ["1"]


@with_ocr
def test_a_skewed_picture_is_read() -> None:
    turned = picture().rotate(3, fillcolor=255, resample=Image.Resampling.BICUBIC)
    assert FACTS[0] in read_image(as_bytes(turned, "PNG"), "askew.png", Limits()).text


@with_ocr
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"no picture at all", "no picture that can be read"),
        (as_bytes(picture(72), "PNG")[:900], "no picture that can be read|cut off"),
        (as_bytes(Image.new("L", (400, 400), 255), "PNG"), "no text was found"),
    ],
)
def test_a_picture_that_cannot_be_read_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        read_image(data, "صورة.png", Limits())
    assert "صورة.png" in str(caught.value)


@with_ocr
def test_a_picture_with_too_many_pixels_is_refused() -> None:
    bomb = as_bytes(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(UnreadableError, match="pixels"):
        read_image(bomb, "bomb.png", Limits())


def test_a_picture_is_levelled_and_enlarged_for_ocr() -> None:
    import numpy as np

    lines = np.full((800, 800), 255, np.uint8)
    lines[100:700:40, 100:700] = 0
    lines[101:701:40, 100:700] = 0
    askew = np.asarray(Image.fromarray(lines).rotate(2, fillcolor=255))
    ready = prepare_for_ocr(askew)
    assert ready.shape == (1600, 1600)
    assert (ready < 128).sum(axis=1).max() > 900  # the rule is within one row of pixels again


def test_numbers_come_from_the_bilingual_reading_and_arabic_from_the_other() -> None:
    line = (1, 1, 1)
    first = [
        OcrWord("242500", 0, 0, 50, 10, 60.0, line),
        OcrWord("المدرسة", 60, 0, 50, 10, 90.0, line),
    ]
    second = [
        OcrWord("42500", 0, 0, 50, 10, 90.0, line),
        OcrWord("Kall", 60, 0, 50, 10, 95.0, line),
    ]
    assert [word.text for word in merge_readings(first, second)] == ["42500", "المدرسة"]


def test_the_reading_that_makes_a_word_wins() -> None:
    line, other = (1, 1, 1), (1, 1, 2)
    first = [
        OcrWord("بن", 0, 0, 20, 10, 92.0, line),
        OcrWord("المدرسسة", 30, 0, 50, 10, 80.0, line),
        OcrWord("2024", 90, 0, 50, 10, 60.0, line),
    ]
    second = [
        OcrWord("بين", 0, 0, 20, 10, 80.0, other),
        OcrWord("المدرسة", 30, 0, 50, 10, 70.0, other),
        OcrWord("العام", 90, 0, 50, 10, 95.0, other),
    ]
    voted = vote(first, second)
    assert [word.text for word in voted] == ["بن", "المدرسة", "2024"]
    assert {word.line for word in voted} == {line}
