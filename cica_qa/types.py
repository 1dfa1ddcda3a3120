"""The data that flows through the library: documents, passages, hits, answers.

Every ``start`` and ``end`` is an offset in Unicode code points into ``Document.text``,
half open as in Python slices. There is no second coordinate system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal[
    "title",
    "heading",
    "paragraph",
    "item",
    "row",
    "field",
    "article",
    "question",
    "reply",
    "verse",
    "speech",
    "note",
]
UnitKind = Literal["sentence"] | BlockKind


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest stretch of a document that stands by itself, or several that are one.

    ``number``, ``label``, ``cells`` and ``header`` are those of its ``Block``. The label of a
    sentence is that of its paragraph, where it stands before the sentence. ``context`` holds the
    spans of what it stands under, the outermost first: headings, the question that it replies
    to, the lead of its list, the items that it is nested in.
    """

    start: int
    end: int
    kind: UnitKind = "sentence"
    number: str = ""
    label: tuple[int, int] | None = None
    cells: tuple[tuple[int, int], ...] = ()
    header: tuple[tuple[int, int], ...] = ()
    context: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document with one role in its structure.

    ``level`` is the depth of a heading (from 1) or of a list item (from 0). ``number`` is the
    normalised number of a numbered block in ASCII digits («المادة الثانية عشرة» -> ``12``,
    ``7.2``, ``E2``). ``label`` is the span of the label of a field, the speaker of a speech or
    the designation of a numbered block («المادة 12»). ``cells`` are the spans of the cells of a
    row and ``header`` those of its table's header, column by column; an absent cell is an empty
    span. ``detached`` says that something which is no content (a rule, wrapper debris) stands
    before the block, so that no passage may run across the gap.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    number: str = ""
    label: tuple[int, int] | None = None
    cells: tuple[tuple[int, int], ...] = ()
    header: tuple[tuple[int, int], ...] = ()
    detached: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a document's text that one page, sheet, slide or chapter of its file holds.

    ``label`` is what a person calls it: a page number, or the name of a sheet or chapter.
    """

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A source text, exactly as its author wrote it.

    ``doc_id`` is unique in an index; ``source`` says where the text came from (a path or
    an address); ``metadata`` is kept and handed back untouched. The metadata key
    ``format`` says how ``text`` is marked up: ``plain`` (the default) or ``markdown``.
    ``blocks`` is the structure that the reader of a file found, in reading order and without
    overlap; where it is empty, structure is inferred from the text. ``pages`` are in order.
    """

    doc_id: str
    title: str
    text: str
    source: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and all that stands under it, up to the next heading.

    ``level`` is 0 for what precedes the first heading, 1 for the outermost heading.
    """

    heading: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved: a slice of a document, with the headings it stands under.

    ``text == document.text[start:end]``. ``headings`` runs from the outermost to the
    innermost and leaves out the document's title. ``units`` are the smallest citable stretches
    in reading order, in offsets of the document: all of the passage but its headings and the
    headers of its tables, which are there only where the passage has nothing else. ``wholes``
    are its articles, tables, lists, forms and questions with their replies that have several of
    these, or that a heading numbers, as far as they lie in the passage. ``pages`` are the pages
    of the document that it lies on.
    """

    passage_id: str
    doc_id: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    wholes: tuple[Unit, ...] = ()
    pages: tuple[Page, ...] = ()

    def slice(self, start: int, end: int) -> str:
        """Return the document's text between two document offsets inside this passage."""
        if not self.start <= start <= end <= self.end:
            raise ValueError(f"{start}:{end} is not inside {self.passage_id}")
        return self.text[start - self.start : end - self.start]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A numbered unit that a question names, ``name`` as it does: «المادة الثانية عشرة».

    ``found`` is whether the documents have it; ``units`` are those of that number in the passage
    of a hit, the innermost first. Where it is not found, ``titles`` are those of documents that
    have others of its kind.
    """

    name: str
    number: str
    found: bool
    titles: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Why a passage was found.

    ``scores`` are the parts of its score, which is their sum: ``child``, ``title``, ``lexical``
    and, where the index holds the vectors of words, ``alignment``, ``number`` where the question
    names numbered units (see ``cica_qa.retrieve.fuse``), and ``read`` where it was reranked.
    ``dense`` is the cosine of the best child, and ``units`` has that of each of ``passage.units``.

    ``searched`` is the question as it was searched: normalised, in MSA, corrected; ``corrected``
    has the pairs of words as they were typed and as they were searched. ``rarity`` is the inverse
    document frequency of its words; ``matched`` are those that the passage holds in some form,
    ``titled`` those that its document's title does. ``words`` says how well the passage matches
    each in meaning, a cosine, and ``nearest`` where the word stands that does; ``aligned`` has the
    cosine of each of ``words`` for each of ``passage.units``.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    dense: float = 0.0
    units: tuple[float, ...] = ()
    searched: str = ""
    corrected: tuple[tuple[str, str], ...] = ()
    rarity: Mapping[str, float] = field(default_factory=dict)
    matched: tuple[str, ...] = ()
    titled: tuple[str, ...] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    nearest: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    aligned: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. ``rank`` starts at 1; a higher ``score`` is better.

    ``lookups`` are the numbered units that the question names; hits with such units come first.
    """

    passage: Passage
    score: float
    rank: int
    match: Match = field(default_factory=Match)
    lookups: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact characters an answer rests on: ``document.text[start:end] == quote``.

    ``focus`` holds the smallest stretches of the quote that answer, in offsets of the document,
    in order and apart from each other; none where all of the quote does. ``page`` is the label of
    the page, sheet, slide or chapter on which the quote begins; none in a document without them.
    """

    number: int
    passage_id: str
    doc_id: str
    start: int
    end: int
    quote: str
    focus: tuple[tuple[int, int], ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer made of cited spans, or an abstention with its reason.

    ``text`` is ``lead``, the quotes in the order of their numbers, and ``note``, one a line.
    ``hits`` have the passages of all citations.
    ``lead`` is «نعم» or «لا» for a question that asks which, or says that documents differ;
    ``note`` says what part of the question has no answer. ``carried`` is what the question took
    from earlier turns. ``read_as`` is the question in Arabic letters where it was typed in Latin
    ones («fen el markaz»), else nothing. ``confidence`` is between 0 and 1. Where ``phrased``,
    ``text`` is a language model's, each sentence with the numbers of the citations that support
    it: «… [1].»

    Where ``abstained`` is true there are no citations, ``text`` says so in Arabic, ``reason``
    says why, and ``hits`` are the nearest passages. What is no question, as a greeting, gets a
    reply with neither reason nor hits.
    """

    question: str
    text: str
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    abstained: bool = False
    confidence: float = 0.0
    reason: str = ""
    lead: str = ""
    note: str = ""
    carried: str = ""
    read_as: str = ""
    phrased: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer as it arrives: the texts of all pieces, joined, are ``Answer.text``.

    Where there is a ``citation``, ``text`` is its quote; of a phrased answer it is a sentence that
    names the citation.
    """

    text: str
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str
