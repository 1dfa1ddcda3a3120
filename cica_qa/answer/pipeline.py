"""Question in, cited answer out: the public ``Pipeline``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from cica_qa.answer import elaborate, overview
from cica_qa.answer.answerer import ExtractiveAnswerer
from cica_qa.answer.combine import combine
from cica_qa.answer.conversation import ResolvedQuestion, resolve_question
from cica_qa.answer.evidence import QuestionContext
from cica_qa.answer.generate import AnswerWriter, load_writer, phrase
from cica_qa.answer.pieces import answer_pieces
from cica_qa.answer.reasons import UNANSWERED
from cica_qa.answer.small_talk import reply_to
from cica_qa.arabic.clean import clean_question
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.questions import SubQuestion, parse_question
from cica_qa.errors import QuestionError
from cica_qa.filters import Filter, Where, filter_of
from cica_qa.index.inputs import Sources
from cica_qa.index.location import Location, located
from cica_qa.index.opened import require_index
from cica_qa.retrieve.models import load_models
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings
from cica_qa.types import Answer, Document, Hit, Passage, Piece, Turn

_DOCUMENTS_SHOWN = 5
_PASSAGES_WITH_MENTIONS = 50


@dataclass(frozen=True, slots=True)
class _Scope:
    """The number of passages to retrieve, and the documents to search (None for all)."""

    k: int
    documents: Collection[str] | None
    where: Filter | None


class Pipeline:
    """Answers questions from an index. Safe to share between threads."""

    def __init__(
        self, retriever: Retriever, answerer: ExtractiveAnswerer, writer: AnswerWriter | None = None
    ) -> None:
        """``writer``, if given, phrases answers from their citations."""
        self.retriever = retriever
        self._answerer = answerer
        self._writer = writer
        self._normalizer = Normalizer()

    @classmethod
    def load(cls, index_dir: str | Location, *, settings: Settings | None = None) -> Self:
        """Open an index. Raises what ``Retriever.load`` raises, and ``SettingsError``."""
        settings, index = settings or Settings(), located(index_dir)
        require_index(index)  # fails before a model is loaded
        encoder, reader = load_models(settings)
        return cls.of(Retriever(index, encoder, settings, lambda: reader))

    @classmethod
    def from_documents(cls, documents: Sources, *, settings: Settings | None = None) -> Self:
        """Index documents in memory. Raises what ``Retriever.from_documents`` raises."""
        return cls.of(Retriever.from_documents(documents, settings=settings))

    @classmethod
    def of(cls, retriever: Retriever) -> Self:
        """Return a pipeline for a retriever, with its settings. Raises ``SettingsError``."""
        settings = retriever.settings
        answerer = ExtractiveAnswerer(settings.answer_threshold, retriever.reader)
        return cls(retriever, answerer, load_writer(settings))

    def documents(self) -> list[Document]:
        """Return all documents, in the order in which they were indexed."""
        return self.retriever.documents()

    def document(self, doc_id: str) -> Document:
        """Return the document with that id. Raises ``KeyError`` if there is none."""
        return self.retriever.store.document(doc_id)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
    ) -> Answer:
        """Answer a question from its ``k`` nearest passages, or abstain.

        ``history`` holds the earlier turns of the conversation, oldest first. ``documents`` are
        the ids of the documents to search (None for all), and ``where`` restricts the search by
        metadata. Raises what ``Retriever.search`` raises.
        """
        scope = _Scope(k, documents, None if where is None else filter_of(where))
        question = clean_question(question, self._limit)
        arabic = self.retriever.in_arabic(question)
        reply = reply_to(arabic, self._normalizer)
        if reply is not None:
            return Answer(question, reply, abstained=True)
        earlier = [replace(turn, question=self._in_arabic(turn.question)) for turn in history]
        understood = resolve_question(arabic, earlier, self._normalizer)
        read_as = arabic if arabic != question else ""
        answer = replace(
            self._answer_resolved(understood, scope), question=question, read_as=read_as
        )
        return phrase(answer, self._writer, self._normalizer) if self._writer else answer

    async def aask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
    ) -> Answer:
        """Do what ``ask`` does without blocking the event loop."""
        return await asyncio.to_thread(
            self.ask, question, history, k=k, documents=documents, where=where
        )

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
    ) -> Iterator[Piece | Answer]:
        """Yield the answer of ``ask`` in pieces, and finally the answer itself.

        The texts of the pieces, joined, are the text of the answer. Raises what ``ask`` raises
        when the first piece is requested.
        """
        answer = self.ask(question, history, k=k, documents=documents, where=where)
        yield from answer_pieces(answer)
        yield answer

    async def astream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        where: Where | Filter | None = None,
    ) -> AsyncIterator[Piece | Answer]:
        """Yield what ``stream`` yields without blocking the event loop."""
        arriving = self.stream(question, history, k=k, documents=documents, where=where)
        while (piece := await asyncio.to_thread(next, arriving, None)) is not None:
            yield piece

    def ask_many(self, questions: Iterable[str], *, k: int = 5) -> list[Answer]:
        """Answer independent questions, in order.

        A question that cannot be searched gets an abstention whose ``reason`` says why, so that
        one bad line does not affect the others.
        """
        answers = []
        for question in questions:
            try:
                answers.append(self.ask(question, k=k))
            except QuestionError as error:
                answers.append(Answer(question, UNANSWERED, abstained=True, reason=error.arabic))
        return answers

    @property
    def _limit(self) -> int:
        return self.retriever.settings.max_question_chars

    def _in_arabic(self, question: str) -> str:
        return self.retriever.in_arabic(question) if question.strip() else question

    def _answer_resolved(self, understood: ResolvedQuestion, scope: _Scope) -> Answer:
        if understood.nth or understood.more:
            before = self._standalone(understood.carried, scope)
            if understood.more:
                return elaborate.continuation(understood.question, before)
            return elaborate.list_item(understood.question, before, understood.nth)
        if understood.alone:
            alone = self._standalone(understood.question, scope)
            if not (alone.abstained and understood.carried):
                return alone
        hits = self._search(understood.whole[: self._limit], scope)
        asked = parse_question(self._answerer.searched(understood.question, ()))[0]
        answer = self._answer_one(understood.whole, asked, hits, understood.carried)
        return replace(answer, carried=understood.carried)

    def _standalone(self, question: str, scope: _Scope) -> Answer:
        """Answer everything that a question asks for, each part from its own passages."""
        hits = self._search(question, scope)
        meant = self._answerer.searched(question, hits)
        parts = parse_question(meant)
        if answer := self._answer_overview(
            question, overview.overview_request(meant, parts[0].kind), hits, scope
        ):
            return answer
        if len(parts) == 1:
            return self._answer_one(question, parts[0], hits)
        answers = [self._answer_part(parts, at, scope) for at in range(len(parts))]
        return combine(question, [part.text for part in parts], answers)

    def _answer_overview(
        self,
        question: str,
        request: overview.OverviewRequest | None,
        hits: Sequence[Hit],
        scope: _Scope,
    ) -> Answer | None:
        """Answer a question about whole documents; None if it is not one."""
        store = self.retriever.store
        if request is None or not hits:
            return None
        ids = store.documents_of(scope.documents, scope.where)
        if request.kind == "count" or (request.kind == "listing" and len(ids) > 1):
            shown = ids[:_DOCUMENTS_SHOWN]
            first = [overview.first_with_text(self._passages(doc_id)) for doc_id in shown]
            if request.kind == "count":
                return overview.document_count(question, first, len(ids))
            named = [self.document(doc_id).title for doc_id in shown]
            return overview.document_list(question, first, named, len(ids))
        if request.kind == "mentions":
            wide = replace(scope, k=_PASSAGES_WITH_MENTIONS)
            found = self._search(" ".join(request.words), wide)
            titles = {hit.passage.doc_id: self.document(hit.passage.doc_id).title for hit in found}
            words = request.words
            return overview.mentions(question, words, found, titles, self._normalizer)
        document = self.document(hits[0].passage.doc_id)
        if not overview.title_matches(request.words, document, self._normalizer):
            return None
        return overview.outline(question, document, self._passages(document.doc_id), hits)

    def _passages(self, doc_id: str) -> list[Passage]:
        """Return the passages of a document, in order."""
        store = self.retriever.store
        return [store.passage(at) for at in store.passages_of(doc_id)]

    def _answer_part(self, parts: Sequence[SubQuestion], at: int, scope: _Scope) -> Answer:
        """Answer one part, which may refer to the parts before it: «وماذا اعتُمد فيه؟»."""
        earlier = [Turn(part.text, "") for part in parts[:at]]
        understood = resolve_question(parts[at].text, earlier, self._normalizer)
        hits = self._search(understood.whole[: self._limit], scope)
        return self._answer_one(understood.whole, parts[at], hits, understood.carried)

    def _answer_one(
        self, question: str, asked: SubQuestion, hits: Sequence[Hit], carried: str = ""
    ) -> Answer:
        context = QuestionContext(asked, hits, self.document, carried)
        return self._answerer.answer_part(question, context)

    def _search(self, question: str, scope: _Scope) -> list[Hit]:
        return self.retriever.search(
            question, scope.k, documents=scope.documents, where=scope.where
        )
