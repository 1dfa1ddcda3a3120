"""What is searched for: dialect said in MSA, slips corrected, real words left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.protocols import InContext, Vectors, WordEncoder, WordVectors
from cica_qa.retrieve.query import QueryReader

COUNTS = {"الزجاج": 9, "شيكاغو": 1, "الاطفال": 9}


class PlainEncoder:
    """Knows no words."""

    model_id, fingerprint, dimension = "plain", "1", 2

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 2), np.float32)

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        return self.encode_queries(texts)


class KnowingEncoder(PlainEncoder):
    """Knows some words as a whole, and how often it was asked for them."""

    def __init__(self) -> None:
        self.words = SortedOnce(["Ziggy", "أحمد", "زجاد", "كلام"])

    @property
    def vocabulary(self) -> Sequence[str]:
        return self.words

    def encode_question(self, text: str) -> tuple[Vectors, WordVectors]:
        return np.ones(2, np.float32), WordVectors((), np.empty((0, 2), np.float32))

    def encode_in_context(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[InContext]:
        raise NotImplementedError


class SortedOnce(list[str]):
    reads = 0

    def __getitem__(self, at: Any) -> Any:
        self.reads += isinstance(at, slice)
        return super().__getitem__(at)


def read(encoder: Any, *questions: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    store: Any = SimpleNamespace(
        vocabulary=lambda: COUNTS,
        spellings=lambda: {"الاطفال": ["الأطفال"]},
        search_terms=lambda terms, k, scope: [],
    )
    reader = QueryReader(encoder, Normalizer(), Analyzer())
    return [(query.text, query.changes) for query in reader.read(questions, store)]


def test_what_the_model_knows_as_a_word_is_no_slip() -> None:
    assert isinstance(KnowingEncoder(), WordEncoder)
    assert read(PlainEncoder(), "الزجاد") == [("الزجاج", (("الزجاد", "الزجاج"),))]
    assert read(KnowingEncoder(), "الزجاد") == [("الزجاد", ())]


def test_its_words_are_read_once_and_only_where_a_word_would_be_corrected() -> None:
    encoder = KnowingEncoder()
    read(encoder, "ما شيكاغو", "من أينشتاين")
    assert encoder.words.reads == 0
    read(encoder, "الزجاد", "الزجاد")
    assert encoder.words.reads == 1


@pytest.mark.parametrize(
    ("question", "text"),
    [("أين شيكغو؟", "أين شيكاغو؟"), ("وين شيكغو؟", "أين شيكغو؟"), ("وين العيال؟", "أين الأطفال؟")],
)
def test_a_dialect_question_is_said_in_msa_and_corrected_with_care(
    question: str, text: str
) -> None:
    assert read(PlainEncoder(), question)[0][0] == text
