"""The data that flows through the library: documents, passages, hits, answers.

Every ``start`` and ``end`` is an offset into ``Document.text`` in Unicode code points, and every
span is half-open, as in Python slices. There is no second coordinate system.
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
    """The smallest part of a document that can be cited by itself, or several that form a whole.

    ``number``, ``label``, ``cells`` and ``header`` are those of its ``Block``. A sentence has the
    label of its paragraph if the label precedes it. ``context`` holds the spans that give the
    unit its context, outermost first: headings, the question it replies to, the lead-in of its
    list, the items it is nested in.
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
    ``7.2``, ``E2``). ``label`` is the span of a field's label, of a speaker's name or of the
    designation of a numbered block («المادة 12»). ``cells`` are the spans of a row's cells and
    ``header`` those of its table's header, column by column; a missing cell is an empty span.
    ``detached`` is true if the block follows something other than content (a rule, leftover
    markup), a gap that no passage may span.
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
    """The part of a document's text that comes from one page, sheet, slide or chapter.

    ``label`` is what readers call it: a page number, or the name of a sheet or chapter.
    """

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A source text, exactly as its author wrote it.

    ``doc_id`` is unique in an index; ``source`` says where the text came from (a path or a URL);
    ``metadata`` is stored and returned untouched. The metadata key ``format`` says how ``text``
    is marked up: ``plain`` (the default) or ``markdown``. ``blocks`` is the structure that a file
    reader found, in reading order and without overlap; if it is empty, the structure is inferred
    from the text. ``pages`` are in order.
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
    """A heading and the text below it, up to the next heading.

    ``level`` is 0 for the text before the first heading, 1 for an outermost heading.
    """

    heading: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: a slice of a document, with the headings above it.

    ``text == document.text[start:end]``. ``headings`` runs from the outermost to the innermost,
    without the document's title. ``units`` are the smallest citable parts, in reading order and
    with document offsets. They leave out headings and table headers, unless the passage consists
    of nothing else. ``wholes`` are the larger structures that can be cited as one: articles,
    tables, lists, forms and questions with their replies, if they comprise several units or have
    a numbered heading; each is cut to the passage. ``pages`` are the document's pages that the
    passage touches.
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
        """Return the text between two document offsets, which must lie inside this passage."""
        if not self.start <= start <= end <= self.end:
            raise ValueError(f"{start}:{end} is not inside {self.passage_id}")
        return self.text[start - self.start : end - self.start]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A numbered unit that a question asks for by its number.

    ``name`` is the wording of the question: «المادة الثانية عشرة». ``found`` is whether any
    document has it; ``units`` are the units of that number in the hit's passage, innermost first.
    If it is not found, ``titles`` are the titles of documents with other units of that kind.
    """

    name: str
    number: str
    found: bool
    titles: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Why a passage was found.

    ``scores`` are the terms that add up to the passage's score (see ``cica_qa.retrieve.fuse``):
    ``child``, ``title`` and ``lexical``; ``alignment`` if the index holds word vectors;
    ``number`` if the question names numbered units; ``read`` if the passage was reranked.
    ``dense`` is the cosine of the best child, and ``units`` the cosine of each of
    ``passage.units``.

    ``searched`` is the question as it was searched: normalised, in MSA, corrected; ``corrected``
    pairs each corrected word as typed with the word searched. ``rarity`` is the inverse document
    frequency of each word of the question; ``matched`` are the words that the passage contains in
    some form, ``titled`` those that its document's title contains. ``words`` maps each word to
    the cosine of the most similar word of the passage, and ``nearest`` to the span of that word;
    ``aligned`` has, for each of ``passage.units``, the cosine of each of ``words``.
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
    """A passage found by a search. ``rank`` starts at 1; a higher ``score`` is better.

    ``lookups`` are the numbered units that the question names; hits that contain one come first.
    """

    passage: Passage
    score: float
    rank: int
    match: Match = field(default_factory=Match)
    lookups: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact characters that support an answer: ``document.text[start:end] == quote``.

    ``focus`` holds the shortest spans of the quote that answer the question, as document offsets,
    in order and disjoint; it is empty if the whole quote answers. ``page`` is the label of the
    page, sheet, slide or chapter where the quote begins, and empty if the document has none.
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

    ``text`` consists of ``lead``, the quotes in the order of their numbers, and ``note``, each on
    its own line. ``lead`` is «نعم» or «لا» for a yes/no question, or says that documents differ;
    ``note`` says which part of the question has no answer. ``hits`` contain the passages of all
    citations. ``confidence`` is between 0 and 1. ``carried`` is what the question took from
    earlier turns. ``read_as`` is the question in Arabic letters if it was typed in Latin ones
    («fen el markaz»), and otherwise empty. If ``phrased``, a language model wrote ``text``, and
    each sentence ends with the numbers of the citations that support it: «… [1].»

    If ``abstained``, there are no citations, ``text`` says so in Arabic, ``reason`` says why, and
    ``hits`` are the nearest passages. Input that is not a question, such as a greeting, gets a
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
    """A part of a streamed answer: the texts of all pieces, joined, are ``Answer.text``.

    If there is a ``citation``, ``text`` is its quote or, in a phrased answer, a sentence that
    refers to it.
    """

    text: str
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str
