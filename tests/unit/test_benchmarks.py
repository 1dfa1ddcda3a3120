"""The measures behind the tables in benchmarks/results."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._metrics import gold_ranks, measure

LETTERS = "abcdefghijklm"


def test_the_rank_of_the_first_right_document_counts():
    found = [["a", "b", "c"], ["b", "a"], ["c"], []]
    gold = [{"a"}, {"a", "c"}, {"a"}, {"a"}]
    assert gold_ranks(found, gold).tolist() == [1, 2, 0, 0]


def test_the_eleventh_document_is_not_found():
    assert gold_ranks([LETTERS, LETTERS], [{"j"}, {"k"}]).tolist() == [10, 0]


def test_a_run_of_another_length_than_the_questions_is_refused():
    with pytest.raises(ValueError, match="zip"):
        gold_ranks([["a"]], [{"a"}, {"b"}])


def test_measures_of_known_ranks():
    measured = measure(np.array([1, 2, 3, 6, 0]))
    assert measured["R@1"].tolist() == [1, 0, 0, 0, 0]
    assert measured["R@5"].tolist() == [1, 1, 1, 0, 0]
    assert measured["RR@10"] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 6, 0])
    assert measured["nDCG@10"] == pytest.approx([1, 0.6309297536, 0.5, 0.3562071871, 0])


@given(st.lists(st.integers(0, 10), min_size=1))
def test_a_better_rank_never_measures_lower(ranks: list[int]):
    order = sorted(ranks, key=lambda rank: rank or 11)
    for values in measure(np.array(order)).values():
        assert (np.diff(values) <= 0).all()
        assert ((values >= 0) & (values <= 1)).all()
