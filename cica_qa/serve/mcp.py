"""The tools ``search`` and ``ask`` for the Model Context Protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field
from starlette.types import ASGIApp

from cica_qa import __version__
from cica_qa.errors import CicaError
from cica_qa.serve.context import Context
from cica_qa.serve.models import AnswerModel, HitModel
from cica_qa.types import Turn

T = TypeVar("T")
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


class HitList(BaseModel):
    """Passages, best first."""

    hits: list[HitModel]


class Exchange(BaseModel):
    """One earlier turn of the conversation."""

    question: str
    answer: str = ""


def mcp_server(context: Context) -> MCPServer:
    """Return the server with its tools."""
    settings = context.settings
    server: MCPServer = MCPServer("cica-qa", version=__version__, instructions=_ASK)
    Question = Annotated[  # noqa: N806  # a type, of the limits that the settings set
        str, Field(min_length=1, max_length=settings.max_question_chars, description="السؤال")
    ]
    K = Annotated[  # noqa: N806
        int, Field(ge=1, le=settings.serve.max_k, description="كم مقطعًا يُنظر فيه")
    ]
    Name = Annotated[str, Field(max_length=200, description="اسم مجموعة الوثائق")]  # noqa: N806
    History = Annotated[  # noqa: N806
        list[Exchange], Field(max_length=settings.serve.max_history, description="ما سبق من الحوار")
    ]

    async def search(
        query: str, k: int = 5, collection: str = "", documents: list[str] | None = None
    ) -> HitList:
        def find() -> HitList:
            retriever = context.collections[collection].retriever
            found = retriever.search(query, k, documents=documents)
            return HitList(hits=[HitModel.of(hit) for hit in found])

        return await _told(context.workers.run(find))

    async def ask(
        question: str,
        history: list[Exchange] = [],  # noqa: B006  # the default that clients are told
        k: int = 5,
        collection: str = "",
    ) -> AnswerModel:
        def answer() -> AnswerModel:
            turns = [Turn(one.question, one.answer) for one in history]
            return AnswerModel.of(context.collections[collection].ask(question, turns, k=k))

        return await _told(context.workers.run(answer))

    search.__annotations__ |= {"query": Question, "k": K, "collection": Name, "return": HitList}
    search.__annotations__["documents"] = list[str] | None
    ask.__annotations__ |= {
        "question": Question,
        "k": K,
        "collection": Name,
        "history": History,
        "return": AnswerModel,
    }
    for tool, told in ((search, _SEARCH), (ask, _ASK)):
        _add(server, tool, told)
    return server


def mcp_app(context: Context) -> tuple[ASGIApp, Callable[[], AbstractAsyncContextManager[None]]]:
    """Return the tools over streamable HTTP, at ``/mcp``, and what must run around the app.

    Each request stands alone, and the guard of the whole server has looked at its host and key.
    """
    server = mcp_server(context)
    app = server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=context.settings.serve.max_body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return app, server.session_manager.run


def _add(server: MCPServer, tool: Callable[..., Awaitable[BaseModel]], told: str) -> None:
    server.add_tool(tool, description=told, annotations=_READS, structured_output=True)


async def _told(work: Awaitable[T]) -> T:
    """Return what is found; an error is told in Arabic and English."""
    try:
        return await work
    except CicaError as error:
        raise ToolError(f"{error.arabic}\n{error}") from error
