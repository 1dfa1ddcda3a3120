"""``/v1/chat/completions`` and ``/v1/models``, compatible with OpenAI's API."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from cica_qa.answer.pieces import answer_pieces
from cica_qa.answer.pipeline import Pipeline
from cica_qa.errors import CollectionError, QuestionError
from cica_qa.serve.context import Context
from cica_qa.serve.error_formats import Json, OpenAIErrorBody, openai_error
from cica_qa.serve.guard.log import log_question
from cica_qa.serve.models import CitationModel
from cica_qa.serve.problems import problem_of, request_id_of
from cica_qa.serve.stream import EVENT_SCHEMA, EventStream, await_first, iterate_in_thread
from cica_qa.types import Answer, Piece, Turn

MODEL = "cica-qa"


class ContentPart(BaseModel):
    """A part of a message; only parts of type ``text`` are read."""

    type: str = Field(max_length=100)
    text: str = ""


class Message(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None

    @property
    def words(self) -> str:
        """The text of the message; parts are joined by line breaks."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """Options of a streamed response."""

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """A conversation whose last message is the question; other parameters are ignored."""

    model: str | None = Field(default=None, max_length=200, examples=[MODEL])
    messages: list[Message] = Field(
        min_length=1,
        examples=[[{"role": "user", "content": "كم عدد الدول الأعضاء في سيكا؟"}]],
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=1)

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with a chunk of token usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def asked(self, most: int, longest: int) -> tuple[str, list[Turn]]:
        """Return the question and up to ``most`` turns before it.

        Earlier questions are cut to ``longest`` characters, as too long ones may have been
        refused. Raises ``QuestionError`` if the last message is not the user's.
        """
        spoken = [one for one in self.messages if one.role in ("user", "assistant")]
        if not spoken or spoken[-1].role != "user":
            raise QuestionError("the last message must be of the role 'user': it asks")
        turns: list[Turn] = []
        for before, after in pairwise(spoken):
            if before.role == "user":
                answer = after.words if after.role == "assistant" else ""
                turns.append(Turn(before.words[:longest], answer))
        return spoken[-1].words, turns[-most:] if most else []


_EVENTS: Json = {"text/event-stream": {"schema": EVENT_SCHEMA, "example": "data: {…}"}}


def router(context: Context) -> APIRouter:
    """Return OpenAI's routes, where each collection is a model."""
    routes = APIRouter(prefix="/v1", tags=["openai"])
    began = int(time.time())

    def models(request: Request) -> dict[str, Pipeline]:
        seen = context.seen_by(request.scope)
        named = {f"{MODEL}/{name}": seen[name] for name in seen.names}
        return {MODEL: seen[""], **named}

    def model(name: str) -> Json:
        return {"id": name, "object": "model", "created": began, "owned_by": MODEL}

    def found(name: str, request: Request) -> Pipeline:
        if pipeline := models(request).get(name):
            return pipeline
        raise CollectionError(f"there is no model {name[:100]!r}; see GET /v1/models")

    @routes.get("/models", responses=_errors())
    async def list_models(request: Request) -> Json:
        """List the models: one for each collection, ``cica-qa`` for the first."""
        return {"object": "list", "data": [model(name) for name in models(request)]}

    @routes.get("/models/{name:path}", responses=_errors(404, 422))
    async def get_model(name: Annotated[str, Path(max_length=200)], request: Request) -> Json:
        """Describe a model."""
        found(name, request)
        return model(name)

    @routes.post(
        "/chat/completions",
        responses={200: {"content": _EVENTS}, **_errors(400, 404, 422, 503, 504)},
    )
    async def complete(body: ChatRequest, request: Request) -> Response:
        """Answer the last message, whole or streamed, with its citations as annotations."""
        name = body.model or MODEL
        pipeline = found(name, request)
        settings = context.settings
        question, history = body.asked(settings.serve.max_history, settings.max_question_chars)
        reply = _Reply(name)
        if body.stream:
            items = await await_first(
                iterate_in_thread(context.workers, lambda: pipeline.stream(question, history))
            )
            return EventStream(_chunks(reply, items, body, request))
        answer = await context.workers.run(pipeline.ask, question, history)
        log_question(request.scope, answer.question, answer.abstained)
        message = {"role": "assistant", "content": answer.text, "refusal": None, **_cited(answer)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = _usage(body, answer)
        return JSONResponse({**reply.head("chat.completion"), "choices": [choice], "usage": usage})

    return routes


class _Reply:
    """The fields that all parts of one response share."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())

    def head(self, kind: str) -> Json:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}

    def chunk(self, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data({**self.head("chat.completion.chunk"), "choices": [choice]})


async def _chunks(
    reply: _Reply, items: AsyncGenerator[Piece | Answer, None], body: ChatRequest, request: Request
) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(items):
            yield reply.chunk({"role": "assistant", "content": ""})
            async for item in items:
                if isinstance(item, Piece):
                    yield reply.chunk({"content": item.text})
                    continue
                log_question(request.scope, item.question, item.abstained)
                yield reply.chunk(_cited(item))
                yield reply.chunk({}, "stop")
                if body.tells_usage:
                    head = reply.head("chat.completion.chunk")
                    yield _data({**head, "choices": [], "usage": _usage(body, item)})
        yield b"data: [DONE]\n\n"
    except Exception as error:
        yield _data(openai_error(problem_of(error, request_id_of(request))))


def _cited(answer: Answer) -> Json:
    """Return citations as OpenAI's annotations, with offsets into the answer, and as our own."""
    annotations, at = [], 0
    for piece in answer_pieces(answer):
        end = at + len(piece.text)
        if piece.citation is not None:
            file = {"file_id": piece.citation.doc_id}
            place = {"text": piece.text, "start_index": at, "end_index": end}
            annotations.append({"type": "file_citation", "file_citation": file, **place})
        at = end
    own = {
        "citations": [CitationModel.of(one).model_dump() for one in answer.citations],
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "reason": answer.reason,
    }
    return {"annotations": annotations, "cica": own}


def _usage(body: ChatRequest, answer: Answer) -> Json:
    """Return the usage in words, separated by white space, since no model's tokens are billed."""
    read = sum(len(message.words.split()) for message in body.messages)
    written = len(answer.text.split())
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _errors(*statuses: int) -> dict[int | str, Json]:
    """Return the error responses for OpenAPI, including those of the guard."""
    return {status: {"model": OpenAIErrorBody} for status in sorted({*statuses, 401, 403, 429})}


def _data(value: Json) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
