"""How many of the candidates are read: those that could still be the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_qa.answer.answerer import CANDIDATES_READ, read_first
from cica_qa.answer.candidates import candidates
from cica_qa.answer.extract import Ranked, Ranking
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import understand
from cica_qa.documents.chunk import chunk
from cica_qa.models.reader.reader import SpanReader, Spots
from cica_qa.models.reader.spans import ReadSpan
from cica_qa.types import Document, Hit

QUESTION = "أين المقر؟"
TEXTS = ("المقر في حلب.", "المقر في تونس.", "المقر في عدن.", "المقر في وهران.", "المقر في فاس.")


@dataclass(frozen=True)
class Whole:
    """Stands in for a ``Reading`` that points at the whole text."""

    score: float

    def best(self, start: int, end: int) -> ReadSpan:
        return ReadSpan(start, end, self.score)


@dataclass
class Scoring:
    """Stands in for the reader: each text has its score, and what is read is kept."""

    scores: Mapping[str, float]
    read_texts: list[str] = field(default_factory=list)

    def read(self, question: str, texts: Sequence[str], spots: Spots) -> list[Whole]:
        self.read_texts += texts
        return [Whole(self.scores[text]) for text in texts]


def ranking(nearness: Sequence[float]) -> Ranking:
    """One candidate a text, as near to the question as is told; all else is the same."""
    hits = []
    for at, (text, near) in enumerate(zip(TEXTS, nearness, strict=False)):
        passage = chunk(Document(f"d{at}", "", text))[-1]
        parts = {"sentences": (near,), "rarity": {"المقر": 1.0}, "searched": QUESTION}
        hits.append(Hit(passage, 0.5, at + 1, parts))
    return Ranking(understand(QUESTION)[0], candidates(hits), {"المقر": 1.0}, Normalizer())


def first(ranking: Ranking, reader: Scoring) -> Ranked:
    order = ranking.order()
    return ranking.order(read_first(cast(SpanReader, reader), QUESTION, order))[0]


@pytest.mark.parametrize(
    ("nearness", "scores", "read", "best"),
    [
        pytest.param((0.9, 0.6, 0.6), (5, 9, 9), 1, 0, id="far ahead"),
        pytest.param((0.9, 0.8, 0.6), (-9, 9, 9), 2, 1, id="the second gains what it lacks"),
        pytest.param((0.9, 0.88, 0.6), (5, 6, 9), 2, 0, id="the third could not"),
        pytest.param((0.9, 0.9, 0.9, 0.9), (1, 2, 3, 9), 3, 2, id="alike: three, and no more"),
        pytest.param((0.9, 0.89, 0.88), (99, 5, 5), 1, 0, id="a score above all counts no more"),
    ],
)
def test_what_could_not_come_first_is_not_read(
    nearness: Sequence[float], scores: Sequence[float], read: int, best: int
) -> None:
    reader = Scoring(dict(zip(TEXTS, scores, strict=False)))
    assert first(ranking(nearness), reader).candidate.text == TEXTS[best]
    assert reader.read_texts == list(TEXTS[:read])


@given(
    st.lists(st.floats(0.5, 0.9), min_size=1, max_size=len(TEXTS)),
    st.lists(st.floats(-30, 30), min_size=len(TEXTS), max_size=len(TEXTS)),
)
def test_the_answer_is_that_of_reading_all_of_the_first(
    nearness: Sequence[float], scores: Sequence[float]
) -> None:
    candidates_ranked = ranking(nearness)
    reader = Scoring(dict(zip(TEXTS, scores, strict=True)))
    ordered = candidates_ranked.order()[:CANDIDATES_READ]
    every = {one.candidate.hit.passage.passage_id: one.candidate.text for one in ordered}
    all_read = {key: Whole(reader.scores[text]) for key, text in every.items()}
    expected = candidates_ranked.order(all_read)[0]  # type: ignore[arg-type]
    found = first(candidates_ranked, reader)
    assert (found.candidate, found.score) == (expected.candidate, expected.score)
