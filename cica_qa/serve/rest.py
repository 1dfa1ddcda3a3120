"""``POST /v1/ask`` and ``POST /v1/search``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from cica_qa.serve.batching import RequestBatcher
from cica_qa.serve.context import Context
from cica_qa.serve.guard.log import log_question
from cica_qa.serve.models import AnswerModel, HitModel, PieceModel
from cica_qa.serve.problems import error_responses, problem_of, request_id_of
from cica_qa.serve.requests import AskRequest, SearchRequest, ask_request, search_request
from cica_qa.serve.stream import (
    EVENT_SCHEMA,
    EventStream,
    await_first,
    iterate_in_thread,
    server_sent_event,
)
from cica_qa.serve.where import search_scope
from cica_qa.types import Answer, Hit

if TYPE_CHECKING:
    from cica_qa.retrieve.retriever import Retriever
    from cica_qa.types import Piece

_EVENTS = "text/event-stream"
_EVENTS_EXAMPLE = 'event: piece\ndata: {"text": "27", "citation": null}\n\nevent: answer\ndata: {…}'


class SearchResult(BaseModel):
    """The hits for one question, best first."""

    query: str
    hits: list[HitModel]


class SearchResponse(BaseModel):
    """One result for each question, in the order of the request."""

    results: list[SearchResult]

    @classmethod
    def of(cls, queries: Sequence[str], found: Sequence[Sequence[Hit]]) -> Self:
        """Pair each question with its hits."""
        pairs = zip(queries, found, strict=True)
        return cls(
            results=[SearchResult(query=q, hits=[HitModel.of(hit) for hit in h]) for q, h in pairs]
        )


def router(context: Context) -> APIRouter:
    """Return the routes that ask and search."""
    routes = APIRouter(prefix="/v1", tags=["ask"])
    searches = RequestBatcher(context.workers, _searched_together)

    async def ask(body: AskRequest, request: Request) -> Response:
        """Answer a question, or say that the documents do not answer it.

        With `stream`, or if `Accept` names `text/event-stream`, the answer is sent as server-sent
        events: `piece` (a text and its citation), then `answer`, or `error`.
        """
        pipeline = context.seen_by(request.scope)[body.collection]
        history = [turn.turn() for turn in body.history]

        def whole() -> Answer:
            return pipeline.ask(body.question, history, k=body.k, **search_scope(body))

        def stream() -> Iterator[Piece | Answer]:
            return pipeline.stream(body.question, history, k=body.k, **search_scope(body))

        if body.stream or _EVENTS in request.headers.get("accept", ""):
            return EventStream(
                _events(await await_first(iterate_in_thread(context.workers, stream)), request)
            )
        answer = await context.workers.run(whole)
        log_question(request.scope, answer.question, answer.abstained)
        return _json(AnswerModel.of(answer))

    async def search(body: SearchRequest, request: Request) -> Response:
        """Find the passages nearest to a question, or to each of several."""
        retriever = context.seen_by(request.scope)[body.collection].retriever
        queries = body.all_queries
        anywhere = body.documents is None and body.where is None
        if len(queries) == 1 and anywhere and not body.rerank:
            response = await searches.result(_SimpleSearch(retriever, queries[0], body.k))
        else:
            response = await context.workers.run(_searched, retriever, body)
        for query in queries:
            log_question(request.scope, query)
        return response

    # FastAPI reads from the annotation what this server accepts.
    ask.__annotations__["body"] = ask_request(context.settings)
    search.__annotations__["body"] = search_request(context.settings)
    errors = error_responses(400, 404, 422, 503, 504)
    streamed: Mapping[str, Any] = {_EVENTS: {"schema": EVENT_SCHEMA, "example": _EVENTS_EXAMPLE}}
    routes.post(
        "/ask", response_model=AnswerModel, responses={**errors, 200: {"content": streamed}}
    )(ask)
    routes.post("/search", response_model=SearchResponse, responses=errors)(search)
    return routes


@dataclass(frozen=True, slots=True)
class _SimpleSearch:
    """A search for one question in a whole collection."""

    retriever: Retriever
    query: str
    k: int


def _searched_together(asked: Sequence[_SimpleSearch]) -> list[Response]:
    """Search for several questions, all those of a collection and ``k`` in one batch."""
    found: dict[int, Response] = {}
    for retriever, k in dict.fromkeys((one.retriever, one.k) for one in asked):
        own = [at for at, one in enumerate(asked) if (one.retriever, one.k) == (retriever, k)]
        queries = [asked[at].query for at in own]
        for at, query, hits in zip(own, queries, retriever.search_many(queries, k), strict=True):
            found[at] = _json(SearchResponse.of([query], [hits]))
    return [found[at] for at in range(len(asked))]


def _searched(retriever: Retriever, body: SearchRequest) -> Response:
    queries = body.all_queries
    found = retriever.search_many(queries, body.k, rerank=body.rerank, **search_scope(body))
    return _json(SearchResponse.of(queries, found))


async def _events(
    items: AsyncGenerator[Piece | Answer, None], request: Request
) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(items):
            async for item in items:
                if isinstance(item, Answer):
                    log_question(request.scope, item.question, item.abstained)
                    yield server_sent_event("answer", AnswerModel.of(item).model_dump())
                else:
                    yield server_sent_event("piece", PieceModel.of(item).model_dump())
    except Exception as error:
        yield server_sent_event("error", problem_of(error, request_id_of(request)).model_dump())


def _json(body: BaseModel) -> Response:
    """Serialize here, since FastAPI would validate the body again, and on the event loop."""
    return Response(body.model_dump_json(), media_type="application/json")
