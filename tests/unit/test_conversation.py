"""Which questions go on from the one before, and how two searches become one."""

from __future__ import annotations

import pytest

from cica_qa.answer.conversation import is_follow_up, merge_hits, search_queries
from cica_qa.arabic.normalize import Normalizer
from cica_qa.types import Hit, Passage, Span, Turn

PAST = [Turn("سؤال أقدم؟", "…"), Turn("ما وظيفة الأمانة العامة؟", "…")]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("وأين تقع؟", True),
        ("وَأَيْنَ تَقَعُ؟", True),
        ("طيب وما هي التحديات التي تواجهه؟", True),
        ("متى تأسس؟", True),
        ("فكم عدد أعضائها الآن؟", True),
        ("and where is it?", True),
        ("أين يقع مقر الأمانة العامة؟", False),
        ("وزارة الخارجية متى تأسست؟", False),
        ("كم عدد الدول الأعضاء في المؤتمر؟", False),
    ],
)
def test_follow_ups(question: str, expected: bool) -> None:
    assert is_follow_up(question, Normalizer()) is expected


def test_a_follow_up_is_searched_alone_and_after_the_last_question() -> None:
    assert search_queries("وما مدة رئاسة المجلس؟", PAST, Normalizer()) == [
        "وما مدة رئاسة المجلس؟",
        "ما وظيفة الأمانة العامة؟ وما مدة رئاسة المجلس؟",
    ]


@pytest.mark.parametrize("question", ["وأين تقع؟", "متى تأسست؟", "لماذا؟"])
def test_a_follow_up_of_hardly_a_word_is_searched_after_the_last_question_only(
    question: str,
) -> None:
    assert search_queries(question, PAST, Normalizer()) == [f"ما وظيفة الأمانة العامة؟ {question}"]


@pytest.mark.parametrize(
    ("question", "history"), [("وأين تقع؟", []), ("كم عدد الدول الأعضاء فيه؟", PAST)]
)
def test_other_questions_are_searched_alone(question: str, history: list[Turn]) -> None:
    assert search_queries(question, history, Normalizer()) == [question]


def hit(name: str, score: float, *sentences: float) -> Hit:
    spans = tuple(Span(at, at + 1) for at in range(len(sentences)))
    passage = Passage(name, "d", 0, len(sentences), "x" * len(sentences), (), spans)
    return Hit(passage, score, 1, {"dense": score, "sentences": sentences})


def test_merging_keeps_the_best_of_each_passage_and_sentence() -> None:
    merged = merge_hits(
        [[hit("a", 0.9, 0.9, 0.1), hit("b", 0.5, 0.5)], [hit("a", 0.7, 0.2, 0.7)]], 5
    )

    assert [(h.passage.passage_id, h.rank, h.score) for h in merged] == [
        ("a", 1, 0.9),
        ("b", 2, 0.5),
    ]
    assert merged[0].parts == {"dense": 0.9, "sentences": (0.9, 0.7)}


def test_merging_ranks_anew_and_stops_at_k() -> None:
    merged = merge_hits([[hit("a", 0.5, 0.5), hit("b", 0.4, 0.4)], [hit("c", 0.6, 0.6)]], 2)

    assert [(h.passage.passage_id, h.rank) for h in merged] == [("c", 1), ("a", 2)]
