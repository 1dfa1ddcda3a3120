"""The words of a collection, counted and as it spells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_qa.index.vocabulary import Vocabulary

PASSAGES = [
    ["الأمانة", "العامة", "الأمانة", "قط"],
    ["الامانة", "العامة", "Asia"],
    ["الأمانة", "قط"],
    [],
]


def saved(vocabulary: Vocabulary, folder: Path) -> Vocabulary:
    for name, write in vocabulary.files().items():
        with (folder / name).open("wb") as stream:
            write(stream)
    return Vocabulary.load(folder)


def test_words_are_counted_by_passage_and_spelt_as_most_do(tmp_path: Path) -> None:
    made = Vocabulary.from_words(PASSAGES)
    for vocabulary in (made, saved(made, tmp_path)):
        assert dict(vocabulary.counts) == {"الامانه": 3, "العامه": 2, "قط": 2, "asia": 1}
        assert dict(vocabulary.spellings) == {
            "الامانه": ["الأمانة", "الامانة"],
            "العامه": ["العامة"],
            "asia": ["Asia"],
        }


def test_a_collection_without_words_has_none(tmp_path: Path) -> None:
    vocabulary = saved(Vocabulary.from_words([[]]), tmp_path)
    assert dict(vocabulary.counts) == dict(vocabulary.spellings) == {}


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.json").touch()
    with pytest.raises(ValueError, match="empty"):
        Vocabulary.load(tmp_path)
