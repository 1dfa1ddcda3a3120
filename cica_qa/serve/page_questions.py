"""``/page/ask`` and ``/page/state``: what the web chat asks the server."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from cica_qa.chat.sources import name
from cica_qa.chat.turns import Conversations, reply, with_notice
from cica_qa.documents.registry import BY_SUFFIX
from cica_qa.serve.guard.log import log_question
from cica_qa.serve.library import EmptyCollectionError
from cica_qa.serve.problems import MissingError
from cica_qa.serve.requests import CollectionName, DocId, RequestModel, TurnModel
from cica_qa.types import Turn

if TYPE_CHECKING:
    from cica_qa.chat.suggest import Suggestions
    from cica_qa.serve.context import Context

_TITLES = 3
_RELATED = 3


class PageQuestion(RequestModel):
    """A question from the page, preceded by ``count`` others of its ``conversation``.

    ``history`` holds the last turns if the server has asked for them. ``documents`` are the ids of
    those selected; None means all.
    """

    question: Annotated[str, Field(min_length=1)]
    conversation: Annotated[str, Field(min_length=1, max_length=64)]
    count: Annotated[int, Field(ge=0, le=100_000)]
    history: list[TurnModel] | None = None
    documents: Annotated[list[DocId], Field(max_length=10_000)] | None = None
    collection: CollectionName = ""


def _selected(ids: Sequence[str], wanted: Collection[str]) -> list[str]:
    """Return those of ``ids`` that are wanted. Raises ``MissingError`` if there are none."""
    lookup = frozenset(wanted)
    chosen = [one for one in ids if one in lookup]
    if not chosen:
        raise MissingError(
            "none of the documents that are asked is there any more; choose others",
            arabic="الوثائق التي اخترتها لم تعد موجودة. اختر غيرها.",
        )
    return chosen


def router(context: Context, suggestions: Suggestions) -> APIRouter:
    """Return the routes of the page's questions and state."""
    routes = APIRouter(prefix="/page", include_in_schema=False)
    serve = context.settings.serve
    conversations = Conversations(serve.max_history)

    @routes.post("/ask")
    async def ask(body: PageQuestion, request: Request) -> dict[str, Any]:
        """Answer a question, or return ``{"again": true}`` if the page must send its history."""
        pipeline = context.seen_by(request.scope)[body.collection]
        history = None if body.history is None else [turn.turn() for turn in body.history]
        conversation = f"{request.state.key}\n{body.conversation}"
        past = conversations.of(conversation, body.count, history)
        if past is None:
            return {"again": True}
        ids = pipeline.retriever.store.document_ids
        asked = None if body.documents is None else _selected(ids, body.documents)
        answer, turn = await context.workers.run(
            reply, pipeline, body.question, past, documents=asked, alone=len(ids) == 1
        )
        log_question(request.scope, answer.question, answer.abstained)
        conversations.keep(conversation, past, Turn(body.question, answer.text))
        if conversations.forgets_after(past):
            turn = with_notice(turn, serve.max_history)
        documents = [hit.passage.doc_id for hit in answer.hits]
        related = suggestions.related(pipeline, body.question, documents, _RELATED)
        return {**turn, "related": related}

    @routes.get("/state")
    async def state(
        request: Request, collection: Annotated[str, Query(max_length=200)] = ""
    ) -> dict[str, Any]:
        """Return what the page shows before the first question, and what it may do."""
        seen = context.seen_by(request.scope)
        page_state: dict[str, Any] = {
            "collection": collection or seen.names[0],
            "collections": list(seen.names),
            "documents": 0,
            "titles": [],
            "heading": "",
            "suggested": [],
            "more": False,
            "question_chars": context.settings.max_question_chars,
            "history": serve.max_history,
            "writable": context.may_write(request.scope),
            "file_bytes": serve.max_file_bytes,
            "files": serve.max_files,
            "files_bytes": serve.max_files_bytes,
            "suffixes": sorted(BY_SUFFIX),
        }
        try:
            pipeline = seen[collection]
        except EmptyCollectionError:
            return page_state
        store = pipeline.retriever.store
        ids = store.document_ids

        def first_titles() -> list[str]:
            return [store.document(one).title or one for one in ids[:_TITLES]]

        titles = await context.workers.run(first_titles)
        return {
            **page_state,
            "documents": len(ids),
            "titles": titles,
            "heading": name(titles[0]) if len(ids) == 1 else "",
            "suggested": suggestions.of(pipeline),
            "more": suggestions.looking(pipeline),
        }

    return routes
