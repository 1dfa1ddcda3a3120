"""Batching of calls from concurrent threads, and isolation of their errors."""

from __future__ import annotations

import threading
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cica_qa.cli.serve import load_collections
from cica_qa.models.encoder.batching import BatchingEncoder
from cica_qa.models.runtime.batching import CallBatcher
from cica_qa.protocols import Encoder, QuestionsEncoder
from cica_qa.settings import Settings

QUESTIONS = [
    "ما هي عاصمة فرنسا؟",
    "متى تأسست المنظمة ومن الذي اقترح تأسيسها في خطاب أمام الجمعية العامة للأمم المتحدة؟",
    "من هو؟",
    "",
    "كم عدد الدول الأعضاء؟",
    "What is the capital of France?",
    "دولة " * 60,
    "أين يقع مقر الأمانة العامة؟",
]
WAIT = 30
"""Seconds after which a test fails as deadlocked."""


class Squares:
    """Squares numbers, the first batch only when released; 13 raises an error."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun, self.may_go = threading.Event(), threading.Event()
        self.batching = CallBatcher(self.work, 4)

    def work(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        if len(self.batches) == 1:
            self.begun.set()
            assert self.may_go.wait(WAIT)
        if 13 in numbers:
            raise ValueError("unlucky")
        return [number**2 for number in numbers]

    def beside_the_first(
        self, pool: ThreadPoolExecutor, *asked: Sequence[int]
    ) -> list[Future[list[int]]]:
        """Ask for 0 and, while it is processed, for the others one after the other."""
        futures = [pool.submit(self.batching.results, [0])]
        assert self.begun.wait(WAIT)
        for numbers in asked:
            before = len(self.batching._waiting)
            futures.append(pool.submit(self.batching.results, numbers))
            while len(self.batching._waiting) < before + len(numbers):
                threading.Event().wait(0.001)
        self.may_go.set()
        return futures


def test_a_single_item_is_not_kept_waiting() -> None:
    squares = Squares()
    squares.may_go.set()
    assert squares.batching.results([3]) == [9]
    assert squares.batching.results([]) == []
    assert squares.batching.results([5, 1, 2, 3, 4]) == [25, 1, 4, 9, 16]
    assert squares.batches == [[3], [5, 1, 2, 3], [4]]


def test_items_that_arrive_meanwhile_are_batched_in_order() -> None:
    squares = Squares()
    with ThreadPoolExecutor(8) as pool:
        futures = squares.beside_the_first(pool, [1], [2, 3], [4], [5, 6])
        found = [future.result(WAIT) for future in futures]
    assert found == [[0], [1], [4, 9], [16], [25, 36]]
    assert squares.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_an_error_reaches_only_the_caller_at_fault() -> None:
    squares = Squares()
    with ThreadPoolExecutor(8) as pool:
        zero, one, unlucky, mixed, four = squares.beside_the_first(pool, [1], [13], [2, 13], [4])
        assert [future.result(WAIT) for future in (zero, one, four)] == [[0], [1], [16]]
        for future in (unlucky, mixed):
            with pytest.raises(ValueError, match="unlucky"):
                future.result(WAIT)
    assert squares.batching.results([7]) == [49]


def test_an_interrupted_thread_does_not_lose_the_items_of_others() -> None:
    class Interrupted(BaseException):
        pass

    squares = Squares()

    def work(numbers: Sequence[int]) -> list[int]:
        found = squares.work(numbers)
        if len(squares.batches) == 2:
            raise Interrupted
        return found

    squares.batching = CallBatcher(work, 4)
    with ThreadPoolExecutor(8) as pool:
        zero, *others = squares.beside_the_first(pool, [1], [2], [3])
        assert zero.result(WAIT) == [0]
        outcomes = [future.exception(WAIT) or future.result() for future in others]
    assert sum(isinstance(outcome, Interrupted) for outcome in outcomes) == 1
    assert [outcome for outcome in outcomes if isinstance(outcome, list)] != []
    assert squares.batches[1:] == [[1, 2, 3], [1, 2, 3]]


@pytest.fixture
def questions_of(exact_encoder: Encoder) -> BatchingEncoder:
    """The encoder as the server uses it."""
    assert isinstance(exact_encoder, QuestionsEncoder)
    return BatchingEncoder(exact_encoder)


def test_the_server_reads_questions_together(corpus_index: Path, model_cache: Path) -> None:
    options = Namespace(collection=[], index=corpus_index, paths=[])
    collections = load_collections(options, Settings(cache_dir=model_cache))
    assert isinstance(collections[""].retriever.encoder, BatchingEncoder)


def test_many_threads_get_the_vectors_of_their_own_questions(
    questions_of: BatchingEncoder,
) -> None:
    alone = [questions_of.encode_question(question) for question in QUESTIONS]
    together = threading.Barrier(len(QUESTIONS))

    def ask(at: int) -> None:
        for turn in range(3):
            together.wait(WAIT)
            at = (at + turn) % len(QUESTIONS)
            vector, words = questions_of.encode_question(QUESTIONS[at])
            np.testing.assert_allclose(vector, alone[at][0], atol=1e-5)
            assert words.texts == alone[at][1].texts
            np.testing.assert_allclose(words.vectors, alone[at][1].vectors, atol=1e-4)

    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        for future in [pool.submit(ask, at) for at in range(len(QUESTIONS))]:
            future.result(WAIT)


def test_a_single_question_is_not_padded(questions_of: BatchingEncoder) -> None:
    first = questions_of.encode_question(QUESTIONS[0])
    questions_of.encode_questions(QUESTIONS)
    again = questions_of.encode_question(QUESTIONS[0])
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].vectors.tobytes() == again[1].vectors.tobytes()


def test_a_text_that_fails_does_not_affect_others(questions_of: BatchingEncoder) -> None:
    broken: list[str] = [None]

    def ask(text: str) -> np.ndarray:
        return questions_of.encode_question(text)[0]

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(ask, text) for text in [QUESTIONS[0], *broken, QUESTIONS[2]] * 3]
        for at, future in enumerate(futures):
            if at % 3 == 1:
                assert isinstance(future.exception(WAIT), TypeError)
            else:
                assert np.isfinite(future.result(WAIT)).all()
