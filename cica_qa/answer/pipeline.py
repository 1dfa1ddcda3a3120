"""Question in, cited answer out: the public ``Pipeline``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from cica_qa.answer.abstain import NOT_SAID
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.answer.conversation import merge_hits, search_queries
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import clean_question
from cica_qa.errors import QuestionError
from cica_qa.protocols import Answerer
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Answer, Document, Turn


class Pipeline:
    """Answers questions from an index. Safe to share between threads."""

    def __init__(self, retriever: Retriever, answerer: Answerer) -> None:
        self.retriever = retriever
        self._answerer = answerer
        self._normalizer = Normalizer()

    @classmethod
    def load(cls, index_dir: str | Path, *, settings: Settings | None = None) -> Self:
        """Open an index. Raises what ``Retriever.load`` raises."""
        settings = settings or Settings()
        retriever = Retriever.load(index_dir, settings=settings)
        return cls(retriever, ExtractiveAnswerer(settings.answer_threshold))

    def documents(self) -> list[Document]:
        """Return all documents, in the order in which they were indexed."""
        return self.retriever.documents()

    def document(self, doc_id: str) -> Document:
        """Return the document of that id. Raises ``KeyError`` where there is none."""
        return self.retriever.store.document(doc_id)

    def ask(self, question: str, history: Sequence[Turn] = (), *, k: int = 5) -> Answer:
        """Answer a question from its ``k`` nearest passages, or abstain.

        ``history`` holds the earlier turns of the conversation, oldest first. Raises
        ``QuestionError`` for a question that cannot be searched.
        """
        limit = self.retriever.settings.max_question_chars
        question = clean_question(question, limit)
        queries = search_queries(question, history, self._normalizer)
        # The question before was accepted once; a long one gives way to the new one.
        found = self.retriever.search_many([query[-limit:] for query in queries], k)
        answer = self._answerer.answer(queries[-1], merge_hits(found, k), history)
        return replace(answer, question=question)

    def ask_many(self, questions: Iterable[str], *, k: int = 5) -> list[Answer]:
        """Answer questions that do not depend on each other, in their order.

        A question that cannot be searched gives an abstention whose ``reason`` says why, so
        that one bad line does not lose the others.
        """
        limit = self.retriever.settings.max_question_chars
        answers: dict[int, Answer] = {}
        cleaned: dict[int, str] = {}
        for at, question in enumerate(questions):
            try:
                cleaned[at] = clean_question(question, limit)
            except QuestionError as error:
                answers[at] = Answer(question, NOT_SAID, abstained=True, reason=error.arabic)
        found = self.retriever.search_many(list(cleaned.values()), k)
        for (at, question), hits in zip(cleaned.items(), found, strict=True):
            answers[at] = self._answerer.answer(question, hits)
        return [answers[at] for at in range(len(answers))]
