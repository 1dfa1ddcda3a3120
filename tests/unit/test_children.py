"""Which terms stand in which child."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_encoder import packed

from cica_qa.index.children import ChildTerms

ROWS = [["قمة", "دولة", "قمة"], [], ["دولة"]]


def saved(terms: ChildTerms, folder: Path) -> ChildTerms:
    return ChildTerms.load(packed(terms.files(), folder))


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_coverage_adds_each_term_once(tmp_path: Path) -> None:
    terms = ChildTerms.from_terms(ROWS)
    for index in (terms, saved(terms, tmp_path)):
        assert len(index) == 3
        weights = {"قمة": 0.75, "دولة": 0.25, "غائبة": 5.0}
        assert index.coverage(rows(0, 1, 2), weights).tolist() == [1.0, 0.0, 0.25]
        assert index.coverage(rows(2, 1), weights).tolist() == [0.25, 0.0]


def test_nothing_asked_covers_nothing() -> None:
    terms = ChildTerms.from_terms(ROWS)
    assert terms.coverage(rows(0, 1), {}).tolist() == [0, 0]
    assert terms.coverage(rows(), {"قمة": 1.0}).tolist() == []
    assert terms.coverage(rows(1), {"قمة": 1.0}).tolist() == [0]
    assert terms.coverage(rows(0), {"غائبة": 1.0}).tolist() == [0]


@given(
    st.lists(st.lists(st.sampled_from("ابتثج")), min_size=1, max_size=8),
    st.dictionaries(st.sampled_from("ابتثجحخ"), st.integers(1, 9), max_size=7),
)
def test_coverage_is_the_sum_over_what_is_there(
    texts: list[list[str]], weights: dict[str, int]
) -> None:
    index = ChildTerms.from_terms(texts)
    expected = [sum(w for term, w in weights.items() if term in text) for text in texts]
    everything = np.arange(len(texts))
    assert index.coverage(everything, weights).tolist() == expected
    backwards = everything[::-1]
    assert index.coverage(backwards, weights).tolist() == expected[::-1]


def test_parts_that_disagree_are_refused(tmp_path: Path) -> None:
    one, two = (ChildTerms.from_terms(rows).files() for rows in (ROWS, ROWS[2:]))
    keys = {"child_keys.npy": two["child_keys.npy"]}
    with pytest.raises(ValueError, match="children"):
        ChildTerms.load(packed(one | keys, tmp_path))
