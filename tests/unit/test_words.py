"""Word vectors of passages, stored as bytes, and the similarities computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from word_encoder import packed

from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.index.axes import DIMENSION, WordAxes
from cica_qa.index.texts import EncoderText, encoder_texts, word_places
from cica_qa.index.vectors import encode_passages, text_digest
from cica_qa.index.words import PassageWords, as_bytes
from cica_qa.models.cache import cache_root
from cica_qa.models.encoder.words import content_word_spans, pool_spans, pool_words, whole_words
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder
from cica_qa.settings import Settings
from cica_qa.types import Document

TEXTS = [
    "عقدت القمة الأولى في مدينة ألماتي.",
    "يصدر البنك المركزي العملة ويحدد سعر الفائدة.",
    "",
    "اجتمع الرؤساء في عاصمة كازاخستان.",
]


def plain(text: str, *windows: tuple[int, int]) -> EncoderText:
    return EncoderText(text, "", windows)


def read(
    passages: list[list[EncoderText]],
    encoder: WordEncoder,
    before: Sequence[PassageWords] = (),
    progress: Progress | None = None,
) -> tuple[PassageWords, dict[bytes, Vectors]]:
    places = (
        np.array([p for one in texts for p in content_word_spans(one.text)], np.int32).reshape(
            -1, 2
        )
        for texts in passages
    )
    return encode_passages(
        passages, encoder, before, places, cache_root(Settings().cache_dir), progress
    )


@pytest.fixture(scope="module")
def words_of(encoder: Encoder) -> WordEncoder:
    assert isinstance(encoder, WordEncoder)
    return encoder


@pytest.fixture(scope="module")
def words(words_of: WordEncoder) -> PassageWords:
    return read([[plain(text)] for text in TEXTS], words_of)[0]


# ---- pooling -------------------------------------------------------------------------------


def test_a_word_is_the_mean_of_its_tokens() -> None:
    text = "query: عاصمة فرنسا؟"
    # «عاصمة» in two tokens, then «فرنسا» and «؟» in one token, as some tokenizers cut.
    offsets = [(0, 0), (0, 5), (5, 7), (7, 10), (10, 12), (12, 19), (0, 0)]
    tokens = np.arange(7, dtype=np.float32)[:, np.newaxis] * np.ones(2, np.float32)

    words = pool_words(text, 7, offsets, tokens)

    assert words.texts == ("عاصمة", "فرنسا")
    assert words.vectors.tolist() == [[3.5, 3.5], [5, 5]]


def test_function_words_are_left_out_if_there_are_others() -> None:
    offsets = [(0, 2), (3, 6), (7, 12)]
    tokens = np.eye(3, dtype=np.float32)
    assert pool_words("ما هي عاصمة", 0, [(0, 2), (3, 5), (6, 11)], tokens).texts == ("عاصمة",)
    assert pool_words("من هو", 0, offsets[:2], tokens[:2]).texts == ("من", "هو")


def test_words_beyond_the_limit_have_no_vector() -> None:
    words = pool_words("مدينة قرية بلدة", 0, [(0, 5), (6, 10)], np.eye(2, dtype=np.float32))
    assert words.texts == ("مدينة", "قرية")


def test_whole_words_are_those_that_begin_a_word() -> None:
    pieces = ["▁دولة", "دولة", "▁in", "▁country", "▁12", "▁a", "▁دو", "▁don't", "▁دولة"]
    assert whole_words(pieces) == ["country", "دولة"]


def test_a_span_is_the_mean_of_its_tokens_if_the_model_pools_by_mean() -> None:
    tokens = np.array([[1, 0], [0, 1], [0, 3], [1, 0]], np.float32)
    offsets, spans = [(0, 0), (0, 2), (3, 5), (6, 8)], [(0, 5), (6, 8), (20, 30)]
    mean = tokens.mean(axis=0) / np.linalg.norm(tokens.mean(axis=0))

    assert pool_spans(mean, tokens, offsets, spans).tolist() == [[0, 1], [1, 0], mean.tolist()]
    other = np.array([1, 0], np.float32)  # as of a model that takes the first token's vector
    assert pool_spans(other, tokens, offsets, spans).tolist() == [[1, 0]] * 3


# ---- axes ----------------------------------------------------------------------------------


def test_the_axes_depend_on_the_model_alone(words_of: WordEncoder, words: PassageWords) -> None:
    again = WordAxes.fit(words_of)
    assert again.stored.shape == (1 + DIMENSION, words_of.dimension)
    np.testing.assert_array_equal(again.stored, words.axes.stored)
    axes = again.stored[1:]
    np.testing.assert_allclose(axes @ axes.T, np.eye(DIMENSION), atol=1e-5)


def test_the_axes_are_computed_once_per_model(
    words_of: WordEncoder, words: PassageWords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[WordEncoder] = []

    def counted(encoder: WordEncoder) -> WordAxes:
        made.append(encoder)
        return words.axes

    monkeypatch.setattr(WordAxes, "fit", counted)
    for _ in range(2):
        kept = WordAxes.cached(words_of, tmp_path)
        np.testing.assert_array_equal(kept.stored, words.axes.stored)
    assert len(made) == 1

    (file,) = tmp_path.rglob("*.npy")
    file.write_bytes(file.read_bytes()[:-4] + b"\x00\x00\x80?")
    np.testing.assert_array_equal(WordAxes.cached(words_of, tmp_path).stored, words.axes.stored)
    assert len(made) == 2, "damaged ones are not taken"

    no_folder = tmp_path / "file"
    no_folder.touch()
    np.testing.assert_array_equal(WordAxes.cached(words_of, no_folder).stored, words.axes.stored)


# ---- similarities --------------------------------------------------------------------------


def test_a_word_finds_similar_words_only(words_of: WordEncoder, words: PassageWords) -> None:
    _, asked = words_of.encode_question("متى انعقدت القمة؟")
    found = words.similarities(words.axes.project(asked.vectors), np.array([3, 1, 0, 2]))

    assert asked.texts == ("انعقدت", "القمة")
    assert found.shape == (4, 2)
    rulers, bank, summit, nothing = found
    assert (summit > 0.6).all()
    assert (summit > bank + 0.2).all()
    assert rulers[1] > bank[1]
    assert nothing.tolist() == [0, 0]


def test_words_kept_in_bytes_are_those_that_were_encoded(
    words_of: WordEncoder, words: PassageWords
) -> None:
    (exact,) = words_of.encode_in_context([TEXTS[0]], [()])
    projected = words.axes.project(exact.words.vectors)
    stored = words.of(0).astype(np.float32)
    cosines = (projected * stored).sum(axis=1) / np.linalg.norm(stored, axis=1)
    assert (cosines > 0.999).all()


def test_similarities_are_those_of_each_passage_alone(words: PassageWords) -> None:
    asked = words.axes.project(np.random.default_rng(1).normal(size=(3, 384)).astype(np.float32))
    together = words.similarities(asked, np.arange(4))
    for position in range(4):
        alone = words.similarities(asked, np.array([position]))
        np.testing.assert_allclose(together[position], alone[0], atol=1e-5)
    assert words.similarities(asked, np.array([], np.int64)).shape == (0, 3)
    assert words.similarities(asked[:0], np.arange(4)).shape == (4, 0)


def test_vectors_of_bytes_keep_their_direction() -> None:
    assert as_bytes(np.array([[1.0, -0.5, 0.0], [0.0, 0.0, 0.0]], np.float32)).tolist() == [
        [127, -64, 0],
        [0, 0, 0],
    ]
    assert as_bytes(np.empty((0, 3), np.float32)).shape == (0, 3)


def test_each_word_of_a_passage_is_matched_in_its_place(
    words_of: WordEncoder, words: PassageWords
) -> None:
    _, asked = words_of.encode_question("متى انعقدت القمة؟")
    cosines, places = words.matches(words.axes.project(asked.vectors), 0)

    found = [TEXTS[0][start:end] for start, end in places.tolist()]
    assert found == ["عقدت", "القمة", "الأولى", "مدينة", "ألماتي"]
    assert [found[at] for at in cosines.argmax(axis=0)] == ["عقدت", "القمة"]
    best = words.similarities(words.axes.project(asked.vectors), np.array([0]))
    np.testing.assert_allclose(cosines.max(axis=0), best[0], atol=1e-6)


def test_words_whose_place_is_not_known_are_not_matched(words: PassageWords) -> None:
    where = [np.array([[-1, -1], [2, 5]], np.int32), np.array([[0, 4]], np.int32)]
    stored = [words.of(0)[:2], words.of(0)[2:4]]
    kept = PassageWords.from_vectors(stored, where, words.digests[:2], words.axes)
    asked = words.axes.project(np.ones((1, 384), np.float32))

    assert kept.matches(asked, 0)[1].tolist() == [[2, 5]]
    assert kept.matches(asked, 1)[1].tolist() == []


# ---- making and keeping --------------------------------------------------------------------


def test_known_passages_are_not_encoded_again(words_of: WordEncoder, words: PassageWords) -> None:
    calls: list[tuple[str, int, int]] = []
    fresh = "نص جديد لم يكن هنا من قبل."
    updated, vectors = read(
        [[plain(TEXTS[3])], [plain(fresh, (0, 12))], [plain(TEXTS[0])]],
        words_of,
        [words],
        lambda *call: calls.append(call),
    )

    assert calls == [("words", 1, 1)]
    np.testing.assert_array_equal(updated.of(0), words.of(3))
    np.testing.assert_array_equal(updated.of(2), words.of(0))
    assert len(updated.of(1)) > 2
    (window,) = plain(fresh, (0, 12)).window_keys()
    assert set(vectors) == {text_digest(fresh), text_digest(window)}
    whole = words_of.encode_passages([fresh])[0]
    np.testing.assert_allclose(vectors[text_digest(fresh)], whole, atol=1e-4)
    assert 0.8 < vectors[text_digest(window)] @ whole < 0.9999


def test_other_windows_are_read_again(words_of: WordEncoder, words: PassageWords) -> None:
    _, vectors = read([[plain(TEXTS[0], (0, 12))]], words_of, [words])
    assert len(vectors) == 2


def test_the_words_of_a_passage_are_those_of_its_parts(
    words_of: WordEncoder, words: PassageWords
) -> None:
    together, vectors = read([[plain(TEXTS[0]), plain(TEXTS[3])]], words_of)
    np.testing.assert_array_equal(together.of(0), np.concatenate([words.of(0), words.of(3)]))
    assert len(vectors) == 2


def test_a_long_text_is_read_to_its_end(words_of: WordEncoder) -> None:
    text = " ".join(f"تضم المنظمة {n} دولة." for n in range(800))
    words, vectors = read([[plain(text)]], words_of)
    assert len(words.of(0)) == 800 * 4
    (vector,) = vectors.values()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    unbroken, _ = read([[plain("كلمة" * 5000)]], words_of)
    assert len(unbroken.of(0)) >= 1


def test_what_is_saved_is_what_is_loaded(words: PassageWords, tmp_path: Path) -> None:
    assert PassageWords.load(packed({}, tmp_path)) is None
    loaded = PassageWords.load(packed(words.files(), tmp_path))
    assert loaded is not None
    assert len(loaded) == len(words) == 4
    for position in range(4):
        np.testing.assert_array_equal(loaded.of(position), words.of(position))


def test_parts_that_disagree_are_refused(words: PassageWords) -> None:
    starts = np.array([0, 1, 2])

    def make(vectors: int, places: int, digests: int) -> PassageWords:
        stored = np.zeros((vectors, DIMENSION), np.int8)
        where = np.zeros((places, 2), np.int32)
        return PassageWords(starts, stored, where, words.digests[:digests], words.axes)

    assert len(make(2, 2, 2)) == 2
    for sizes in ((3, 3, 2), (2, 3, 2), (2, 2, 1)):
        with pytest.raises(ValueError, match="words"):
            make(*sizes)


def test_positions_are_those_of_the_words_in_the_original() -> None:
    text = (
        "# عنوان\n\n## القِمّة\n\nعُقِدَت القمّة الأولى في ألماتي.\n\n- الأمـانة: ﻻ تقع فيها\n- "
        + "كلمات " * 400
    )
    passage = chunk(Document("d", "", text, metadata={"format": "markdown"}), 5000)[-1]
    places = word_places(passage, Normalizer())
    read_as = encoder_texts(passage, Normalizer(), 60)

    known = [passage.text[start:end] for start, end in places.tolist() if start >= 0]
    assert known[:8] == ["عُقِدَت", "القمّة", "الأولى", "ألماتي", "الأمـانة", "تقع", "كلمات", "كلمات"]
    assert len(known) == 6 + 400
    assert places[0].tolist() == [-1, -1]
    assert len(read_as) > 1
    assert (places[:, 0] < 0).sum() == len(read_as)
