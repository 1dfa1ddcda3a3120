"""Checks for faults within question sets and overlaps between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.near import NearTexts
from cica_qa.evaluation.types import Gold, Question, QuestionSet, SetProblem

_WORD = re.compile(r"\w+")


def check(sets: Sequence[QuestionSet]) -> list[SetProblem]:
    """Read the sets and return their problems, sorted by file, line and kind.

    In addition to the problems found while reading, the kinds within a set are duplicate-question,
    conflicting-answers, no-answer, answer-to-unanswerable, answer-not-in-context, wrong-offset,
    empty-context, near-duplicate-context, and unusable for a set that cannot be read; between sets
    there is overlap. Texts are compared after ``Normalizer`` and ``fold``. The time is nearly
    linear in the size of the sets, and the memory about that of the words of their documents.
    """
    examination = _Examination()
    for number, questions in enumerate(sets):
        examination.examine(number, questions)
    return sorted(set(examination.problems), key=lambda p: (p.file, p.line, p.kind, p.message))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its place and its accepted answers."""

    file: str
    line: int
    qid: str
    answers: frozenset[str]
    answerable: bool | None

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else f"{self.qid!r} in {self.file}"


@dataclass(slots=True)
class _Use:
    """How the questions of a set use a document: the first line, and the answers in it."""

    line: int
    golds: list[tuple[int, str, Gold]] = field(default_factory=list)


class _Examination:
    """Examines one set after another, and remembers their questions and texts."""

    def __init__(self) -> None:
        self.problems: list[SetProblem] = []
        self._normalizer = Normalizer()
        self._asked: dict[str, dict[int, _Asked]] = {}
        self._texts = NearTexts()

    def examine(self, number: int, questions: QuestionSet) -> None:
        """Examine the questions of a set, then its documents."""
        file = str(getattr(questions, "file", questions.name))
        uses: dict[str, _Use] = {}
        try:
            for question in questions:
                self._examine_question(number, file, question)
                for doc_id in question.relevant:
                    uses.setdefault(doc_id, _Use(question.line))
                for gold in question.golds:
                    if gold.doc_id:
                        use = uses.setdefault(gold.doc_id, _Use(question.line))
                        use.golds.append((question.line, question.qid, gold))
            self.problems += questions.problems
            self._examine_documents(number, file, questions, uses)
        except QuestionSetError as error:
            self.problems += questions.problems
            self._report(file, 0, "unusable", str(error))

    def _examine_question(self, number: int, file: str, question: Question) -> None:
        line, qid = question.line, question.qid
        if question.answerable and not question.golds:
            message = f"{qid!r} has an answer, says the set, but none is given. Give it."
            self._report(file, line, "no-answer", message)
        if question.answerable is False and question.golds:
            message = f"{qid!r} has no answer, says the set, but one is given. Correct either."
            self._report(file, line, "answer-to-unanswerable", message)
        answers = frozenset(self._words(gold.text) for gold in question.golds)
        asked = _Asked(file, line, qid, answers, question.answerable)
        # The same follow-up after another question is not the same question.
        earlier = [turn.question for turn in question.history]
        before = self._asked.setdefault(self._words("\n".join([*earlier, question.text])), {})
        for other_number, other in before.items():
            if other_number == number:
                self._report_repeated(asked, other)
            else:
                message = f"the question {qid!r} is also in {other.place}. Take it out of one."
                self._report(file, line, "overlap", message)
        before.setdefault(number, asked)

    def _report_repeated(self, asked: _Asked, other: _Asked) -> None:
        apart = bool(asked.answers and other.answers) and not asked.answers & other.answers
        undecided = None in (asked.answerable, other.answerable)
        if apart or (not undecided and asked.answerable != other.answerable):
            message = f"{asked.qid!r} is answered otherwise in {other.place}. Say which is right."
            self._report(asked.file, asked.line, "conflicting-answers", message)
        else:
            message = f"{asked.qid!r} asks the same as {other.place}. Take one out."
            self._report(asked.file, asked.line, "duplicate-question", message)

    def _examine_documents(
        self, number: int, file: str, questions: QuestionSet, uses: dict[str, _Use]
    ) -> None:
        for document in questions.documents() or ():
            use = uses.get(document.doc_id) or _Use(0)
            if not document.text.strip():
                message = f"the document {document.doc_id!r} has no text. Fill it or take it out."
                self._report(file, use.line, "empty-context", message)
                continue
            self._examine_golds(file, document.text, use.golds)
            place = f"{file}:{use.line}" if use.line else file
            named = f"{document.doc_id!r} ({place})"
            words = self._words(document.text).split()
            for other_number, other, jaccard in self._texts.match_and_add(number, named, words):
                kind = "near-duplicate-context" if other_number == number else "overlap"
                message = (
                    f"the context {document.doc_id!r} is {jaccard:.0%} the same as {other}. "
                    "Keep one of the two."
                )
                self._report(file, use.line, kind, message)

    def _examine_golds(self, file: str, text: str, golds: Iterable[tuple[int, str, Gold]]) -> None:
        for line, qid, gold in golds:
            if gold.text not in text:
                message = (
                    f"the answer {gold.text!r} of {qid!r} is not in its context. Correct either."
                )
                self._report(file, line, "answer-not-in-context", message)
            elif gold.start >= 0 and not text.startswith(gold.text, gold.start):
                message = f"the answer {gold.text!r} of {qid!r} is not at its offset. Correct it."
                self._report(file, line, "wrong-offset", message)

    def _words(self, text: str) -> str:
        return " ".join(_WORD.findall(fold(self._normalizer(text)))) or text

    def _report(self, file: str, line: int, kind: str, message: str) -> None:
        self.problems.append(SetProblem(file, line, kind, message))
