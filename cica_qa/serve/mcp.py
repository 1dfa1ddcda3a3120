"""The tools ``search`` and ``ask`` for the Model Context Protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi.exceptions import RequestValidationError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from cica_qa.answer.collections import Collections
from cica_qa.serve.context import Context
from cica_qa.serve.guard.log import log_question
from cica_qa.serve.models import AnswerModel, HitModel
from cica_qa.serve.problems import problem_of
from cica_qa.serve.where import WhereField, search_scope
from cica_qa.types import Turn
from cica_qa.version import __version__

_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_SEARCH = (
    "ابحث في الوثائق العربية عن أقرب المقاطع إلى السؤال، ومع كل مقطع موضعه بالحرف في وثيقته. "
    "Search the Arabic documents for the passages nearest to a question; each with the exact "
    "characters of its document that it is."
)
_ASK = (
    "اسأل الوثائق العربية: يأتيك جواب قصير بألفاظ الوثيقة نفسها مع موضع كل جزء منه، أو تصريح بأن "
    "الوثائق لا تذكر ذلك. Ask the Arabic documents: a short answer in their own words, each part "
    "cited to its exact characters, or an honest no."
)
_WHERE = (
    "ابحث في الوثائق التي لها هذه البيانات: لكل حقل قيمة أو قائمة قيم أو مدى. Search only "
    "documents of this metadata: for each key (such as format, author, created, pages, path, or "
    "title, source, doc_id) a value, a list of values, or a range with from, to, after or "
    "before, of numbers or of dates such as 2024-05."
)
_MAX_ANSWER_CHARS = 100_000  # of an earlier answer

Call = ServerRequestContext[Any, Any]
Work = Callable[[Any, Call], Awaitable[BaseModel]]


class HitList(BaseModel):
    """Passages, best first."""

    hits: list[HitModel]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class _Tool:
    """A tool as MCP describes it, the model of its arguments and the function that runs it."""

    description: Tool
    arguments: type[BaseModel]
    work: Work

    @classmethod
    def of(
        cls, title: str, text: str, arguments: type[BaseModel], result: type[BaseModel], work: Work
    ) -> _Tool:
        tool = Tool(
            name=arguments.__name__,
            title=title,
            description=text,
            input_schema=arguments.model_json_schema(),
            output_schema=result.model_json_schema(mode="serialization"),
            annotations=_READS,
        )
        return cls(tool, arguments, work)

    async def call(self, sent: Mapping[str, Any], call: Call) -> CallToolResult:
        """Run the tool; errors are reported in Arabic and English."""
        try:
            found = await self.work(self._read(sent), call)
        except Exception as error:
            problem = problem_of(error)
            return _result(f"{problem.arabic}\n{problem.detail}", is_error=True)
        return _result(found.model_dump_json(), structured_content=found.model_dump(mode="json"))

    def _read(self, sent: Mapping[str, Any]) -> BaseModel:
        try:
            return self.arguments.model_validate(sent)
        except ValidationError as error:
            wrong = [{**one, "loc": ("arguments", *one["loc"])} for one in error.errors()]
            raise RequestValidationError(wrong) from error


def mcp_server(context: Context) -> Server:
    """Return the server with its tools."""

    @cache
    def of(names: tuple[str, ...]) -> Mapping[str, _Tool]:
        tools = (_search(context, names), _ask(context, names))
        return {tool.description.name: tool for tool in tools}

    async def list_tools(call: Call, _: PaginatedRequestParams | None) -> ListToolsResult:
        tools = of(_seen(context, call).names)
        return ListToolsResult(tools=[tool.description for tool in tools.values()])

    async def call_tool(call: Call, sent: CallToolRequestParams) -> CallToolResult:
        tools = of(_seen(context, call).names)
        tool = tools.get(sent.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"there is no such tool; there are: {', '.join(tools)}")
        return await tool.call(sent.arguments or {}, call)

    return Server(
        "cica-qa",
        version=__version__,
        instructions=_ASK,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def mcp_app(context: Context) -> tuple[ASGIApp, Callable[[], AbstractAsyncContextManager[None]]]:
    """Return the tools over streamable HTTP, and the context that must be open while they run.

    The server is stateless. The guard has already checked the host, the key and the size of a
    request.
    """
    manager = StreamableHTTPSessionManager(
        mcp_server(context),
        json_response=True,
        stateless=True,
        max_request_body_size=context.settings.serve.max_body_bytes,
    )
    return _Posts(manager.handle_request), manager.run


class _Posts:
    """Accepts only ``POST``.

    Without sessions, the stream that a ``GET`` opens never carries anything: it would only stay
    open and delay the shutdown of the server.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # For the log, since Starlette's routes, unlike FastAPI's, do not put themselves in scope.
        scope.setdefault("state", {})["route"] = scope["path"]
        if scope["method"] != "POST":
            raise HTTPException(405, "this address takes POST", {"Allow": "POST"})
        await self._app(scope, receive, send)


