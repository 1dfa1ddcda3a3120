"""What is wrong with question sets, in themselves and between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.errors import QuestionSetError
from cica_qa.evaluation.near import NearTexts
from cica_qa.evaluation.types import Gold, Problem, Question, QuestionSet

_WORD = re.compile(r"\w+")


def check(sets: Sequence[QuestionSet]) -> list[Problem]:
    """Read the sets and return their problems, by file, line and kind.

    Beside what reading tells these are, of a set: duplicate-question, conflicting-answers,
    no-answer, answer-to-unanswerable, answer-not-in-context, wrong-offset, empty-context,
    near-duplicate-context, and unusable for what cannot be read; and between sets: overlap.
    Texts are compared without what ``Normalizer`` and ``fold`` take away. Takes time near linear
    in the size of the sets, and about as much memory as the words of their documents.
    """
    examination = _Examination()
    for number, questions in enumerate(sets):
        examination.examine(number, questions)
    return sorted(set(examination.problems), key=lambda p: (p.file, p.line, p.kind, p.message))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a question is asked, and what is said to it."""

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
    """A document as the questions of a set use it."""

    line: int
    golds: list[tuple[int, str, Gold]] = field(default_factory=list)


class _Examination:
    """Goes through sets one after the other and remembers what it met."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._normalizer = Normalizer()
        self._asked: dict[str, dict[int, _Asked]] = {}
        self._texts = NearTexts()

    def examine(self, number: int, questions: QuestionSet) -> None:
        """Read one set: its questions, then its documents."""
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
            self._tell(file, 0, "unusable", str(error))

    def _examine_question(self, number: int, file: str, question: Question) -> None:
        line, qid = question.line, question.qid
        if question.answerable and not question.golds:
            said = f"{qid!r} has an answer, says the set, but none is given. Give it."
            self._tell(file, line, "no-answer", said)
        if question.answerable is False and question.golds:
            said = f"{qid!r} has no answer, says the set, but one is given. Correct either."
            self._tell(file, line, "answer-to-unanswerable", said)
        answers = frozenset(self._words(gold.text) for gold in question.golds)
        asked = _Asked(file, line, qid, answers, question.answerable)
        # A follow-up is another question after another one.
        said_before = [turn.question for turn in question.history]
        before = self._asked.setdefault(self._words("\n".join([*said_before, question.text])), {})
        for other_number, other in before.items():
            if other_number == number:
                self._tell_repeated(asked, other)
            else:
                said = f"the question {qid!r} is also in {other.place}. Take it out of one."
                self._tell(file, line, "overlap", said)
        before.setdefault(number, asked)

    def _tell_repeated(self, asked: _Asked, other: _Asked) -> None:
        apart = bool(asked.answers and other.answers) and not asked.answers & other.answers
        undecided = None in (asked.answerable, other.answerable)
        if apart or (not undecided and asked.answerable != other.answerable):
            said = f"{asked.qid!r} is answered otherwise in {other.place}. Say which is right."
            self._tell(asked.file, asked.line, "conflicting-answers", said)
        else:
            said = f"{asked.qid!r} asks the same as {other.place}. Take one out."
            self._tell(asked.file, asked.line, "duplicate-question", said)

    def _examine_documents(
        self, number: int, file: str, questions: QuestionSet, uses: dict[str, _Use]
    ) -> None:
        for document in questions.documents() or ():
            use = uses.get(document.doc_id) or _Use(0)
            if not document.text.strip():
                said = f"the document {document.doc_id!r} has no text. Fill it or take it out."
                self._tell(file, use.line, "empty-context", said)
                continue
            self._examine_golds(file, document.text, use.golds)
            place = f"{file}:{use.line}" if use.line else file
            named = f"{document.doc_id!r} ({place})"
            words = self._words(document.text).split()
            for other_number, other, jaccard in self._texts.meet(number, named, words):
                kind = "near-duplicate-context" if other_number == number else "overlap"
                said = (
                    f"the context {document.doc_id!r} is {jaccard:.0%} the same as {other}. "
                    "Keep one of the two."
                )
                self._tell(file, use.line, kind, said)

    def _examine_golds(self, file: str, text: str, golds: Iterable[tuple[int, str, Gold]]) -> None:
        for line, qid, gold in golds:
            if gold.text not in text:
                said = f"the answer {gold.text!r} of {qid!r} is not in its context. Correct either."
                self._tell(file, line, "answer-not-in-context", said)
            elif gold.start >= 0 and not text.startswith(gold.text, gold.start):
                said = f"the answer {gold.text!r} of {qid!r} is not at its offset. Correct it."
                self._tell(file, line, "wrong-offset", said)

    def _words(self, text: str) -> str:
        return " ".join(_WORD.findall(fold(self._normalizer(text)))) or text

    def _tell(self, file: str, line: int, kind: str, message: str) -> None:
        self.problems.append(Problem(file, line, kind, message))
