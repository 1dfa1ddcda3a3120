"""How evidence becomes a score."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cica_qa.retrieve.evidence import Evidence
from cica_qa.retrieve.fuse import FusionWeights, alignment, fuse, lexical_share

WEIGHTS = FusionWeights(
    coverage=0.2,
    title=0.3,
    lexical=0.5,
    lexical_foreign=-2.0,
    reachable=0.5,
    alignment=0.4,
    alignment_foreign=1.0,
    least_similarity=0.3,
    length=0.05,
)
# Two candidates: the first has two children, the second one.
EVIDENCE = Evidence(
    positions=np.array([3, 8]),
    starts=np.array([0, 2]),
    cosines=np.array([0.8, 0.7, 0.75], np.float32),
    coverage=np.array([0.0, 1.0, 0.25], np.float32),
    titled=np.array([0.0, 0.5], np.float32),
    bm25=np.array([4.0, 1.0], np.float32),
    best_bm25=4.0,
    ideal_bm25=4.0,
    similarities=np.array([[1.0, 0.1], [0.5, 0.5]], np.float32),
    lengths=np.array([75, 75]),
    foreign=0.0,
    rarity={},
)


def test_a_child_that_holds_the_words_may_beat_one_that_is_nearer() -> None:
    # 0.7 + 0.2 beats 0.8
    assert fuse(EVIDENCE, WEIGHTS)["child"] == pytest.approx([0.9, 0.8])


def test_the_parts_are_those_of_the_sum() -> None:
    parts = fuse(EVIDENCE, WEIGHTS)
    assert list(parts) == ["child", "title", "lexical", "alignment"]
    assert parts["title"] == pytest.approx([0, 0.3 * 0.5 * 75 / 80])
    assert parts["lexical"] == pytest.approx([0.5, 0.125])
    # a similarity below 0.3 counts as 0.3
    assert parts["alignment"] == pytest.approx([0.4 * 0.65, 0.4 * 0.5])


def test_without_words_there_is_no_alignment() -> None:
    assert "alignment" not in fuse(replace(EVIDENCE, similarities=None), WEIGHTS)
    none = np.empty((2, 0), np.float32)
    assert fuse(replace(EVIDENCE, similarities=none), WEIGHTS)["alignment"].tolist() == [0, 0]


def test_a_poor_best_is_no_full_share() -> None:
    poor = replace(EVIDENCE, ideal_bm25=16.0)
    assert lexical_share(poor, WEIGHTS) == pytest.approx([0.5, 0.125])
    nothing = replace(EVIDENCE, bm25=np.zeros(2, np.float32), best_bm25=0.0, ideal_bm25=0.0)
    assert lexical_share(nothing, WEIGHTS).tolist() == [0, 0]


def test_in_another_script_letters_count_less_and_meaning_more() -> None:
    near, far = fuse(EVIDENCE, WEIGHTS), fuse(replace(EVIDENCE, foreign=1.0), WEIGHTS)
    assert far["lexical"] == pytest.approx(near["lexical"] * math.exp(-2))
    assert far["alignment"] == pytest.approx(near["alignment"] * math.exp(1))
    assert far["child"].tolist() == near["child"].tolist()


def test_a_long_passage_owes_its_matches_to_chance() -> None:
    similarities = np.full((3, 2), 0.7, np.float32)
    short, typical, long = alignment(similarities, np.array([15, 75, 395]), WEIGHTS)
    assert typical == pytest.approx(0.7)
    assert long == pytest.approx(0.7 - 0.05 * math.log(5))
    assert short == pytest.approx(0.7 + 0.05 * math.log(4))


def test_a_lone_heading_gets_little_of_what_its_title_says() -> None:
    heading = replace(EVIDENCE, lengths=np.array([75, 1]))
    assert fuse(heading, WEIGHTS)["title"] == pytest.approx([0, 0.3 * 0.5 / 6])
    unknown = replace(EVIDENCE, similarities=None)
    assert fuse(unknown, WEIGHTS)["title"] == pytest.approx([0, 0.15])
