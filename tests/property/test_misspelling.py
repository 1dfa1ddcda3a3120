"""What holds for any question and any vocabulary."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from benchmarks._noise import misspell
from cica_qa.arabic.analyze import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.spelling import Speller

LETTERS = "ابتثذدسعلمنهويىةءأإآؤئ"
WORDS = re.compile(r"[^\W_]+")
WORD = st.text(st.sampled_from(LETTERS), min_size=1, max_size=7)
QUESTION = st.one_of(
    st.lists(WORD, max_size=8).map(" ".join),
    st.text(st.one_of(st.sampled_from(LETTERS + " ,؟abİß1٣\u064e"), st.characters()), max_size=30),
).map(Normalizer())
VOCABULARY = st.dictionaries(WORD.map(fold), st.integers(1, 1000), max_size=30)


@given(QUESTION, VOCABULARY)
def test_only_unknown_words_change_and_they_become_known(
    question: str, vocabulary: dict[str, int]
) -> None:
    corrected = Speller(vocabulary).correct(question)
    pairs = zip(WORDS.findall(question), WORDS.findall(corrected.text), strict=True)
    assert corrected.changes == tuple(pair for pair in pairs if pair[0] != pair[1])
    assert WORDS.split(corrected.text) == WORDS.split(question)
    for typed, replacement in corrected.changes:
        assert fold(typed) not in vocabulary
        assert fold(replacement) in vocabulary


@given(QUESTION, VOCABULARY)
def test_correcting_twice_changes_nothing_more(question: str, vocabulary: dict[str, int]) -> None:
    speller = Speller(vocabulary)
    once = speller.correct(question)
    assert speller.correct(once.text).changes == ()


@given(QUESTION)
def test_a_question_of_known_words_stays(question: str) -> None:
    known = dict.fromkeys(fold(question).split(), 1) | {fold(w): 1 for w in question.split()}
    plain = " ".join(word for word in question.split() if word.isalnum())
    assert Speller(known).correct(plain).text == plain


@given(QUESTION, st.floats(0, 1), st.floats(0, 1), st.integers(0, 99))
def test_misspelling_leaves_the_rest_alone(
    question: str, share: float, hard: float, seed: int
) -> None:
    slip = misspell(question, share, random.Random(seed), hard)
    assert len(slip) <= len(question) + len(question.split()) * 3
    assert slip == misspell(question, share, random.Random(seed), hard)
    assert [c for c in slip if c.isspace()] == [c for c in question if c.isspace()]
