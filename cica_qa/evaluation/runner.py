"""Asks a system every question of a set once, whatever happens in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from cica_qa.errors import CicaError
from cica_qa.evaluation.journal import NAME, Header, Journal, read_outcomes
from cica_qa.evaluation.noise import vary
from cica_qa.evaluation.scoring import score, with_retrieval
from cica_qa.evaluation.systems import System
from cica_qa.evaluation.types import Outcome, Problem, Question, QuestionSet

Progress = Callable[[str, int, int], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """The outcomes of one set in a folder; ``variants`` are the kinds of noise that were added.

    ``problems`` are those of the whole set.
    """

    questions: QuestionSet
    folder: Path
    variants: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    def outcomes(self) -> Iterator[Outcome]:
        """Yield all outcomes with their figures, as they were asked; reads the files anew."""
        asked = tasks(self.questions, self.variants)
        return with_retrieval(read_outcomes(self.folder / NAME, asked))


def tasks(
    questions: Iterable[Question], variants: Sequence[str]
) -> Iterator[tuple[Question, str, str]]:
    """Yield what is asked, in order: each question as it is, then as each noise changes it.

    Noise that leaves a question as it is asks nothing.
    """
    for question in questions:
        yield question, question.text, ""
        for variant in variants:
            noisy = vary(question.text, variant, question.qid)
            if noisy != question.text:
                yield question, noisy, variant


def run(
    questions: QuestionSet,
    system: System,
    folder: Path,
    variants: Sequence[str] = (),
    progress: Progress | None = None,
) -> Run:
    """Ask everything that the journal in ``folder`` does not have yet.

    A question that fails is recorded with its error. Raises ``QuestionSetError`` for a set that
    cannot be read, ``EvaluationError`` where the folder holds another run or cannot be written.
    """
    total = sum(1 for _ in tasks(questions, variants))
    problems = tuple(questions.problems)
    header = Header(questions.fingerprint(), system.configuration(), tuple(variants))
    with Journal(folder / NAME, header) as journal:
        if progress:
            progress(questions.name, journal.done, total)
        waiting = islice(tasks(questions, variants), journal.done, None)
        for number, (question, asked, variant) in enumerate(waiting, journal.done + 1):
            journal.add(_ask(system, question, asked, variant, questions.unit))
            if progress:
                progress(questions.name, number, total)
    return Run(questions, folder, tuple(variants), problems)


def _ask(system: System, question: Question, asked: str, variant: str, unit: str) -> Outcome:
    started = time.perf_counter()
    try:
        outcome = system.ask(question, asked, unit)
    except Exception as error:  # one question must not cost the others
        if not isinstance(error, CicaError):
            _log.warning("question %s failed: %r", question.qid, error)
        outcome = Outcome(question, asked, error=f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - started
    scored = score(outcome) if system.answers else outcome
    return replace(scored, variant=variant, seconds=seconds)
