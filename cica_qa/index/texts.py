"""What of a passage is encoded, and what its words are found by."""

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
from cica_qa.models.encoder.words import telling_words
from cica_qa.types import Document, Passage, Unit

READ_CHARS = 1200
"""About as much as a model reads at once."""
_LONG = READ_CHARS * 5 // 4
_CUT = re.compile(rf"\S.{{0,{READ_CHARS - 1}}}(?=\s|$)|\S+", re.DOTALL)
_NOWHERE = -1
_HEADED = frozenset(("item", "field", "article"))
NUMBERED = "numbered"
"""The field of the terms by which numbered units are looked up (``numbered_terms``)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a passage that is read at once: normalised, under its innermost heading.

    ``windows`` are runs of two or more of its sentences, as ranges of characters of ``text``.
    """

    text: str
    heading: str
    windows: tuple[tuple[int, int], ...]

    def window_texts(self) -> list[str]:
        """Return the text of each window under the heading, without which it says little."""
        return [self.heading + self.text[start:end] for start, end in self.windows]

    def window_keys(self) -> list[str]:
        """Return what the vector of each window depends on, if it is read within the text."""
        return [f"{start}:{end}:{self.text}" for start, end in self.windows]


def readings(passage: Passage, normalizer: Normalizer, window_words: int) -> list[Reading]:
    """Return a passage as it is read to understand its words and windows."""
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
        found.append(Reading(text, heading, ranges))
    return found


def pieces(text: str) -> list[tuple[int, str]]:
    """Return a text as a model can read it, each piece with where it begins.

    A model reads only so much at once: a sentence that is longer is cut between words.
    """
    if len(text) <= _LONG:
        return [(0, text)]
    return [(match.start(), match[0]) for match in _CUT.finditer(text)] or [(0, text)]


def word_places(passage: Passage, normalizer: Normalizer) -> NDArray[np.int32]:
    """Return where in ``passage.text`` the words of its readings stand, shape ``(words, 2)``.

    They are in the order of the words' vectors. Words of the heading have -1 twice.
    """
    heading = _heading(passage, normalizer)
    places: list[tuple[int, int]] = []
    for run in parts(passage, READ_CHARS):
        text, origins = heading, [(_NOWHERE, _NOWHERE)] * len(heading)
        for number, span in enumerate(run):
            if number:
                text, origins = text + " ", [*origins, (_NOWHERE, _NOWHERE)]
            bare = without_bullet(passage.slice(span.start, span.end), span.kind)
            found = normalizer.normalize(bare)
            shift = span.end - len(bare) - passage.start
            text += found.text
            origins += zip(
                (found.starts + shift).tolist(), (found.ends + shift).tolist(), strict=True
            )
        for begin, piece in pieces(text):
            for start, end in telling_words(piece):
                places.append((origins[begin + start][0], origins[begin + end - 1][1]))
    return np.array(places, np.int32).reshape(-1, 2)


def sentence_texts(passage: Passage, document: str, normalizer: Normalizer) -> list[str]:
    """Return the normalised text of each unit of a passage of the text ``document``.

    Items, fields and articles carry their innermost heading, rows the header of their table as
    well; sentences stand alone, since headings have many words in common.
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
    """Return the normalised texts of the children of a passage: its sentences, its windows."""
    read = readings(passage, normalizer, window_words)
    wider = [text for reading in read for text in reading.window_texts()]
    return [*sentence_texts(passage, document, normalizer), *wider]


def _heading(passage: Passage, normalizer: Normalizer) -> str:
    return f"{normalizer(passage.headings[-1])}: " if passage.headings else ""


def _text(passage: Passage, span: Unit, normalizer: Normalizer) -> str:
    return normalizer(without_bullet(passage.slice(span.start, span.end), span.kind))


def lexical_text(passage: Passage) -> str:
    """Return the text whose words find a passage: its own, under all its headings."""
    missing = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*missing, passage.text])


def lexical_terms(
    passage: Passage, document: Document, normalizer: Normalizer, analyzer: Analyzer
) -> dict[str, list[str]]:
    """Return the terms of a passage by field, those of its title and of its numbered units.

    The title has a field of its own, so that a search may give it the weight it deserves: it
    says which document is meant, and is the same in all of the document's passages.
    """
    text = normalizer(_with_headers(passage, document.text))
    title_terms = analyzer.passage_stems(normalizer(document.title))
    terms = analyzer.passage_terms(text)
    return {**terms, TITLE: title_terms, NUMBERED: numbered_terms(document.text, passage)}


def _with_headers(passage: Passage, document: str) -> str:
    """The text of a passage, under the headers of tables that begin before it."""
    cells = {cell for unit in passage.units for cell in unit.header if cell[1] <= passage.start}
    return "\n".join([*(document[slice(*cell)] for cell in sorted(cells)), lexical_text(passage)])
