"""Questions that are read together: all of them, once, at the least cost."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from cica_qa.encoders import compiled

LENGTHS = st.lists(st.integers(1, 300), max_size=24)


def cost(size: int, longest: int) -> int:
    return compiled._EACH + size * compiled._padded(longest)


@given(LENGTHS)
def test_each_is_in_one_batch_of_a_power_of_two(lengths: list[int]) -> None:
    batches = list(compiled._padded_batches(lengths))
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch).bit_count() == 1
        longest = max(lengths[at] for at in batch)
        assert lengths[batch[-1]] == longest
        whole = len(batch) * compiled._padded(longest)
        assert len(batch) == 1 or whole <= compiled._QUESTION_TOKENS


@given(LENGTHS)
def test_no_other_cut_costs_less(lengths: list[int]) -> None:
    ordered = sorted(lengths)

    @cache
    def least(end: int) -> int:
        """Of the shortest ``end`` questions, all ways tried."""
        if end == 0:
            return 0
        longest = ordered[end - 1]
        most = compiled._QUESTION_TOKENS // compiled._padded(longest)
        sizes = [n for n in (1, 2, 4, 8, 16) if n == 1 or n <= min(end, most)]
        return min(least(end - n) + cost(n, longest) for n in sizes)

    batches = compiled._padded_batches(lengths)
    assert sum(cost(len(b), lengths[b[-1]]) for b in batches) == least(len(ordered))
