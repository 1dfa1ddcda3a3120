"""Pages of a PDF as pictures, and the boxes of a text on them."""

from pathlib import Path

import pytest

from cica_qa.documents.load import load_file
from cica_qa.documents.pdf.boxes import boxes_of, page_picture

FOLDER = Path(__file__).resolve().parents[1] / "data" / "pdf"
GUIDE = (FOLDER / "guide.pdf").read_bytes()


def page_text(number: int) -> str:
    document = load_file(FOLDER / "guide.pdf")
    page = document.pages[number - 1]
    return document.text[page.start : page.end]


def test_a_page_is_rendered_as_a_picture() -> None:
    assert page_picture(GUIDE, 1).startswith(b"\x89PNG\r\n")
    for page in (0, 99):
        with pytest.raises(IndexError):
            page_picture(GUIDE, page)


def test_the_whole_text_of_a_page_fills_its_lines() -> None:
    boxes, pages = boxes_of(GUIDE, 1, page_text(1))
    assert pages == len(load_file(FOLDER / "guide.pdf").pages)
    assert len(boxes) >= 15
    for box in boxes:
        assert box.left >= 0
        assert box.left + box.width <= 100
        assert box.top >= 0
        assert box.top + box.height <= 100
        assert box.width > 1
        assert 0.5 < box.height < 10


def test_only_the_lines_of_a_sentence_are_boxed() -> None:
    lines = [line for line in page_text(1).splitlines() if len(line.split()) > 6]
    sentence = lines[0]
    own, _ = boxes_of(GUIDE, 1, sentence)
    whole, _ = boxes_of(GUIDE, 1, page_text(1))
    assert 0 < len(own) < len(whole)
    words = " ".join(sentence.split()[:3])
    (part,) = boxes_of(GUIDE, 1, words)[0][:1]
    assert part.width < own[0].width + 0.01
    assert part.left + part.width == pytest.approx(own[0].left + own[0].width, abs=2)  # its right


def test_the_cells_of_a_row_are_boxed_in_any_order() -> None:
    boxes, _ = boxes_of(GUIDE, 2, "الأزرق\tدوار الميناء\t7:25")
    assert len(boxes) >= 3
    assert max(box.top for box in boxes) - min(box.top for box in boxes) < 1  # one row


def test_text_that_is_not_on_the_page_has_no_box() -> None:
    assert boxes_of(GUIDE, 1, "كلمات لا وجود لها البتة")[0] == []
    assert boxes_of(GUIDE, 1, "")[0] == []
    with pytest.raises(IndexError):
        boxes_of(GUIDE, 99, "س")
