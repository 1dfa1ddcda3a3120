"""Documents cut into passages, with the texts to encode for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.arabic.normalize import Normalizer
from cica_qa.documents.chunk import chunk
from cica_qa.index.texts import EncoderText, encoder_texts, sentence_texts
from cica_qa.protocols import Progress
from cica_qa.settings import Settings
from cica_qa.types import Document, Passage


@dataclass(frozen=True, slots=True)
class CutPassage:
    """A passage with the normalised texts that are encoded for it."""

    passage: Passage
    sentences: list[str]
    contexts: list[EncoderText]

    @property
    def rows(self) -> list[str]:
        """The texts of its children: its sentences, then its windows."""
        return [*self.sentences, *(t for one in self.contexts for t in one.window_texts())]

    @property
    def keys(self) -> list[str]:
        """A key for each child's vector, if windows are encoded within their context."""
        return [*self.sentences, *(key for one in self.contexts for key in one.window_keys())]


def cut_documents(
    documents: Sequence[Document],
    settings: Settings,
    normalizer: Normalizer,
    progress: Progress | None,
) -> list[CutPassage]:
    """Cut documents into passages, in document order."""
    cut: list[CutPassage] = []
    for done, document in enumerate(documents, 1):
        for passage in chunk(document, settings.passage_chars):
            sentences = sentence_texts(passage, document.text, normalizer)
            contexts = encoder_texts(passage, normalizer, settings.window_words)
            cut.append(CutPassage(passage, sentences, contexts))
        if progress:
            progress("read", done, len(documents))
    return cut
