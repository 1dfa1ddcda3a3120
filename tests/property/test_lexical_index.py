"""Whatever the terms: an index is after loading what it was before, and scores add up."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from word_encoder import packed

from cica_qa.index.bm25 import Bm25
from cica_qa.index.lexical import LexicalIndex

FIELDS = ("stems", "grams")
TERMS = st.lists(st.one_of(st.sampled_from("ابتثجح"), st.text(max_size=4)), max_size=8)
ENCODABLE = TERMS.map(lambda terms: [t.encode("utf-8", "ignore").decode() for t in terms])
TEXT = st.fixed_dictionaries({"stems": ENCODABLE, "grams": ENCODABLE})


@given(st.lists(TEXT, min_size=1, max_size=12), TEXT)
def test_an_index_survives_the_disk(
    passages: list[dict[str, list[str]]], question: dict[str, list[str]]
) -> None:
    made = LexicalIndex.from_terms(passages, FIELDS)
    with TemporaryDirectory() as folder:
        part = LexicalIndex.load(packed(made.files(), Path(folder)))
        loaded = Bm25.alone(part)
        assert len(part) == len(passages)
        assert loaded.scores(question).tobytes() == Bm25.alone(made).scores(question).tobytes()
        for field in FIELDS:
            asked = question[field]
            counted = [sum(term in passage[field] for passage in passages) for term in asked]
            assert loaded.passage_frequencies(field, asked) == counted
            holds = [[term in passage[field] for term in asked] for passage in passages]
            assert loaded.holds(field, asked, np.arange(len(passages))).tolist() == holds
        del loaded, part


@given(st.lists(TEXT, min_size=1, max_size=12), TEXT, TEXT)
def test_scores_add_up(
    passages: list[dict[str, list[str]]], one: dict[str, list[str]], two: dict[str, list[str]]
) -> None:
    index = Bm25.alone(LexicalIndex.from_terms(passages, FIELDS))
    both = {field: one[field] + two[field] for field in FIELDS}
    total = index.scores(one) + index.scores(two)
    np.testing.assert_allclose(index.scores(both), total, rtol=1e-5, atol=1e-6)
    shared = [any(set(p[f]) & set(both[f]) for f in FIELDS) for p in passages]
    assert (index.scores(both) > 0).tolist() == shared
