"""What of a passage is encoded, and what its words are found by."""

from __future__ import annotations

from dataclasses import dataclass

from cica_qa.arabic.analyze import STEMS, Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import parts, windows, without_bullet
from cica_qa.index.lexical import TITLE
from cica_qa.types import Passage, Span

READ_CHARS = 1200
"""About as much as a model reads at once."""


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


def sentence_texts(passage: Passage, normalizer: Normalizer) -> list[str]:
    """Return the normalised text of each sentence of a passage.

    List items carry their innermost heading; sentences stand alone, since headings have many
    words in common.
    """
    heading = _heading(passage, normalizer)
    return [
        (heading if span.kind == "item" else "") + _text(passage, span, normalizer)
        for span in passage.sentences
    ]


def row_texts(passage: Passage, normalizer: Normalizer, window_words: int) -> list[str]:
    """Return the normalised texts of the children of a passage: its sentences, its windows."""
    read = readings(passage, normalizer, window_words)
    wider = [text for reading in read for text in reading.window_texts()]
    return [*sentence_texts(passage, normalizer), *wider]


def _heading(passage: Passage, normalizer: Normalizer) -> str:
    return f"{normalizer(passage.headings[-1])}: " if passage.headings else ""


def _text(passage: Passage, span: Span, normalizer: Normalizer) -> str:
    return normalizer(without_bullet(passage.slice(span.start, span.end)))


def lexical_text(passage: Passage) -> str:
    """Return the text whose words find a passage: its own, under all its headings."""
    missing = [heading for heading in passage.headings if heading not in passage.text]
    return "\n".join([*missing, passage.text])


def lexical_terms(
    passage: Passage, title: str, normalizer: Normalizer, analyzer: Analyzer
) -> dict[str, list[str]]:
    """Return the terms of a passage by field, and those of its document's title.

    The title has a field of its own, so that a search may give it the weight it deserves: it
    says which document is meant, and is the same in all of the document's passages.
    """
    text = normalizer(lexical_text(passage))
    title_terms = analyzer.passage_terms(normalizer(title))[STEMS]
    return {**analyzer.passage_terms(text), TITLE: title_terms}