async def serve_stdio(context: Context) -> None:
    """Serve one client over standard input and output until it closes the input."""
    server = mcp_server(context)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _search(context: Context, names: Sequence[str]) -> _Tool:
    async def work(sent: Any, call: Call) -> HitList:
        retriever = _seen(context, call)[sent.collection].retriever
        found = await context.workers.run(
            lambda: retriever.search(sent.query, sent.k, **search_scope(sent))
        )
        _note(call, sent.query)
        return HitList(hits=[HitModel.of(hit) for hit in found])

    arguments = create_model(
        "search",
        __base__=_Arguments,
        query=(str, _question(context, "السؤال أو الكلمات. The question, best in Arabic.")),
        **_common(context, names),
    )
    return _Tool.of("بحث · Search", _SEARCH, arguments, HitList, work)


def _ask(context: Context, names: Sequence[str]) -> _Tool:
    async def work(sent: Any, call: Call) -> AnswerModel:
        pipeline = _seen(context, call)[sent.collection]
        history = [Turn(one.question, one.answer) for one in sent.history]
        answer = await context.workers.run(
            lambda: pipeline.ask(sent.question, history, k=sent.k, **search_scope(sent))
        )
        _note(call, answer.question, answer.abstained)
        body = AnswerModel.of(answer)
        # The reader is a language model: an answer needs no passages beside its citations.
        return body if answer.abstained else body.model_copy(update={"hits": []})

    turn = create_model(
        "turn",
        __base__=_Arguments,
        question=(str, _question(context, "السؤال السابق. The earlier question.")),
        answer=(str, Field("", max_length=_MAX_ANSWER_CHARS, description="جوابه. Its answer.")),
    )
    turns: Any = Field(
        [],
        max_length=context.settings.serve.max_history,
        description="ما سبق من الحوار، الأقدم أولًا. Earlier turns, oldest first: for questions "
        "such as «وأين عُقد؟».",
    )
    arguments = create_model(
        "ask",
        __base__=_Arguments,
        question=(str, _question(context, "السؤال. The question, best in Arabic.")),
        history=(list[turn], turns),  # type: ignore[valid-type]  # a model made at run time
        **_common(context, names),
    )
    return _Tool.of("سؤال · Ask", _ASK, arguments, AnswerModel, work)


def _question(context: Context, description: str) -> Any:
    longest = context.settings.max_question_chars
    return Field(min_length=1, max_length=longest, description=description)


def _common(context: Context, names: Sequence[str]) -> dict[str, Any]:
    most = context.settings.serve.max_k
    many = "كم مقطعًا يُنظر فيه. How many passages to look at."
    named = f"مجموعة الوثائق: {'، '.join(names)}. The collection; without it the first."
    ids = "ابحث في هذه الوثائق وحدها. Search these documents only, by id."
    return {
        "k": (int, Field(min(5, most), ge=1, le=most, description=many)),
        "documents": (list[str] | None, Field(None, description=ids)),
        "where": (WhereField, Field(None, description=_WHERE)),
        "collection": (str, Field("", max_length=200, description=named)),
    }


def _seen(context: Context, call: Call) -> Collections:
    """Return the collections that the client may read; all of them over standard input."""
    return context.seen_by(call.request.scope if call.request is not None else None)


def _note(call: Call, question: str, abstained: bool | None = None) -> None:
    """Pass a question on to the access log if the call came over HTTP."""
    if call.request is not None:
        log_question(call.request.scope, question, abstained)


def _result(text: str, **fields: Any) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], **fields)
