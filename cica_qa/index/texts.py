"""The texts of a passage that are encoded, and those whose terms are indexed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import parts, windows
from cica_qa.documents.lines import without_bullet
from cica_qa.documents.numbered import numbered_terms
from cica_qa.documents.units import linear
from cica_qa.index.lexical import TITLE
from cica_qa.models.encoder.words import content_word_spans
from cica_qa.types import Document, Passage, Unit

READ_CHARS = 1200
"""Roughly the length that fits into a model's context."""
_MAX_PIECE_CHARS = READ_CHARS * 5 // 4
_CUT = re.compile(rf"\S.{{0,{READ_CHARS - 1}}}(?=\s|$)|\S+", re.DOTALL)
_NOWHERE = -1
_HEADED = frozenset(("item", "field", "article"))
NUMBERED = "numbered"
"""The field for the terms by which numbered units are looked up (``numbered_terms``)."""


@dataclass(frozen=True, slots=True)
class EncoderText:
    """A part of a passage that is encoded in one pass, normalised and after its innermost heading.

    ``windows`` are runs of two or more sentences, as ranges of characters of ``text``.
    """

    text: str
    heading: str
    windows: tuple[tuple[int, int], ...]

    def window_texts(self) -> list[str]:
        """Return the text of each window after the heading, which gives it its topic."""
        return [self.heading + self.text[start:end] for start, end in self.windows]

    def window_keys(self) -> list[str]:
        """Return a key for each window's vector, if it is encoded within the whole text."""
        return [f"{start}:{end}:{self.text}" for start, end in self.windows]


def encoder_texts(passage: Passage, normalizer: Normalizer, window_words: int) -> list[EncoderText]:
    """Return the texts in which the words and windows of a passage are encoded."""
    heading = _heading(passage, normalizer)
    found = []
    for run in parts(passage, READ_CHARS):
        text = heading
        places: list[tuple[int, int]] = []
        for span in run:
            text += " " if places else ""
            start = len(text)
            text += _text(passage, span, normalizer)
            places.append((start, len(text)))
        sizes = [len(text[start:end].split()) for start, end in places]
        wide = [pair for pair in windows(sizes, window_words) if pair[0] < pair[1]]
        ranges = tuple((places[first][0], places[last][1]) for first, last in wide)
        found.append(EncoderText(text, heading, ranges))
    return found


def split_to_fit(text: str) -> list[tuple[int, str]]:
    """Split a text into pieces that fit into a model's context, each with its offset.

    Only a text with a very long sentence needs it; it is split between words.
    """
    if len(text) <= _MAX_PIECE_CHARS:
        return [(0, text)]
    return [(match.start(), match[0]) for match in _CUT.finditer(text)] or [(0, text)]


def word_places(passage: Passage, normalizer: Normalizer) -> NDArray[np.int32]:
    """Return the spans in ``passage.text`` of the words of its encoder texts.

    The result has shape ``(words, 2)`` and the order of the word vectors. Words of the heading
    have -1 twice.
    """
    heading = _heading(passage, normalizer)
    places: list[tuple[int, int]] = []
    for run in parts(passage, READ_CHARS):
        text, origins = heading, [(_NOWHERE, _NOWHERE)] * len(heading)
        for number, span in enumerate(run):
            if number:
                text, origins = text + " ", [*origins, (_NOWHERE, _NOWHERE)]
            bare = without_bullet(passage.slice(span.start, span.end), span.kind)
            normalized = normalizer.normalize(bare)
            shift = span.end - len(bare) - passage.start
            text += normalized.text
            starts, ends = normalized.starts + shift, normalized.ends + shift
            origins += zip(starts.tolist(), ends.tolist(), strict=True)
        for begin, piece in split_to_fit(text):
            for start, end in content_word_spans(piece):
                places.append((origins[begin + start][0], origins[begin + end - 1][1]))
    return np.array(places, np.int32).reshape(-1, 2)


def sentence_texts(passage: Passage, document: str, normalizer: Normalizer) -> list[str]:
    """Return the normalised text of each unit of a passage; ``document`` is the document's text.

    Items, fields and articles follow their innermost heading, rows also the header of their
    table. Sentences stand alone, since the words of a shared heading would drown theirs.
    """
    heading = _heading(passage, normalizer)
    found = []
    for unit in passage.units:
        if unit.kind == "row":
            alone = linear(document, replace(unit, context=()))
            found.append(heading + normalizer(alone.text))
        else:
            found.append(
                (heading if unit.kind in _HEADED else "") + _text(passage, unit, normalizer)
            )
    return found


def row_texts(
    passage: Passage, document: str, normalizer: Normalizer, window_words: int
) -> list[str]:
    """Return the normalised texts of a passage's children: its sentences, then its windows."""
    contexts = encoder_texts(passage, normalizer, window_words)
    window_texts = [text for context in contexts for text in context.window_texts()]
    return [*sentence_texts(passage, document, normalizer), *window_texts]


def _heading(passage: Passage, normalizer: Normalizer) -> str:
    return f"{normalizer(passage.headings[-1])}: " if passage.headings else ""


def _text(passage: Passage, span: Unit, normalizer: Normalizer) -> str:
    return normalizer(without_bullet(passage.slice(span.start, span.end), span.kind))


def lexical_text(passage: Passage) -> str:
    """Return the text whose words a passage is found by: its own, after all its headings."""
    missing = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*missing, passage.text])


def lexical_terms(
    passage: Passage, document: Document, normalizer: Normalizer, analyzer: Analyzer
) -> dict[str, list[str]]:
    """Return the terms of a passage by field, including its title and its numbered units.

    The title has its own field, and thus its own weight in a search: it identifies the document
    and is the same for all of its passages.
    """
    text = normalizer(_with_headers(passage, document.text))
    title_terms = analyzer.passage_stems(normalizer(document.title))
    terms = analyzer.passage_terms(text)
    return {**terms, TITLE: title_terms, NUMBERED: numbered_terms(document.text, passage)}


def _with_headers(passage: Passage, document: str) -> str:
    """Return the text of a passage, after the headers of tables that begin before it."""
    cells = {cell for unit in passage.units for cell in unit.header if cell[1] <= passage.start}
    return "\n".join([*(document[slice(*cell)] for cell in sorted(cells)), lexical_text(passage)])
