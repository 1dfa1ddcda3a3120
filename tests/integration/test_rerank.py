"""Hits that were read: in order, the same passages, explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from cica_qa.protocols import Encoder
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings


def test_reranked_hits_are_ordered_and_say_what_they_gained(
    corpus_index: Path, encoder: Encoder
) -> None:
    retriever = Retriever(corpus_index, encoder, Settings())
    plain = {h.passage.passage_id: h.score for h in retriever.search("كم عدد الدول الأعضاء؟", 12)}
    hits = retriever.search("كم عدد الدول الأعضاء؟", 12, rerank=True)
    assert {hit.passage.passage_id for hit in hits} == set(plain)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        gain = hit.match.scores["read"]
        assert hit.score == pytest.approx(plain[hit.passage.passage_id] + gain)


def test_without_the_reader_nothing_changes(corpus_index: Path, encoder: Encoder) -> None:
    retriever = Retriever(corpus_index, encoder, Settings(reader=False))
    assert retriever.search("متى؟", 3, rerank=True) == retriever.search("متى؟", 3)
