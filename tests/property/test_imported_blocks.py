"""Any structure in an imported document is either refused or cut into passages."""

from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.errors import DocumentError
from cica_qa.index.export import read_export
from cica_qa.index.texts import row_texts, word_places
from cica_qa.types import BlockKind

WORDS = st.sampled_from(["المادة", "2:", "القط", "|", "\n", "-", "س:", "##", "12", "\n\n", ":"])
TEXT = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)
PLACE = st.integers(-1, 80)
SPAN = st.tuples(PLACE, PLACE)
BLOCK = st.fixed_dictionaries(
    {"kind": st.sampled_from(get_args(BlockKind)), "start": PLACE, "end": PLACE},
    optional={
        "level": st.integers(0, 3),
        "number": st.sampled_from(["1", "7.2", "E2"]),
        "label": SPAN,
        "cells": st.lists(SPAN, max_size=3),
        "header": st.lists(SPAN, max_size=3),
        "detached": st.booleans(),
    },
)
CUTS = st.lists(st.integers(0, 80), max_size=12).map(sorted)


def export_of(text: str, blocks: list[dict[str, Any]]) -> list[bytes]:
    document = {"doc_id": "d", "title": "t", "text": text, "source": "", "metadata": {}}
    line = {**document, "blocks": blocks, "pages": [], "origin": "folder"}
    return [b'{"cica_qa_export": 1, "documents": 1}\n', json.dumps(line).encode()]


def require_cut(text: str, blocks: list[dict[str, Any]]) -> None:
    try:
        exported = read_export(export_of(text, blocks), "x")
    except DocumentError:
        return
    (document,) = exported.documents
    assert len(document.blocks) == len(blocks)
    for passage in chunk(document):
        assert passage.text == text[passage.start : passage.end]
        row_texts(passage, text, Normalizer(), 20)
        word_places(passage, Normalizer())


@given(TEXT, st.lists(BLOCK, max_size=4))
def test_any_blocks_are_refused_or_cut(text: str, blocks: list[dict[str, Any]]) -> None:
    require_cut(text, blocks)


@given(TEXT, CUTS, st.lists(BLOCK, min_size=11, max_size=11))
def test_blocks_in_order_are_cut(text: str, cuts: list[int], blocks: list[dict[str, Any]]) -> None:
    """Blocks placed so that most are accepted, some of them without any text."""
    places = [min(cut, len(text)) for cut in cuts]
    pairs = zip(blocks, places[:-1], places[1:], strict=False)
    inside = [{**block, "start": start, "end": end} for block, start, end in pairs]
    size = len(text)

    def within(span: tuple[int, int]) -> tuple[int, int]:
        first, last = sorted(min(max(place, 0), size) for place in span)
        return first, last

    for block in inside:
        if "label" in block:
            block["label"] = within(block["label"])
        for name in ("cells", "header"):
            block[name] = [within(span) for span in block.get(name, ())]
    require_cut(text, inside)


def test_a_paragraph_without_text_leads_to_no_list() -> None:
    require_cut(
        "  القط نام ",
        [{"kind": "paragraph", "start": 0, "end": 2}, {"kind": "item", "start": 2, "end": 11}],
    )
