"""The words of a collection, counted and as it spells them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from word_encoder import packed

from cica_qa.index.vocabulary import Spellings, Vocabulary, WordCounts

PASSAGES = [
    ["الأمانة", "العامة", "الأمانة", "قط"],
    ["الامانة", "العامة", "Asia"],
    ["الأمانة", "قط"],
    [],
]


def saved(vocabulary: Vocabulary, folder: Path) -> Vocabulary:
    return Vocabulary.load(packed(vocabulary.files(), folder))


def spellings(*parts: Vocabulary) -> dict[str, Sequence[str]]:
    return dict(Spellings(parts, {}))


def test_words_are_counted_by_passage_and_spelt_as_most_do(tmp_path: Path) -> None:
    made = Vocabulary.from_words(PASSAGES)
    for vocabulary in (made, saved(made, tmp_path)):
        assert dict(vocabulary.counts) == {"الامانه": 3, "العامه": 2, "قط": 2, "asia": 1}
        assert spellings(vocabulary) == {
            "الامانه": ["الأمانة", "الامانة"],
            "العامه": ["العامة"],
            "asia": ["Asia"],
        }


def test_a_collection_without_words_has_none(tmp_path: Path) -> None:
    vocabulary = saved(Vocabulary.from_words([[]]), tmp_path)
    assert dict(vocabulary.counts) == spellings(vocabulary) == {}


def test_parts_count_as_one_without_what_is_gone() -> None:
    parts = [Vocabulary.from_words(PASSAGES[:2]), Vocabulary.from_words(PASSAGES[2:])]
    assert dict(WordCounts([part.counts for part in parts], {})) == {
        "الامانه": 3,
        "العامه": 2,
        "قط": 2,
        "asia": 1,
    }
    counts, forms = parts[0].of(np.array([1]))
    left = WordCounts([part.counts for part in parts], counts)
    assert dict(left) == {"الامانه": 2, "العامه": 1, "قط": 2}
    assert "asia" not in left
    assert (left.get("asia", 0), len(left)) == (0, 3)
    assert dict(Spellings(parts, forms)) == {"الامانه": ["الأمانة"], "العامه": ["العامة"]}


def test_merged_parts_are_those_of_their_passages() -> None:
    parts = [Vocabulary.from_words(PASSAGES[:2]), Vocabulary.from_words(PASSAGES[2:])]
    order = np.array([3, 2, 0])
    merged = Vocabulary.merged(parts, order)
    made = Vocabulary.from_words([PASSAGES[at] for at in order])
    assert merged.counts == made.counts
    assert merged.spellings == made.spellings
    assert [merged.of(np.array([at])) for at in range(3)] == [
        made.of(np.array([at])) for at in range(3)
    ]


def test_words_of_other_passages_are_refused() -> None:
    with pytest.raises(ValueError, match="the words do not agree with the number of passages"):
        Vocabulary(b"{}", np.array([0, 2]), np.zeros(1, np.uint32))
