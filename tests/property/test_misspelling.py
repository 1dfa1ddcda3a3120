"""Properties of misspelling and of its correction for any question and vocabulary."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.spelling import Speller
from cica_qa.evaluation.misspell import misspell
from cica_qa.index.vocabulary import Vocabulary, words_of

LETTERS = "ابتثذدسعلمنهويىةءأإآؤئ"
WORDS = re.compile(r"[^\W_]+")
WORD = st.text(st.sampled_from(LETTERS), min_size=1, max_size=7)
QUESTION = st.one_of(
    st.lists(WORD, max_size=8).map(" ".join),
    st.text(st.one_of(st.sampled_from(LETTERS + " ,؟abİß1٣\u064e"), st.characters()), max_size=30),
).map(Normalizer())
# Some libraries loaded by these tests flush subnormal numbers to zero.
SHARE = st.floats(0, 1, allow_subnormal=False)
COLLECTION = st.lists(st.lists(WORD, max_size=9), max_size=6)


def speller(collection: list[list[str]]) -> Speller:
    words = Vocabulary.from_words(collection)
    return Speller(*words_of([words], [None]))


@given(QUESTION, COLLECTION)
def test_corrections_are_words_of_the_collection(
    question: str, collection: list[list[str]]
) -> None:
    known = {word for words in collection for word in words}
    corrected = speller(collection).correct(question)
    pairs = zip(WORDS.findall(question), WORDS.findall(corrected.text), strict=True)
    assert corrected.changes == tuple(pair for pair in pairs if pair[0] != pair[1])
    assert WORDS.split(corrected.text) == WORDS.split(question)
    for typed, replacement in corrected.changes:
        assert typed not in known
        assert replacement in known


@given(QUESTION, COLLECTION)
def test_correction_is_idempotent(question: str, collection: list[list[str]]) -> None:
    once = speller(collection).correct(question)
    assert speller(collection).correct(once.text).changes == ()


@given(QUESTION, COLLECTION, st.sets(WORD.map(fold)))
def test_known_words_and_dialect_only_prevent_corrections(
    question: str, collection: list[list[str]], known: set[str]
) -> None:
    words = Vocabulary.from_words(collection)
    careful = Speller(*words_of([words], [None]), known).correct(question, dialect=True)
    assert set(careful.changes) <= set(speller(collection).correct(question).changes)


@given(QUESTION)
def test_a_question_of_known_words_is_unchanged(question: str) -> None:
    words = WORDS.findall(question)
    assert speller([words]).correct(question).text == question


@given(QUESTION, SHARE, SHARE, st.integers(0, 99))
def test_misspelling_changes_nothing_else(
    question: str, share: float, hard: float, seed: int
) -> None:
    slip = misspell(question, share, random.Random(seed), hard)
    assert len(slip) <= len(question) + len(question.split()) * 3
    assert slip == misspell(question, share, random.Random(seed), hard)
    assert [c for c in slip if c.isspace()] == [c for c in question if c.isspace()]
