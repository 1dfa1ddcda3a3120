"""BM25 over terms: the scores themselves, what adds nothing, and the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import log
from pathlib import Path

import bm25s
import numpy as np
import pytest
from word_encoder import packed

from cica_qa.arabic.analyze import Analyzer
from cica_qa.index.bm25 import Bm25
from cica_qa.index.layout import Layout
from cica_qa.index.lexical import LexicalIndex

FIELDS = ("stems", "grams")
PASSAGES: list[dict[str, list[str]]] = [
    {"stems": ["قط", "نام", "قط"], "grams": ["_قط_"], "words": ["القط", "نام", "القط"]},
    {"stems": ["كلب", "نام"], "grams": ["_قط_", "كلب"], "words": ["الكلب", "نام"]},
    {"stems": [], "grams": ["نام"]},
    {"stems": ["حصان"], "words": ["حصان"]},
]


def saved(index: LexicalIndex, folder: Path) -> LexicalIndex:
    return LexicalIndex.load(packed(index.files(), folder))


def apart(passages: Sequence[Mapping[str, list[str]]]) -> Bm25:
    """The same passages in three segments, with others among them that are deleted."""
    gone = {"stems": ["قط", "سمك"], "grams": ["نام", "_قط_"]}
    parts = [[passages[0], gone], [gone, *passages[1:3]], [gone, *passages[3:], gone]]
    runs = [(0, 0, 1), (1, 1, 2), (2, 1, len(passages) - 3)]
    starts = [np.arange(len(part) + 1) for part in parts]
    made = [LexicalIndex.from_terms(part, FIELDS) for part in parts]
    return Bm25(made, Layout(runs, starts))


@pytest.fixture(params=["made", "loaded", "merged", "apart"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Bm25:
    made = LexicalIndex.from_terms(PASSAGES, FIELDS)
    if request.param == "apart":
        return apart(PASSAGES)
    if request.param == "merged":
        parts = [LexicalIndex.from_terms(own, FIELDS) for own in (PASSAGES[2:], PASSAGES[:2])]
        return Bm25.alone(LexicalIndex.merged(parts, np.array([2, 3, 0, 1])))
    return Bm25.alone(made if request.param == "made" else saved(made, tmp_path / "index"))


def bm25(texts: Sequence[Sequence[str]], term: str) -> list[float]:
    """The score of a term in each text, as the formula says."""
    k1, b = 0.9, 0.75
    frequency = sum(term in text for text in texts)
    idf = log(1 + (len(texts) - frequency + 0.5) / (frequency + 0.5))
    average = sum(map(len, texts)) / len(texts)
    scores = []
    for text in texts:
        count = Counter(text)[term]
        scores.append(idf * count / (count + k1 * (1 - b + b * len(text) / average)))
    return scores


def expected(question: Mapping[str, Sequence[str]]) -> list[float]:
    parts = [
        bm25([passage.get(field, []) for passage in PASSAGES], term)
        for field, terms in question.items()
        for term in terms
    ]
    return np.sum(parts, axis=0).tolist()


@pytest.mark.parametrize(
    "question",
    [
        {"stems": ["قط"]},
        {"stems": ["نام", "قط"]},
        {"stems": ["نام", "نام", "قط"]},
        {"grams": ["_قط_", "كلب"]},
        {"stems": ["حصان", "كلب"], "grams": ["نام", "_قط_"]},
    ],
)
def test_scores_are_bm25_summed_over_terms_and_fields(
    index: Bm25, question: dict[str, list[str]]
) -> None:
    scores = index.scores(question)
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(expected(question), rel=1e-6)
    for some in ([2], [3, 0], [0, 1, 2, 3], []):
        positions = np.array(some, np.int64)
        assert index.scores_at(question, positions).tolist() == scores[positions].tolist()


@pytest.mark.parametrize(
    "nothing",
    [
        {},
        {"stems": []},
        {"stems": ["سمك"]},
        {"lemmas": ["قط"]},
        {"words": ["القط"]},
        {"grams": [""]},
    ],
)
def test_what_is_not_indexed_adds_nothing(index: Bm25, nothing: dict[str, list[str]]) -> None:
    assert index.scores(nothing).tolist() == [0, 0, 0, 0]
    with_cat = {**nothing, "stems": [*nothing.get("stems", []), "قط"]}
    assert index.scores(with_cat).tolist() == index.scores({"stems": ["قط"]}).tolist()


def test_a_field_knows_only_its_own_terms(index: Bm25) -> None:
    assert index.scores({"grams": ["قط"]}).tolist() == [0, 0, 0, 0]
    assert np.flatnonzero(index.scores({"stems": ["نام"]})).tolist() == [0, 1]
    assert np.flatnonzero(index.scores({"grams": ["نام"]})).tolist() == [2]


def test_frequencies_count_passages(index: Bm25) -> None:
    assert index.passage_frequencies("stems", ["قط", "سمك", "نام", "قط"]) == [1, 0, 2, 1]
    assert index.passage_frequencies("grams", ["_قط_"]) == [2]
    assert index.passage_frequencies("x", ["قط"]) == [0]
    assert index.passage_frequencies("stems", []) == []


def test_which_passages_hold_which_terms(index: Bm25) -> None:
    everything = np.arange(4)
    held = index.holds("stems", ["نام", "سمك", "قط"], everything)
    assert np.flatnonzero(held[:, 0]).tolist() == [0, 1]
    assert not held[:, 1].any()
    assert held[:, 2].tolist() == (index.scores({"stems": ["قط"]}) > 0).tolist()
    backwards = index.holds("stems", ["نام", "سمك", "قط"], everything[::-1])
    assert backwards.tolist() == held[::-1].tolist()
    assert index.holds("x", ["قط"], everything[:2]).tolist() == [[False], [False]]
    assert index.holds("stems", [], everything).shape == (4, 0)
    assert index.holds("stems", ["قط"], everything[:0]).shape == (0, 1)


def test_scores_are_those_of_bm25s(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    texts = [random.zipf(1.3, random.integers(1, 80)).clip(max=500).astype(str) for _ in range(300)]
    index = Bm25.alone(
        LexicalIndex.from_terms(({"stems": text.tolist()} for text in texts), ["stems"])
    )
    reference = bm25s.BM25(k1=0.9, b=0.75, method="lucene")
    reference.index([text.tolist() for text in texts], show_progress=False)
    for text in texts[:50]:
        question = text[:10].tolist()
        theirs = reference.get_scores(question)
        np.testing.assert_allclose(index.scores({"stems": question}), theirs, rtol=1e-5, atol=1e-6)


def test_passages_without_any_term_are_no_trouble(tmp_path: Path) -> None:
    made = LexicalIndex.from_terms([{"stems": []}, {}], FIELDS)
    for part in (made, saved(made, tmp_path / "index")):
        assert len(part) == 2
        index = Bm25.alone(part)
        assert index.scores({"stems": ["قط"]}).tolist() == [0, 0]
        assert index.passage_frequencies("stems", ["قط"]) == [0]
        assert index.holds("stems", ["قط"], np.arange(2)).tolist() == [[False], [False]]


def test_terms_that_are_no_text_are_unknown(index: Bm25) -> None:
    assert index.scores({"stems": ["\ud800", "\x00", "ق\x00ط"]}).tolist() == [0, 0, 0, 0]


def test_eight_threads_find_what_one_finds(tmp_path: Path) -> None:
    texts = [f"كلمة{n % 7} كلمة{n % 11} كلمة{n % 13} القط" for n in range(2000)]
    analyzer = Analyzer()
    terms = [analyzer.passage_terms(text) for text in texts]
    index = Bm25.alone(saved(LexicalIndex.from_terms(terms, analyzer.fields), tmp_path / "index"))
    questions = [analyzer.question_terms(text) for text in texts[:60]]
    one = [index.scores(question).tobytes() for question in questions]
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(lambda question: index.scores(question).tobytes(), questions * 5)
        assert list(together) == one * 5


def test_the_same_terms_give_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        saved(LexicalIndex.from_terms(PASSAGES, FIELDS), tmp_path / name)
    one, two = (tmp_path / name / "packed" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    one, two = (LexicalIndex.from_terms(own, FIELDS).files() for own in (PASSAGES, PASSAGES[:2]))
    assert LexicalIndex.load(packed(one, tmp_path)).holds("stems", ["قط"], np.arange(4)).sum() == 1
    for name in one:
        with pytest.raises(ValueError, match="the lexical files do not agree"):
            LexicalIndex.load(packed({**one, name: two[name]}, tmp_path))


def test_segments_score_as_one_to_the_last_bit(index: Bm25) -> None:
    one = Bm25.alone(LexicalIndex.from_terms(PASSAGES, FIELDS))
    for question in ({"stems": ["قط", "نام"]}, {"stems": ["قط"] * 3, "grams": ["_قط_", "نام"]}):
        assert index.scores(question).tobytes() == one.scores(question).tobytes()


def test_segments_of_other_fields_are_refused() -> None:
    parts = [LexicalIndex.from_terms(PASSAGES, fields) for fields in (FIELDS, ["stems"])]
    layout = Layout([(0, 0, 4), (1, 0, 4)], [np.arange(5)] * 2)
    with pytest.raises(ValueError, match="do not have the same fields of terms"):
        Bm25(parts, layout)
