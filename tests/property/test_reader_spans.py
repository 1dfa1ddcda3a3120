"""Whatever the scores, the reader's spans are within the text and made of whole words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.arabic.normalize import Normalizer
from cica_qa.models.reader.reader import ReaderResult
from cica_qa.models.reader.scores import ReaderScores
from cica_qa.models.reader.spans import MAX_ANSWER_TOKENS, ScoredWindow, snap_to_words
from cica_qa.models.reader.weights import Calibration

QUESTION = 4
TEXTS = st.text(
    st.one_of(
        st.sampled_from("والقاهرةبلكعام ,.،؛:()«»\"'-٪% 0123456789\n"),
        st.sampled_from("\u064b\u0651\u0640\u200f\ufefbé"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("زار القاهرة أمس", "لقاهر", "القاهرة"),
        ("زار بالقاهرة أمس", "القاهرة", "القاهرة"),
        ("قال وولده معه", "ولده", "ولده"),
        ("ولد هناك", "لد", "ولد"),
        ("بلغت 3.5% منها", "3", "3.5%"),
        ("بلغت 1,000 نسمة", "000", "1,000"),
        ("في (الدوحة) عام", "(الدوحة)", "الدوحة"),
        ("جمال (أبو خالد) هنا", "جمال (أبو خا", "جمال (أبو خالد)"),
        ("عقدت القمة، ثم", "القمة، ", "القمة"),
        ("«أ» و«ب»", "«أ» و«ب»", "«أ» و«ب»"),
        ("The author's book", "author", "author's"),
        ("كلمة ...", "...", ""),
    ],
)
def test_a_stretch_is_what_a_reader_would_mark(text: str, marked: str, expected: str) -> None:
    start = text.index(marked)
    first, last = snap_to_words(text, start, start + len(marked))
    assert text[first:last] == expected


@given(TEXTS, st.data())
def test_what_is_snapped_lies_in_the_text_and_stays_as_it_is(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = snap_to_words(text, start, end)
    assert 0 <= first <= last <= len(text)
    if first < last:
        assert not text[first].isspace()
        assert not text[last - 1].isspace()
        assert snap_to_words(text, first, last) == (first, last)


def scored_at_random(places: list[tuple[int, int]], rng: np.random.Generator) -> ScoredWindow:
    spans = rng.normal(size=(QUESTION + len(places) + 1, 2)).astype(np.float32)
    verdict = rng.normal(size=3).astype(np.float32)
    return ScoredWindow(places, ReaderScores(spans, float(rng.normal()), verdict), QUESTION)


@given(TEXTS, st.data())
def test_a_reading_marks_characters_of_the_original(text: str, data: st.DataObject) -> None:
    """Tokens of one or two characters with random scores, in overlapping windows."""
    normal = Normalizer().normalize(text)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    size = data.draw(st.integers(1, 2))
    places = [(at, min(at + size, len(normal.text))) for at in range(0, len(normal.text), size)]
    half = len(places) // 2
    scored = tuple(scored_at_random(own, rng) for own in (places[: half + 3], places[half:]))
    reading = ReaderResult(normal, scored, Calibration())
    assert 0 <= reading.answerable <= 1
    assert sum(reading.verdict) == pytest.approx(1)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = reading.best(start, end)
    if found is not None:
        assert start <= found.start < found.end <= end
        assert Normalizer()(text[found.start : found.end]).strip()
        assert found.score <= reading.score


@given(st.integers(1, 90), st.integers(0, 2**32))
def test_the_best_stretch_is_the_best_of_all(tokens: int, seed: int) -> None:
    places = [(at, at + 1) for at in range(tokens)]
    window = scored_at_random(places, np.random.default_rng(seed))
    scores, nothing = window.scores.spans[QUESTION:], float(window.scores.spans[0].sum())
    best = max(
        float(scores[a, 0] + scores[b, 1])
        for a in range(tokens)
        for b in range(a, min(a + MAX_ANSWER_TOKENS, tokens))
    )
    found = window.best(0, tokens)
    assert found is not None
    assert found.score == pytest.approx(best - nothing, abs=1e-5)
    assert scores[found.start, 0] + scores[found.end - 1, 1] == pytest.approx(best, abs=1e-5)
