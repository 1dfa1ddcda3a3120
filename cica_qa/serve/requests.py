"""The JSON bodies of requests, with the limits of the settings."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model, model_validator

from cica_qa.serve.where import WhereField
from cica_qa.settings import Settings
from cica_qa.types import Document, Turn

_QUESTION = "كم عدد الدول الأعضاء في سيكا؟"
_MAX_ANSWER_CHARS = 100_000  # of an earlier answer; the whole body has a limit of its own
M = TypeVar("M", bound=BaseModel)


def _printable(text: str) -> str:
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in text):
        raise ValueError("leave out control characters")
    return text


DocId = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_printable)]
CollectionName = Annotated[
    str, Field(max_length=200, description="a collection; without it the first one")
]


class RequestModel(BaseModel):
    """A part of a request. Unknown fields are refused, and no value is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TurnModel(RequestModel):
    """An earlier question of the conversation and its answer."""

    question: str
    answer: Annotated[str, Field(max_length=_MAX_ANSWER_CHARS)] = ""

    def turn(self) -> Turn:
        """Return the turn as the library's type."""
        return Turn(self.question, self.answer)


class ScopedRequest(RequestModel):
    """A request that may be limited to documents, by their ids and by their metadata."""

    documents: list[str] | None = Field(
        default=None, description="search in these documents only, by id"
    )
    where: WhereField = Field(
        default=None,
        description="search only in documents of this metadata: for each key (of `metadata`, or "
        "`title`, `source`, `doc_id`) a value, a list of values, or a range (`from`, `to`, "
        "`after`, `before`) of numbers or of dates",
    )


class AskRequest(ScopedRequest):
    """A question and the conversation before it, oldest turn first."""

    question: str
    history: list[TurnModel] = []
    k: int = 5
    collection: CollectionName = ""
    stream: bool = Field(default=False, description="send the answer as it arrives")


class SearchRequest(ScopedRequest):
    """One question in ``query``, or several in ``queries``."""

    query: str | None = None
    queries: list[str] | None = None
    k: int = 5
    rerank: bool = Field(default=False, description="put first what answers; slower")
    collection: CollectionName = ""

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.query is None) == (self.queries is None):
            raise ValueError("give either `query` or `queries`")
        return self

    @property
    def all_queries(self) -> list[str]:
        """The questions to search for, at least one."""
        return self.queries if self.queries is not None else [self.query or ""]


class DocumentBody(RequestModel):
    """A document without its id; ``metadata.format`` is ``plain`` or ``markdown``."""

    title: Annotated[str, Field(max_length=1000)]
    text: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(max_length=2000)] = ""
    metadata: dict[str, str] = {}

    def document(self, doc_id: str) -> Document:
        """Return the document as the library's type."""
        return Document(doc_id, self.title, self.text, self.source, self.metadata)


class DocumentEntry(DocumentBody):
    """A document with its id."""

    doc_id: DocId


class DocumentsRequest(RequestModel):
    """Several documents, to be added or replaced in one step."""

    documents: list[DocumentEntry]


def ask_request(settings: Settings) -> type[AskRequest]:
    """Return the model of a request to ask, with the limits of ``settings``."""
    turn = _limited(TurnModel, question=(_question(settings), ...))
    history = _list_of(turn, 0, settings.serve.max_history)
    return _limited(
        AskRequest,
        question=(_question(settings, examples=[_QUESTION]), ...),
        history=(history, []),
        k=_k(settings),
    )


def search_request(settings: Settings) -> type[SearchRequest]:
    """Return the model of a request to search, with the limits of ``settings``."""
    query = _question(settings, examples=[_QUESTION])
    queries = _list_of(_question(settings), 1, settings.serve.max_batch)
    return _limited(
        SearchRequest, query=(query | None, None), queries=(queries | None, None), k=_k(settings)
    )


def documents_request(settings: Settings) -> type[DocumentsRequest]:
    """Return the model of a request to add documents, with the limits of ``settings``."""
    documents = _list_of(DocumentEntry, 1, settings.serve.max_batch)
    return _limited(DocumentsRequest, documents=(documents, ...))


def _question(settings: Settings, **schema: Any) -> Any:
    return Annotated[str, Field(min_length=1, max_length=settings.max_question_chars, **schema)]


def _list_of(item: Any, least: int, most: int) -> Any:
    return Annotated[list[item], Field(min_length=least, max_length=most)]


def _k(settings: Settings) -> tuple[Any, int]:
    most = settings.serve.max_k
    description = f"how many passages to look at, {most} at most"
    return Annotated[int, Field(ge=1, le=most, description=description)], min(5, most)


def _limited(model: type[M], **fields: Any) -> type[M]:
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **fields)
