"""Packing of questions: each is whole, in exactly one row, and can be recovered from it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.models.encoder import compiled
from cica_qa.models.runtime.packing import Packed, Tokens

LENGTHS = st.lists(st.integers(1, 300), max_size=24)
TEXTS = st.lists(st.lists(st.integers(0, 250_000), min_size=1, max_size=40), min_size=1, max_size=9)


@given(LENGTHS)
def test_each_is_in_one_row_and_no_row_could_take_the_next(lengths: list[int]) -> None:
    rows = list(compiled.packed_rows(lengths))

    assert [at for row in rows for at in row] == list(range(len(lengths)))
    tokens = [sum(lengths[at] for at in row) for row in rows]
    for row, own, following in zip(rows, tokens, rows[1:], strict=False):
        assert own <= compiled._ROW or len(row) == 1
        assert own + lengths[following[0]] > compiled._ROW


def test_of_a_pair_the_second_text_is_told_apart() -> None:
    packed = Packed.of([Tokens([7, 8, 9], [], 1), Tokens([4, 5], []), Tokens([6, 3], [], 0)], 9)

    assert packed.kinds.tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0]


@given(TEXTS, st.none() | st.integers(0, 400))
def test_every_token_is_found_again(texts: list[list[int]], room: int | None) -> None:
    packed = Packed.of([Tokens(ids, [(0, 0)] * len(ids)) for ids in texts], room)

    mask = packed.mask.astype(bool)
    found = packed.ids[packed.places]
    assert [row[taken].tolist() for row, taken in zip(found, mask, strict=True)] == texts
    positions = packed.positions[packed.places]
    for own, taken in zip(positions, mask, strict=True):
        assert own[taken].tolist() == list(range(taken.sum()))
    tokens = sum(map(len, texts))
    assert packed.places.ravel()[packed.back[:tokens]].tolist() == list(range(tokens))
    assert len(packed.ids) == len(packed.positions) == len(packed.back) == max(tokens, room or 0)


def test_what_is_left_of_a_row_is_filled_with_nothing_that_is_read() -> None:
    packed = Packed.of([Tokens([7, 8], []), Tokens([9], [])], 5)

    assert packed.ids.tolist() == [7, 8, 9, 0, 0]
    assert packed.places.tolist() == [[0, 1], [2, 0]]
    assert packed.mask.tolist() == [[1, 1], [1, 0]]
    assert packed.back[:3].tolist() == [0, 1, 2]
    assert np.bincount(packed.places[packed.mask == 1]).tolist() == [1, 1, 1]
