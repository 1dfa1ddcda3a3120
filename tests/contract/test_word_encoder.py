"""What every encoder promises that tells what each word means where it stands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cica_qa.protocols import Encoder, QuestionsEncoder, Vectors, WordEncoder, WordVectors

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


def test_questions_read_together_are_what_each_is_alone(
    any_encoder: Encoder, rounding: float
) -> None:
    together_are_what_each_is_alone(any_encoder, rounding)


def test_together_and_alone_are_the_same_in_single_precision(exact_encoder: Encoder) -> None:
    together_are_what_each_is_alone(exact_encoder, 1e-5)


def together_are_what_each_is_alone(any_encoder: Encoder, apart: float) -> None:
    assert isinstance(any_encoder, QuestionsEncoder)
    texts = [QUESTION, "من هو؟", *TEXTS, "دولة " * 60, QUESTION]
    together = any_encoder.encode_questions(texts)

    for text, (vector, words) in zip(texts, together, strict=True):
        alone, its_words = any_encoder.encode_question(text)
        np.testing.assert_allclose(vector, alone, atol=apart)
        assert words.texts == its_words.texts
        np.testing.assert_allclose(words.vectors, its_words.vectors, atol=10 * apart)
    assert any_encoder.encode_questions([]) == []


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
    read = words_of.encode_in_context(TEXTS, [()] * len(TEXTS))
    together = [one.words for one in read]

    vectors = np.stack([one.vector for one in read])
    np.testing.assert_allclose(vectors, words_of.encode_passages(TEXTS), atol=1e-4)
    assert [words.texts for words in together] == [
        ("باريس", "عاصمة", "فرنسا"),
        ("نعم",),
        (),
        ("تضم", "المنظمة", "28", "دولة", "عضوا", "آسيا"),
        ("نعم",),
    ]
    for text, words in zip(TEXTS, together, strict=True):
        (alone,) = words_of.encode_in_context([text], [()])
        np.testing.assert_allclose(words.vectors, alone.words.vectors, atol=1e-4)
    assert words_of.encode_in_context([], []) == []


def test_each_span_has_a_vector_of_its_own(words_of: WordEncoder) -> None:
    text = "باريس هي عاصمة فرنسا. القط حيوان أليف."
    read, alone = words_of.encode_in_context([text, text], [[(0, 21), (22, len(text))], [(0, 21)]])

    assert read.spans.shape == (2, words_of.dimension)
    np.testing.assert_allclose(np.linalg.norm(read.spans, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(alone.spans[0], read.spans[0], atol=1e-4)
    assert read.spans[0] @ read.spans[1] < 0.9999


def test_a_span_means_what_it_says(encoder: Encoder) -> None:
    assert isinstance(encoder, WordEncoder)
    sentences = ["باريس هي عاصمة فرنسا.", "القط حيوان أليف."]
    (read,) = encoder.encode_in_context([" ".join(sentences)], [[(0, 21), (22, 38)]])
    of_paris, of_the_cat = encoder.encode_passages(sentences) @ read.spans.T
    assert of_paris[0] > of_paris[1] + 0.01
    assert of_the_cat[1] > of_the_cat[0] + 0.01


def test_spans_without_anything_that_was_read_have_the_vector_of_the_text(
    words_of: WordEncoder,
) -> None:
    text = "دولة " * 3000
    read = words_of.encode_in_context([text, "نعم"], [[(14_000, 14_004)], []])
    np.testing.assert_allclose(read[0].spans[0], read[0].vector)
    assert read[1].spans.shape == (0, words_of.dimension)


def test_words_beyond_what_the_model_reads_are_left_out(words_of: WordEncoder) -> None:
    (read,) = words_of.encode_in_context(["دولة " * 10_000], [()])
    words = read.words

    assert 10 < len(words.texts) < 1000
    assert set(words.texts) == {"دولة"}
    assert np.isfinite(words.vectors).all()


def test_threads_may_share_it(words_of: WordEncoder) -> None:
    def read(text: str) -> WordVectors:
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
    spans = [[(0, len(text))] for text in TEXTS]
    both = (one.encode_in_context(TEXTS, spans) for one in (encoder, reference))
    for ours, theirs in zip(*both, strict=True):
        assert ours.words.texts == theirs.words.texts
        assert (cosines(ours.words.vectors, theirs.words.vectors) >= 0.999).all()
        assert (cosines(ours.spans, theirs.spans) >= 0.999).all()
