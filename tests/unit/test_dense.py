"""Search over vectors, exact and by a graph: order, ties, limits, filters, the file format."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from word_encoder import packed

from cica_qa.index.dense import EXACT_ROWS, DenseIndex, DenseKind, kind_for
from cica_qa.protocols import Vectors

KINDS: tuple[DenseKind, ...] = ("exact", "graph")
both = pytest.mark.parametrize("kind", KINDS)


def unit_vectors(rows: int, dimension: int = 16, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearest(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    return np.argsort(-(vectors @ query), kind="stable")[:k].tolist()


@pytest.fixture(scope="module")
def clustered() -> Vectors:
    """As passages are: rows in groups whose members resemble each other."""
    noise = np.random.default_rng(2).standard_normal((4000, 48)).astype(np.float32) / 16
    vectors = np.repeat(unit_vectors(400, 48), 10, axis=0) + noise
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def graph(clustered: Vectors) -> DenseIndex:
    return DenseIndex.from_vectors(clustered, "graph")


@pytest.mark.parametrize("k", [1, 7, 250, 1000])
def test_it_finds_what_a_full_sort_finds(k: int) -> None:
    vectors, queries = unit_vectors(1000), unit_vectors(5, seed=1)
    index = DenseIndex.from_vectors(vectors)
    for query in queries:
        rows, cosines = index.search(query, k)
        assert rows.tolist() == nearest(vectors, query, k)
        np.testing.assert_allclose(cosines, (vectors @ query)[rows], atol=1e-6)


@both
@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 9, 20])
def test_several_questions_find_what_each_finds_alone(
    clustered: Vectors, kind: DenseKind, count: int
) -> None:
    vectors = np.concatenate([clustered[:700], clustered[300:303], clustered[:301]])
    index = DenseIndex.from_vectors(vectors, kind)
    queries = np.concatenate([unit_vectors(17, 48, seed=4), vectors[300:303]])[:count]
    for k in (0, 1, 3, 50, 2000):
        together = index.search_many(queries, k)
        alone = [index.search(query, k) for query in queries]
        assert len(together) == len(alone)
        for (rows, cosines), (own_rows, own_cosines) in zip(together, alone, strict=True):
            assert cosines[:k].tolist() == own_cosines.tolist()
            assert rows[:k].tolist() == own_rows.tolist()
            assert set(cosines[k:].tolist()) <= set(own_cosines[-1:].tolist())


def test_several_questions_may_be_limited_to_rows() -> None:
    vectors, queries = unit_vectors(600), unit_vectors(4, seed=1)
    index, within = DenseIndex.from_vectors(vectors), np.arange(0, 600, 7)
    for query, (rows, _) in zip(queries, index.search_many(queries, 5, within), strict=True):
        assert rows.tolist() == index.search(query, 5, within)[0].tolist()
        assert not (rows % 7).any()


def test_the_graph_finds_nearly_what_a_full_sort_finds(
    clustered: Vectors, graph: DenseIndex
) -> None:
    queries = unit_vectors(100, 48, seed=3)
    found = expected = 0
    for query in queries:
        rows, cosines = graph.search(query, 10)
        best = nearest(clustered, query, 10)
        found, expected = found + len({*rows.tolist()} & {*best}), expected + 10
        np.testing.assert_allclose(cosines, (clustered @ query)[rows], atol=1e-3)
        assert sorted(cosines.tolist(), reverse=True) == cosines.tolist()
    assert found >= 0.99 * expected
    assert graph.describe()["recall"] >= 0.99


@both
@pytest.mark.parametrize("k", [1, 3, 120, 300])
def test_rows_of_the_same_score_stand_in_row_order(k: int, kind: DenseKind) -> None:
    vectors = np.tile(unit_vectors(1), (300, 1))
    rows, cosines = DenseIndex.from_vectors(vectors, kind).search(vectors[0], k)
    assert rows.tolist() == sorted(rows.tolist())
    assert len(rows) == k
    assert len(set(cosines.tolist())) == 1


@both
@pytest.mark.parametrize("step", [1.5, 2, 7, 1300])
def test_only_the_given_rows_are_searched(
    clustered: Vectors, graph: DenseIndex, kind: DenseKind, step: float
) -> None:
    index = graph if kind == "graph" else DenseIndex.from_vectors(clustered)
    allowed = np.arange(3, len(clustered), step).astype(np.int64)
    for query in unit_vectors(10, 48, seed=1):
        rows, cosines = index.search(query, 5, allowed)
        expected = allowed[nearest(clustered[allowed], query, 5)]
        assert rows.tolist() == expected.tolist()
        np.testing.assert_allclose(cosines, (clustered @ query)[rows], atol=1e-3)


@both
def test_there_are_never_more_rows_than_there_are(kind: DenseKind) -> None:
    index = DenseIndex.from_vectors(unit_vectors(4), kind)
    query = unit_vectors(1, seed=1)[0]
    assert sorted(index.search(query, 10**9)[0].tolist()) == [0, 1, 2, 3]
    assert sorted(index.search(query, 9, np.array([1, 3]))[0].tolist()) == [1, 3]


@both
@pytest.mark.parametrize("k", [0, -1])
def test_nothing_asked_nothing_found(k: int, kind: DenseKind) -> None:
    index = DenseIndex.from_vectors(unit_vectors(4), kind)
    assert index.search(unit_vectors(1)[0], k)[0].tolist() == []
    assert index.search(unit_vectors(1)[0], 3, np.array([], np.int64))[0].tolist() == []


def test_all_rows_can_be_asked_of_a_graph(clustered: Vectors, graph: DenseIndex) -> None:
    query = unit_vectors(1, 48, seed=4)[0]
    assert sorted(graph.search(query, len(clustered))[0].tolist()) == list(range(len(clustered)))


@both
def test_eight_threads_find_what_one_finds(
    clustered: Vectors, graph: DenseIndex, kind: DenseKind
) -> None:
    index = graph if kind == "graph" else DenseIndex.from_vectors(clustered)
    queries = unit_vectors(200, 48, seed=5)
    allowed = np.arange(0, len(clustered), 3)

    def search(number: int) -> list[list[int]]:
        query = queries[number % len(queries)]
        return [index.search(query, 20, rows)[0].tolist() for rows in (None, allowed)]

    alone = [search(number) for number in range(len(queries))]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(search, range(3 * len(queries)))) == alone * 3


@both
def test_what_was_written_is_read_to_the_last_bit(
    clustered: Vectors, graph: DenseIndex, kind: DenseKind, tmp_path: Path
) -> None:
    index = graph if kind == "graph" else DenseIndex.from_vectors(clustered)
    again = DenseIndex.from_data(packed({"it": index.write}, tmp_path).data("it"))
    assert (len(again), again.dimension, again.kind) == (4000, 48, kind)
    assert again.describe() == index.describe()
    assert again.vectors(0, 4000).tobytes() == index.vectors(0, 4000).tobytes()
    assert again.vectors(7, 2).tobytes() == index.vectors(0, 4000)[7:9].tobytes()
    for query in unit_vectors(5, 48, seed=6):
        for left, right in zip(index.search(query, 9), again.search(query, 9), strict=True):
            assert left.tobytes() == right.tobytes()


def test_an_exact_index_keeps_its_vectors_as_they_are(clustered: Vectors) -> None:
    index = DenseIndex.from_vectors(clustered)
    assert index.vectors(0, len(clustered)).tobytes() == clustered.tobytes()


def test_a_graph_of_the_vectors_of_a_graph_is_the_same_graph(
    clustered: Vectors, graph: DenseIndex, tmp_path: Path
) -> None:
    """So that a build that reuses vectors gives the index of one that encodes them again."""
    files = [tmp_path / "one", tmp_path / "two"]
    again = DenseIndex.from_vectors(graph.vectors(0, len(clustered)), "graph")
    for index, file in zip((graph, again), files, strict=True):
        with file.open("wb") as stream:
            index.write(stream)
    assert files[0].read_bytes() == files[1].read_bytes()


@both
def test_the_same_vectors_give_the_same_file(
    clustered: Vectors, kind: DenseKind, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        with (tmp_path / name).open("wb") as stream:
            DenseIndex.from_vectors(clustered, kind).write(stream)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@both
def test_a_cosine_does_not_depend_on_its_company(
    clustered: Vectors, graph: DenseIndex, kind: DenseKind
) -> None:
    index = graph if kind == "graph" else DenseIndex.from_vectors(clustered)
    query = unit_vectors(1, 48, seed=7)[0]
    together = index.cosines(query, np.arange(len(clustered)))
    np.testing.assert_allclose(together, clustered @ query, atol=1e-3)
    for rows in ([5], [3999, 0], list(range(100, 900, 7))):
        assert index.cosines(query, np.array(rows)).tolist() == together[rows].tolist()


@pytest.mark.parametrize("data", [b"", b"not an index", b"IxF"])
def test_other_data_is_refused(data: bytes) -> None:
    with pytest.raises(RuntimeError):
        DenseIndex.from_data(np.frombuffer(data, np.uint8))


@both
def test_merged_parts_are_the_index_of_their_rows(clustered: Vectors, kind: DenseKind) -> None:
    parts = [DenseIndex.from_vectors(own, kind) for own in (clustered[:70], clustered[70:90])]
    order = np.array([80, 3, 5, 71, 2])
    merged = DenseIndex.merged(parts, order, kind)
    exact = np.allclose(merged.vectors(0, 5), clustered[order], atol=1e-3)
    assert (merged.kind, len(merged), exact) == (kind, 5, True)


def test_of_equals_at_the_end_all_are_told() -> None:
    vectors = np.concatenate([unit_vectors(1), np.tile(unit_vectors(1, seed=1), (900, 1))])
    index = DenseIndex.from_vectors(vectors)
    for count in (1, 3):
        for ids, _ in index.search_many(np.tile(vectors[0], (count, 1)), 2):
            assert ids.tolist() == list(range(901))
    assert index.search(vectors[0], 2)[0].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("rows", "wanted", "kind"),
    [
        (EXACT_ROWS, "auto", "exact"),
        (EXACT_ROWS + 1, "auto", "graph"),
        (10**9, "exact", "exact"),
        (1, "graph", "graph"),
    ],
)
def test_the_kind_is_chosen_by_size_unless_it_is_said(
    rows: int, wanted: DenseKind, kind: DenseKind
) -> None:
    assert kind_for(rows, wanted) == kind


def test_what_it_is_goes_into_the_manifest(graph: DenseIndex, clustered: Vectors) -> None:
    assert DenseIndex.from_vectors(clustered).describe() == {"kind": "exact", "recall": 1.0}
    described = dict(graph.describe())
    assert 0.99 <= described.pop("recall") <= 1
    assert described == {
        "kind": "graph",
        "neighbours": 32,
        "ef_construction": 40,
        "ef_search": 256,
        "vectors": "float16",
    }
