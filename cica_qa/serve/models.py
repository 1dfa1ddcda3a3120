"""The JSON bodies of responses, which mirror the library's types field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict

from cica_qa.index.fields import without_folders
from cica_qa.reports import IndexInfo
from cica_qa.types import Answer, Citation, Document, Hit, Passage

if TYPE_CHECKING:
    from cica_qa.types import Piece


Origin = Literal["folder", "network"]
"""Whether a document comes from the indexed folder or over the network."""


_DATES = ("brought", "modified", "created")


class ResponseModel(BaseModel):
    """A part of a response, built from one of the library's types."""

    model_config = ConfigDict(from_attributes=True)


class PassageModel(ResponseModel):
    """A slice of a document: ``start`` and ``end`` count code points of its text."""

    passage_id: str
    doc_id: str
    start: int
    end: int
    text: str
    headings: list[str] = []

    @classmethod
    def of(cls, passage: Passage) -> Self:
        """Return the model of a passage."""
        return cls.model_validate(passage)


class HitModel(ResponseModel):
    """A retrieved passage; ``rank`` starts at 1, and a higher ``score`` is better."""

    passage: PassageModel
    score: float
    rank: int

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Return the model of a hit, without its ``match``."""
        return cls.model_validate(hit)


class CitationModel(ResponseModel):
    """A citation; ``quote`` is exactly the document's text from ``start`` to ``end``.

    ``focus`` holds the spans of the quote that answer, as offsets into the document; it is empty if
    the whole quote does. ``page`` is the label of the page, sheet, slide or chapter, if any.
    """

    number: int
    passage_id: str
    doc_id: str
    start: int
    end: int
    quote: str
    focus: list[tuple[int, int]] = []
    page: str = ""

    @classmethod
    def of(cls, citation: Citation) -> Self:
        """Return the model of a citation."""
        return cls.model_validate(citation)


class AnswerModel(ResponseModel):
    """An answer made of cited spans, or an abstention with its reason.

    ``text`` consists of ``lead`` (such as «نعم»), the quotes in order, and ``note``, which says
    what has no answer. ``confidence`` is between 0 and 1. ``carried`` is what the question took
    from earlier turns, ``read_as`` a question in Latin letters rewritten in Arabic ones. If
    ``phrased``, a language model wrote ``text``.
    """

    question: str
    text: str
    citations: list[CitationModel] = []
    hits: list[HitModel] = []
    abstained: bool = False
    confidence: float = 0.0
    reason: str = ""
    lead: str = ""
    note: str = ""
    carried: str = ""
    read_as: str = ""
    phrased: bool = False

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Return the model of an answer."""
        return cls.model_validate(answer)


class PieceModel(ResponseModel):
    """A part of a streamed answer; the joined texts are the text of the answer.

    ``citation`` is the source of a part that quotes or rephrases a document.
    """

    text: str
    citation: CitationModel | None = None

    @classmethod
    def of(cls, piece: Piece) -> Self:
        """Return the model of a piece."""
        return cls.model_validate(piece)


class DocumentModel(BaseModel):
    """A document with its text, exactly as it was given."""

    doc_id: str
    title: str
    text: str
    source: str
    origin: Origin
    metadata: dict[str, str]

    @classmethod
    def of(cls, document: Document, origin: Origin) -> Self:
        """Return the model of a document, without the folders of this machine in its source."""
        return cls(
            doc_id=document.doc_id,
            title=document.title,
            text=document.text,
            source=without_folders(document.source),
            origin=origin,
            metadata=dict(document.metadata),
        )


class DocumentLine(BaseModel):
    """A document in a list; ``length`` counts the code points of its text.

    ``format``, ``pages`` and ``date`` are those of its file, as far as they are known.
    """

    doc_id: str
    title: str
    source: str
    origin: Origin
    length: int
    format: str = ""
    pages: int = 0
    date: str = ""

    @classmethod
    def of(cls, document: Document, origin: Origin) -> Self:
        """Return the model of a document in a list."""
        metadata = document.metadata
        return cls(
            doc_id=document.doc_id,
            title=document.title,
            source=without_folders(document.source),
            origin=origin,
            length=len(document.text),
            format=metadata.get("format", ""),
            pages=len(document.pages),
            date=next(filter(None, map(metadata.get, _DATES)), "")[:10],
        )


class IndexChange(ResponseModel):
    """The document ids that a change affected, and the size of the collection after it."""

    generation: str
    documents: int
    passages: int
    added: list[str]
    changed: list[str]
    removed: list[str]

    @classmethod
    def of(cls, info: IndexInfo) -> Self:
        """Return the model of an index update."""
        return cls.model_validate(info)
