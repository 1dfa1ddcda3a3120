"""Asks a system every question of a set exactly once, across interruptions."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from cica_qa.errors import CicaError
from cica_qa.evaluation.journal import JOURNAL_NAME, Journal, JournalHeader, read_outcomes
from cica_qa.evaluation.noise import add_noise
from cica_qa.evaluation.scoring import score, with_retrieval
from cica_qa.evaluation.systems import System
from cica_qa.evaluation.types import Outcome, Question, QuestionSet, SetProblem
from cica_qa.protocols import Progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """A completed run over one set; ``folder`` holds its journal.

    ``variants`` are the kinds of noise, and ``problems`` those of the whole set.
    """

    questions: QuestionSet
    folder: Path
    variants: tuple[str, ...]
    problems: tuple[SetProblem, ...] = ()

    def outcomes(self) -> Iterator[Outcome]:
        """Read the journal and yield all outcomes with their figures, in the order asked."""
        asked = tasks(self.questions, self.variants)
        return with_retrieval(read_outcomes(self.folder / JOURNAL_NAME, asked))


def tasks(
    questions: Iterable[Question], variants: Sequence[str]
) -> Iterator[tuple[Question, str, str]]:
    """Yield (question, text as asked, variant): each question clean, then with each noise.

    Noise that does not change a question is skipped.
    """
    for question in questions:
        yield question, question.text, ""
        for variant in variants:
            noisy = add_noise(question.text, variant, question.qid)
            if noisy != question.text:
                yield question, noisy, variant


def run_set(
    questions: QuestionSet,
    system: System,
    folder: Path,
    variants: Sequence[str] = (),
    progress: Progress | None = None,
) -> EvaluationRun:
    """Ask every question that the journal in ``folder`` does not hold yet.

    A question that fails is recorded with its error. Raises ``QuestionSetError`` for a set that
    cannot be read, and ``EvaluationError`` if the folder holds another run or is not writable.
    """
    total = sum(1 for _ in tasks(questions, variants))
    problems = tuple(questions.problems)
    header = JournalHeader(questions.fingerprint(), system.configuration(), tuple(variants))
    with Journal(folder / JOURNAL_NAME, header) as journal:
        if progress:
            progress(questions.name, journal.done, total)
        waiting = islice(tasks(questions, variants), journal.done, None)
        for number, (question, asked, variant) in enumerate(waiting, journal.done + 1):
            journal.add(_ask(system, question, asked, variant, questions.unit))
            if progress:
                progress(questions.name, number, total)
    return EvaluationRun(questions, folder, tuple(variants), problems)


def _ask(system: System, question: Question, asked: str, variant: str, unit: str) -> Outcome:
    started = time.perf_counter()
    try:
        outcome = system.ask(question, asked, unit)
    except Exception as error:  # one failing question must not end the run
        if not isinstance(error, CicaError):
            _log.warning("question %s failed: %r", question.qid, error)
        outcome = Outcome(question, asked, error=f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - started
    scored = score(outcome) if system.answers else outcome
    return replace(scored, variant=variant, seconds=seconds)
