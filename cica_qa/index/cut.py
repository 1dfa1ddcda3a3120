"""Documents cut into passages, with the texts that are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.index.texts import Reading, readings, sentence_texts
from cica_qa.protocols import Progress
from cica_qa.settings import Settings
from cica_qa.types import Document, Passage


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage with its texts, normalised."""

    passage: Passage
    sentences: list[str]
    readings: list[Reading]

    @property
    def rows(self) -> list[str]:
        """The texts of its children: its sentences, then its windows."""
        return [*self.sentences, *(t for one in self.readings for t in one.window_texts())]

    @property
    def keys(self) -> list[str]:
        """What the vector of each child depends on where windows are read within their text."""
        return [*self.sentences, *(key for one in self.readings for key in one.window_keys())]


def cut_up(
    documents: Sequence[Document],
    settings: Settings,
    normalizer: Normalizer,
    progress: Progress | None,
) -> list[Cut]:
    """Cut documents into passages, in order."""
    cut: list[Cut] = []
    for done, document in enumerate(documents, 1):
        for passage in chunk(document, settings.passage_chars):
            read = readings(passage, normalizer, settings.window_words)
            cut.append(Cut(passage, sentence_texts(passage, document.text, normalizer), read))
        if progress:
            progress("read", done, len(documents))
    return cut
