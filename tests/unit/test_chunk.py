"""Passages follow the structure of their document and have stable ids."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cica_qa.documents.chunk import chunk, chunker_fingerprint, parts, windows, without_bullet
from cica_qa.documents.load import load_file
from cica_qa.documents.structure import parse_blocks
from cica_qa.types import Document, Passage, Unit

ARTICLE = Path(__file__).resolve().parents[2] / "corpus/documents/cica.txt"
SENTENCE = "هذه جملة من عشر كلمات تقريبا تكفي لملء بعض السطر هنا."
ARTICLE_PASSAGES = [
    "cica.txt#0-117", "cica.txt#130-865", "cica.txt#867-1317", "cica.txt#1319-1867",
    "cica.txt#1869-2540", "cica.txt#2542-3086", "cica.txt#3088-3540", "cica.txt#3542-4131",
    "cica.txt#4133-4686", "cica.txt#4688-5095", "cica.txt#5097-5480", "cica.txt#5482-5861",
    "cica.txt#5863-6170", "cica.txt#6172-6411", "cica.txt#6413-6726", "cica.txt#6728-7159",
    "cica.txt#7161-7168",
]  # fmt: skip


def passages(text: str, limit: int = 1500, markup: str = "plain") -> list[Passage]:
    return chunk(Document("d", "", text, "", {"format": markup}), limit)


def test_the_article_has_one_passage_for_each_section() -> None:
    article = load_file(ARTICLE)
    found = chunk(article)
    assert [passage.passage_id for passage in found] == ARTICLE_PASSAGES
    assert all(p.text == article.text[p.start : p.end] for p in found)
    assert [len(passage.headings) for passage in found] == [0] + [1] * 16
    assert found[-1].text == "المراجع"
    assert found[-1].units == (Unit(7161, 7168, "heading"),)
    assert not any("CDATA" in passage.text or "]]>" in passage.text for passage in found)


def test_each_list_of_the_article_is_with_its_heading_and_lead() -> None:
    article = load_file(ARTICLE)
    blocks = parse_blocks(article)
    listed = [
        (at, block)
        for at, block in enumerate(blocks)
        if block.kind == "item" and blocks[at - 1].kind != "item"
    ]
    assert len(listed) == 6
    for at, first in listed:
        last = first
        while at < len(blocks) and blocks[at].kind == "item":
            last = blocks[at]
            at += 1
        (holder,) = [p for p in chunk(article) if p.start <= first.start < p.end]
        lead = blocks[blocks.index(first) - 1]
        heading = blocks[blocks.index(first) - 2]
        assert heading.kind == "heading"
        assert article.text[lead.start : lead.end].endswith(":")
        assert (holder.start, holder.end) == (heading.start, last.end)


def test_a_membership_sentence_is_a_span() -> None:
    passage = chunk(load_file(ARTICLE))[6]
    first = passage.units[0]
    assert passage.slice(first.start, first.end) == (
        "يضم مؤتمر التفاعل وإجراءات بناء الثقة في آسيا حالياً 28 دولة عضواً، "
        "بالإضافة إلى 13 دولة مراقبة و 5 منظمات دولية مراقبة."
    )


def test_long_sections_are_cut_at_paragraph_ends() -> None:
    paragraph = " ".join([SENTENCE] * 3)
    found = passages("\n\n".join(["عنوان", "قسم", *[paragraph] * 4]), 400)
    assert [p.text for p in found] == [
        "عنوان",
        f"قسم\n\n{paragraph}\n\n{paragraph}",
        f"{paragraph}\n\n{paragraph}",
    ]
    assert [p.headings for p in found] == [(), ("قسم",), ("قسم",)]


def test_long_paragraphs_are_cut_at_sentence_ends() -> None:
    found = passages(" ".join([SENTENCE] * 9), 200)
    assert [p.text for p in found] == [" ".join([SENTENCE] * 3)] * 3
    assert [len(p.units) for p in found] == [3, 3, 3]


def test_sentences_longer_than_a_passage_are_cut_between_words() -> None:
    found = passages("كلمة " * 100, 200)
    assert [len(p.text) for p in found] == [199, 199, 99]
    assert {len(p.units) for p in found} == {1}


def test_a_list_stays_with_its_lead_up_to_twice_the_limit() -> None:
    items = "\n".join(f"• {SENTENCE}" for _ in range(6))
    intro = f"{SENTENCE} {SENTENCE}"
    text = f"{intro}\n\nومن أبرزها:\n{items}"
    assert [p.text for p in passages(text, 200)] == [intro, f"ومن أبرزها:\n{items}"]
    found = passages(text, 170)  # now the list is too long to stay whole
    assert [len(p.text) <= 170 for p in found] == [True] * len(found)
    assert sum(span.kind == "item" for p in found for span in p.units) == 6


def test_a_heading_stays_with_the_text_under_it() -> None:
    found = passages("# كتاب\n\n## باب\n\n### فصل\n\nنص.\n\n## آخر", 200, "markdown")
    assert [(p.text, p.headings) for p in found] == [
        ("# كتاب", ()),
        ("## باب\n\n### فصل\n\nنص.", ("باب", "فصل")),
        ("## آخر", ("آخر",)),
    ]
    assert [[s.kind for s in p.units] for p in found] == [["title"], ["sentence"], ["heading"]]


def test_no_passage_runs_across_a_rule_or_debris() -> None:
    found = passages("نص.\n\n# رأس\n\n---\n\n# آخر\n\nنص.\n\n***\n\nنص.", 200, "markdown")
    assert [(p.text, p.headings) for p in found] == [
        ("نص.", ()),
        ("# رأس", ("رأس",)),
        ("# آخر\n\nنص.", ("آخر",)),
        ("نص.", ("آخر",)),
    ]


def test_long_headings_with_nothing_under_them_are_cut() -> None:
    found = passages("نص.\n\n# " + "كلمة " * 100, 200, "markdown")
    assert [len(p.text) <= 200 for p in found] == [True] * 4


@pytest.mark.parametrize("text", ["", "\n \n", "---"])
def test_an_empty_text_has_no_passage(text: str) -> None:
    assert passages(text) == []


def test_a_passage_refuses_a_slice_that_is_not_its_own() -> None:
    (passage,) = passages(SENTENCE)
    assert passage.slice(4, 8) == "جملة"
    with pytest.raises(ValueError, match="is not inside d#0-"):
        passage.slice(0, len(SENTENCE) + 1)


def test_windows_share_half_their_sentences() -> None:
    sizes = [5] * 6
    assert windows(sizes, 10) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert windows(sizes, 20) == [(0, 3), (2, 5)]
    assert windows(sizes, 500) == [(0, 5)]
    assert windows(sizes, 1) == [(at, at) for at in range(6)]


def test_parts_are_as_equal_as_the_sentences_allow() -> None:
    (passage,) = passages(" ".join([SENTENCE] * 6))
    size = len(SENTENCE)

    def lengths(chars: int) -> list[int]:
        found = parts(passage, chars)
        assert [span for part in found for span in part] == list(passage.units)
        return [len(part) for part in found]

    assert lengths(6 * size) == [6]
    assert lengths(5 * size) == [3, 3], "no full part and a rest"
    assert lengths(2 * size) == [2, 2, 2]
    assert lengths(1) == [1] * 6


@pytest.mark.parametrize(
    ("item", "bare"),
    [("• بند", "بند"), ("١- بند", "بند"), ("(أ) بند", "بند"), ("•بند", "بند"), ("بند", "بند")],
)
def test_an_item_without_its_bullet(item: str, bare: str) -> None:
    assert without_bullet(item) == bare


def test_the_fingerprint_changes_with_the_sizes() -> None:
    prints = {chunker_fingerprint(*sizes) for sizes in ((1500, 60), (1400, 60), (1500, 50))}
    assert len(prints) == 3


@pytest.mark.parametrize("markup", ["plain", "markdown"])
@pytest.mark.parametrize(
    "text",
    ["ا" + " " * 100_000 + "ب", "- بند\n" * 20_000, "<!DOCTYPE" * 10_000, "# ع " + "[" * 100_000],
    ids=["spaces", "items", "tags", "brackets"],
)
def test_a_hostile_text_is_cut_quickly(text: str, markup: str) -> None:
    before = time.thread_time()
    assert passages(text, markup=markup)
    assert time.thread_time() - before < 10


def test_a_heading_with_nothing_under_it_is_content() -> None:
    text = "# عرض\n\n## نسبة الطلاب\n\n## واجهات سهلة\n\nنص قصير."
    (passage,) = passages(text, markup="markdown")[-1:]
    texts = [passage.slice(unit.start, unit.end) for unit in passage.units]
    assert [text.lstrip("# ") for text in texts] == ["نسبة الطلاب", "نص قصير."]
