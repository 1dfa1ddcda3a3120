"""Exact search over vectors: order, ties, limits and the file format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cica_qa.index.dense import DenseIndex
from cica_qa.protocols import Vectors


def unit_vectors(rows: int, dimension: int = 16, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 7, 250, 1000])
def test_it_finds_what_a_full_sort_finds(k: int) -> None:
    vectors, queries = unit_vectors(1000), unit_vectors(5, seed=1)
    index = DenseIndex.from_vectors(vectors)
    for query in queries:
        rows, cosines = index.search(query, k)
        expected = np.argsort(-(vectors @ query), kind="stable")[:k]
        assert rows.tolist() == expected.tolist()
        np.testing.assert_allclose(cosines, vectors[expected] @ query, atol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 120, 300])
def test_rows_of_the_same_score_stand_in_row_order(k: int) -> None:
    vectors = np.tile(unit_vectors(1), (300, 1))
    rows, cosines = DenseIndex.from_vectors(vectors).search(vectors[0], k)
    assert rows.tolist() == list(range(k))
    assert len(set(cosines.tolist())) == 1


def test_only_the_given_rows_are_searched() -> None:
    vectors, query = unit_vectors(100), unit_vectors(1, seed=1)[0]
    allowed = np.arange(3, 100, 7)
    rows, cosines = DenseIndex.from_vectors(vectors).search(query, 5, allowed)
    expected = allowed[np.argsort(-(vectors[allowed] @ query))[:5]]
    assert rows.tolist() == expected.tolist()
    np.testing.assert_allclose(cosines, vectors[expected] @ query, atol=1e-6)


def test_there_are_never_more_rows_than_there_are() -> None:
    index = DenseIndex.from_vectors(unit_vectors(4))
    query = unit_vectors(1, seed=1)[0]
    assert sorted(index.search(query, 10**9)[0].tolist()) == [0, 1, 2, 3]
    assert sorted(index.search(query, 9, np.array([1, 3]))[0].tolist()) == [1, 3]


@pytest.mark.parametrize("k", [0, -1])
def test_nothing_asked_nothing_found(k: int) -> None:
    index = DenseIndex.from_vectors(unit_vectors(4))
    assert index.search(unit_vectors(1)[0], k)[0].tolist() == []
    assert index.search(unit_vectors(1)[0], 3, np.array([], np.int64))[0].tolist() == []


def test_what_was_written_is_read_to_the_last_bit(tmp_path: Path) -> None:
    vectors = unit_vectors(50)
    file = tmp_path / "dense.faiss"
    file.write_bytes(DenseIndex.from_vectors(vectors).to_bytes())
    again = DenseIndex.from_file(file)
    assert (len(again), again.dimension) == (50, 16)
    assert again.vectors(0, 50).tobytes() == vectors.tobytes()
    assert again.vectors(7, 2).tobytes() == vectors[7:9].tobytes()


@pytest.mark.parametrize("data", [b"", b"not an index", b"IxF"])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "dense.faiss"
    file.write_bytes(data)
    with pytest.raises(RuntimeError):
        DenseIndex.from_file(file)
