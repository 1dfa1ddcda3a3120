"""The JSON of responses: the types of the library, field for field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict

from cica_qa.index.fields import without_folders
from cica_qa.reports import IndexInfo
from cica_qa.types import Answer, Citation, Document, Hit, Passage

if TYPE_CHECKING:
    from cica_qa.types import Piece


Origin = Literal["folder", "network"]
"""Whether a document belongs to the folder that was indexed, or came over the network."""


class Said(BaseModel):
    """A part of a response, read from a type of the library."""

    model_config = ConfigDict(from_attributes=True)


class PassageModel(Said):
    """A slice of a document: ``start`` and ``end`` count code points of its text."""

    passage_id: str
    doc_id: str
    start: int
    end: int
    text: str
    headings: list[str] = []

    @classmethod
    def of(cls, passage: Passage) -> Self:
        """Read a passage."""
        return cls.model_validate(passage)


class HitModel(Said):
    """A passage that was found; ``rank`` starts at 1, a higher ``score`` is better."""

    passage: PassageModel
    score: float
    rank: int

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Read a hit; its ``match`` is left out."""
        return cls.model_validate(hit)


class CitationModel(Said):
    """What an answer rests on: ``quote`` is the document's text from ``start`` to ``end``."""

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
        """Read a citation."""
        return cls.model_validate(citation)


class AnswerModel(Said):
    """An answer made of cited spans, or an abstention with its reason."""

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
        """Read an answer."""
        return cls.model_validate(answer)


class PieceModel(Said):
    """A part of an answer that arrives: the texts, joined, are the text of the answer."""

    text: str
    citation: CitationModel | None = None

    @classmethod
    def of(cls, piece: Piece) -> Self:
        """Read a piece."""
        return cls.model_validate(piece)


class DocumentModel(BaseModel):
    """A document; ``text`` is exactly as it was given."""

    doc_id: str
    title: str
    text: str
    source: str
    origin: Origin
    metadata: dict[str, str]

    @classmethod
    def of(cls, document: Document, origin: Origin) -> Self:
        """Read a document."""
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

    ``format``, ``pages`` and ``date`` are those of its file, where it tells them.
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
        """Read a document."""
        told = document.metadata
        return cls(
            doc_id=document.doc_id,
            title=document.title,
            source=without_folders(document.source),
            origin=origin,
            length=len(document.text),
            format=document.metadata.get("format", ""),
            pages=len(document.pages),
            date=(told.get("brought") or told.get("modified") or told.get("created") or "")[:10],
        )


class IndexChange(Said):
    """What a change did, by document id, and how much the collection holds now."""

    generation: str
    documents: int
    passages: int
    added: list[str]
    changed: list[str]
    removed: list[str]

    @classmethod
    def of(cls, info: IndexInfo) -> Self:
        """Read what an update of an index returned."""
        return cls.model_validate(info)
