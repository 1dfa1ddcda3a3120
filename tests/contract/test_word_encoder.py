"""What every encoder promises that tells what each word means where it stands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cica_qa.protocols import Encoder, Vectors, WordEncoder, Words

QUESTION = "ما هي عاصمة فرنسا؟"
TEXTS = ["باريس هي عاصمة فرنسا.", "نعم", "", "تضم المنظمة 28 دولة عضوا في آسيا.", "نعم"]


@pytest.fixture
def words_of(any_encoder: Encoder) -> WordEncoder:
    assert isinstance(any_encoder, WordEncoder)
    return any_encoder


def cosines(one: Vectors, other: Vectors) -> Vectors:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found: Vectors = (one * other).sum(axis=1) / lengths
    return found


def test_a_question_has_the_vector_it_has_without_its_words(words_of: WordEncoder) -> None:
    vector, words = words_of.encode_question(QUESTION)

    assert vector.shape == (words_of.dimension,)
    np.testing.assert_allclose(vector, words_of.encode_queries([QUESTION])[0], atol=1e-5)
    assert words.texts == ("عاصمة", "فرنسا")
    assert words.vectors.shape == (2, words_of.dimension)
    assert words.vectors.dtype == np.float32


def test_function_words_count_where_there_are_no_others(words_of: WordEncoder) -> None:
    assert words_of.encode_question("من هو؟")[1].texts == ("من", "هو")


@pytest.mark.parametrize("text", ["", " \n ", "؟!", "\u0651\u064e"])
def test_a_text_without_words_has_none(words_of: WordEncoder, text: str) -> None:
    vector, words = words_of.encode_question(text)

    assert np.isfinite(vector).all()
    assert words.texts == ()
    assert words.vectors.shape == (0, words_of.dimension)


def test_a_lone_surrogate_hurts_no_word(words_of: WordEncoder) -> None:
    assert words_of.encode_question("عاصمة \ud800 فرنسا")[1].texts == ("عاصمة", "فرنسا")


def test_each_text_has_its_own_vector_and_words_whatever_is_beside_it(
    words_of: WordEncoder,
) -> None:
    vectors, together = words_of.encode_passage_words(TEXTS)

    np.testing.assert_allclose(vectors, words_of.encode_passages(TEXTS), atol=1e-4)
    assert [words.texts for words in together] == [
        ("باريس", "عاصمة", "فرنسا"),
        ("نعم",),
        (),
        ("تضم", "المنظمة", "28", "دولة", "عضوا", "آسيا"),
        ("نعم",),
    ]
    for text, words in zip(TEXTS, together, strict=True):
        _, (alone,) = words_of.encode_passage_words([text])
        np.testing.assert_allclose(words.vectors, alone.vectors, atol=1e-4)
    nothing, none = words_of.encode_passage_words([])
    assert nothing.shape == (0, words_of.dimension)
    assert none == []


def test_words_beyond_what_the_model_reads_are_left_out(words_of: WordEncoder) -> None:
    _, (words,) = words_of.encode_passage_words(["دولة " * 10_000])

    assert 10 < len(words.texts) < 1000
    assert set(words.texts) == {"دولة"}
    assert np.isfinite(words.vectors).all()


def test_threads_may_share_it(words_of: WordEncoder) -> None:
    def read(text: str) -> Words:
        return words_of.encode_question(text)[1]

    expected = [read(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        for number, words in enumerate(pool.map(read, TEXTS * 4)):
            again = expected[number % len(TEXTS)]
            assert words.texts == again.texts
            np.testing.assert_allclose(words.vectors, again.vectors, atol=1e-4)


def test_the_vocabulary_holds_whole_words_in_order(words_of: WordEncoder) -> None:
    vocabulary = words_of.vocabulary

    assert list(vocabulary) == sorted(set(vocabulary))
    assert all(word.isalpha() and len(word) > 2 for word in vocabulary)


def test_the_bundled_vocabulary_is_large(encoder: Encoder) -> None:
    assert isinstance(encoder, WordEncoder)
    assert len(encoder.vocabulary) > 10_000
    assert {"دولة", "رئيس", "country"} <= set(encoder.vocabulary)


def test_the_compiled_encoder_gives_the_words_of_the_reference(
    encoder: Encoder, reference: Encoder
) -> None:
    assert isinstance(encoder, WordEncoder)
    assert isinstance(reference, WordEncoder)
    assert list(encoder.vocabulary) == list(reference.vocabulary)
    _, mine = encoder.encode_passage_words(TEXTS)
    _, its = reference.encode_passage_words(TEXTS)
    for ours, theirs in zip(mine, its, strict=True):
        assert ours.texts == theirs.texts
        assert (cosines(ours.vectors, theirs.vectors) >= 0.999).all()
