"""The structure of any text covers all of its words, in order, in exact spans."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cica_qa.documents.chunk import chunk
from cica_qa.documents.structure import parse_blocks, refine
from cica_qa.documents.units import GLUE, linear
from cica_qa.types import Block, Document, Unit

WORDS = st.sampled_from(["كتاب", "الثمن", "يقع", "12", "مادة", "خطوة", "E2", "**مهم**", "نعم."])
PHRASE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
LINE = st.one_of(
    PHRASE,
    st.tuples(PHRASE, PHRASE).map(": ".join),
    st.tuples(PHRASE, PHRASE, PHRASE).map("\t".join),
    st.tuples(PHRASE, PHRASE).map("    ".join),
    st.tuples(PHRASE, PHRASE).map(" | ".join),
    PHRASE.map(lambda text: f"| {text} | {text} |"),
    st.tuples(st.integers(1, 9), PHRASE).map(lambda pair: f"{pair[0]}. {pair[1]}"),
    st.tuples(st.integers(1, 9), PHRASE).map(lambda pair: f"المادة ({pair[0]}): {pair[1]}"),
    st.tuples(st.integers(1, 3), PHRASE).map(lambda pair: f"7.{pair[0]} {pair[1]}"),
    st.sampled_from(
        ["- ", "• ", "أ) ", "ب. ", "> ", "## ", "س: ", "ج: ", "ملاحظة: ", "(1) "]
    ).flatmap(lambda mark: PHRASE.map(lambda text: mark + text)),
    PHRASE.map(lambda text: f"{text}؟"),
    st.sampled_from(["", "", "____", "|---|---|", "الجنسية:"]),
)
TEXT = st.lists(LINE, max_size=14).map("\n".join)
MARKUP = st.sampled_from(["plain", "markdown"])
DOCUMENT = st.builds(
    lambda text, markup: Document("d", "", text, "", {"format": markup}), TEXT, MARKUP
)


def spans_of(one: Block | Unit) -> list[tuple[int, int]]:
    own = [*one.cells, *([one.label] if one.label else [])]
    return [*own, *one.header, *getattr(one, "context", ())]


def content(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@given(DOCUMENT)
def test_blocks_are_in_order_and_cover_all_words(document: Document) -> None:
    text, end, covered = document.text, 0, ""
    for block in parse_blocks(document):
        assert end <= block.start < block.end <= len(text)
        for start, stop in spans_of(block):
            assert 0 <= start <= stop <= len(text)
        for start, stop in block.cells:
            assert block.start <= start <= stop <= block.end
        end, covered = block.end, covered + text[block.start : block.end]
    assert content(covered) == content(text)


@given(DOCUMENT)
def test_units_cover_what_passages_hold_and_lie_in_order(document: Document) -> None:
    for passage in chunk(document, 400):
        end = passage.start
        for unit in passage.units:
            assert end <= unit.start < unit.end <= passage.end
            end = unit.end
        for whole in passage.wholes:
            assert passage.start <= whole.start < whole.end <= passage.end


@given(DOCUMENT)
def test_a_linear_unit_leads_back_to_the_document(document: Document) -> None:
    text = document.text
    for passage in chunk(document, 400):
        for unit in passage.units:
            line = linear(text, unit, "العنوان")
            assert len(line.text) == len(line.origins) == len(line.inside)
            for character, origin in zip(line.text, line.origins, strict=True):
                same = origin == GLUE or text[origin] == character
                assert same or (character == " " and text[origin].isspace())
            own = line.spans(0, len(line.text))
            assert all(unit.start <= start < end <= unit.end for start, end in own)
            told = content("".join(text[start:end] for start, end in own))
            assert content(text[unit.start : unit.end]).endswith(told)


@given(TEXT)
def test_refined_paragraphs_are_what_they_were(text: str) -> None:
    told = parse_blocks(Document("d", "", text, "", {"format": "plain"}))
    paragraphs = [Block("paragraph", block.start, block.end) for block in told]
    refined = refine(text, paragraphs)
    before = content("".join(text[b.start : b.end] for b in paragraphs))
    assert content("".join(text[b.start : b.end] for b in refined)) == before
    assert all(a.end <= b.start for a, b in pairwise(refined))
