"""Page layout: nothing on a page is lost or read twice, however it is laid out."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from cica_qa.documents.pdf.blocks import PageLines, write_pages
from cica_qa.documents.pdf.furniture import PagePieces, drop_furniture
from cica_qa.documents.pdf.glyphs import Glyph, Glyphs
from cica_qa.documents.pdf.layout import read_layout
from cica_qa.documents.pdf.lines import LinePiece, PageFacts, read_pieces
from cica_qa.documents.pdf.rules import PageRules
from cica_qa.documents.pdf.scan import correct_ocr

TEXTS = ("كلمة هنا في الدار", "12", "(3)", "•", "a b", "1. نص", "¹ حاشية")


def piece(text: str, left: float, right: float, y: float, size: float = 12.0) -> LinePiece:
    return LinePiece(text, left, right, y, 1.4 * size, 0, size, letters=sum(map(str.isalpha, text)))


def a_page(seed: int) -> tuple[list[LinePiece], PageRules, bool]:
    chance = random.Random(seed)
    pieces = []
    for _ in range(chance.randint(1, 25)):
        left = chance.choice([50, 60, 150, 300, 310, 450]) + chance.random() * chance.choice(
            [0, 20]
        )
        right = left + chance.choice([10, 40, 100, 200, 400])
        y = chance.choice(range(50, 800, chance.choice([7, 14, 30])))
        pieces.append(piece(chance.choice(TEXTS), left, right, y, chance.choice([8, 12, 12, 20])))
    heights = {chance.choice([100, 200, 300, 400]) for _ in range(chance.randint(0, 4))}
    horizontal = tuple((float(y), 50.0, 550.0) for y in sorted(heights, reverse=True))
    vertical = tuple((float(x), 100.0, 400.0) for x in chance.sample([50, 200, 300, 550], 3))
    return pieces, PageRules(horizontal, vertical), chance.random() < 0.8


def test_every_word_of_a_page_is_read_once() -> None:
    for seed in range(150):
        pieces, rules, rtl = a_page(seed)
        lines = read_layout(pieces, rules, rtl)
        seen = sorted(word for one in pieces for word in one.text.split())
        assert sorted(word for line in lines for word in line.text.split()) == seen, seed
        text = write_pages([PageLines(lines, 0, 842), PageLines([], 0, 842)])
        spans = [(block.start, block.end) for block in text.blocks]
        assert all(a[1] <= b[0] for a, b in pairwise(spans)), seed
        assert [page.end for page in text.pages] == [len(text.text)] * 2, seed


def test_a_bullet_opens_its_item_at_any_distance() -> None:
    pieces = [
        piece("•", 490, 495, 700), piece("غرامة التأخير ربع درهم", 300, 460, 700),
        piece("•", 490, 495, 685), piece("تعويض الكتاب بضعف ثمنه", 300, 460, 685),
    ]  # fmt: skip
    lines = read_layout(pieces, PageRules(), rtl=True)
    assert [(line.text, line.cells) for line in lines] == [
        ("• غرامة التأخير ربع درهم", ()),
        ("• تعويض الكتاب بضعف ثمنه", ()),
    ]


def test_the_only_underlined_row_names_the_columns() -> None:
    words = ("القسم", "الطابق", "الآداب", "الأول", "العلوم", "الثاني", "الفنون", "الثالث")
    pieces = [
        piece(word, 400 if at % 2 else 100, 440 if at % 2 else 140, 700 - at // 2 * 18)
        for at, word in enumerate(words)
    ]
    ruled = PageRules(horizontal=((696.0, 90.0, 450.0),))
    for rules, heads in ((ruled, [True, False, False, False]), (PageRules(), [False] * 4)):
        lines = read_layout(pieces, rules, rtl=True)
        assert [line.heads for line in lines] == heads


@pytest.mark.parametrize("beyond", [0.0, 3.5])
def test_a_space_at_the_end_of_a_line_splits_no_word(beyond: float) -> None:
    text, letters, spaces, pen = "ماء البئر ", [], [], 100.0
    for index, character in enumerate(text[:-1]):
        pen -= 5
        glyph = Glyph(character, pen, pen + 5, 700, 14, index)
        (spaces if character == " " else letters).append(glyph)
    # Word draws the last space of a line under the last letter, or to the left of it.
    spaces.append(Glyph(" ", pen - beyond, pen - beyond + 3.5, 700, 14, len(text) - 1))
    facts = PageFacts(lambda _: 12.0, lambda parts, *_: parts)
    pieces = read_pieces(Glyphs(letters, [], spaces, set()), facts)
    assert [piece.text for piece in pieces] == ["ماء البئر"]


def test_footnotes_are_separated_from_the_text() -> None:
    body = [piece("جملة طويلة من متن الصفحة تملأ السطر", 60, 540, 700 - 20 * i) for i in range(6)]
    notes = [piece("¹ حاشية أولى", 300, 540, 90, 9), piece("² حاشية ثانية", 300, 540, 75, 9)]
    text = write_pages([PageLines(read_layout([*body, *notes], PageRules(), True), 0, 842)])
    kinds = [(block.kind, text.text[block.start : block.end]) for block in text.blocks]
    assert [kind for kind, _ in kinds] == ["paragraph", "note", "note"]
    assert kinds[1:] == [("note", "¹ حاشية أولى"), ("note", "² حاشية ثانية")]


def test_a_paragraph_across_pages_is_one_block_on_both_pages() -> None:
    first = [piece("سطر كامل لا ينتهي بنقطة ويملأ الصفحة", 60, 540, 700 - 20 * i) for i in range(3)]
    second = [piece("تتمة الفقرة في الصفحة التالية هنا.", 60, 540, 700)]
    pages = [PageLines(read_layout(page, PageRules(), True), 0, 842) for page in (first, second)]
    text = write_pages(pages)
    assert [block.kind for block in text.blocks] == ["paragraph"]
    assert text.text[text.pages[1].start :] == "تتمة الفقرة في الصفحة التالية هنا."


def test_page_numbers_are_dropped_and_numbers_in_the_text_kept() -> None:
    pages = [
        PagePieces([piece(f"نص {i}", 300, 540, 400), piece(str(i + 4), 290, 300, 30)], 0, 842, [])
        for i in range(5)
    ]
    drop_furniture(pages)
    assert [[one.text for one in page.pieces] for page in pages] == [[f"نص {i}"] for i in range(5)]


def test_a_title_repeated_on_slides_is_not_a_running_header() -> None:
    pages = [
        PagePieces(
            [piece("عنوان", 200, 500, 790, 30), piece(f"نص يطول في الشريحة {i}", 300, 540, 400)],
            0,
            842,
            [],
        )
        for i in range(4)
    ]
    drop_furniture(pages)
    assert all(page.pieces[0].text == "عنوان" for page in pages)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("للجسر» فانقطعت", "للجسر، فانقطعت"),
        ("«قول» وبعده", "«قول» وبعده"),
        ("اللون الأأخضر", "اللون الأخضر"),
        ("لاا تفتح", "لاا تفتح"),
        ("الإخلااص", "الإخلاص"),
        ("تحية طيبة وبعدء نفيدكم", "تحية طيبة وبعد، نفيدكم"),
        ("في الهواء والماء وشراء", "في الهواء والماء وشراء"),
    ],
)
def test_systematic_ocr_errors_are_corrected(read: str, meant: str) -> None:
    assert correct_ocr(read) == meant
