"""Building a segment from documents, encoding only texts that no earlier segment has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.index.children import ChildTerms
from cica_qa.index.cut import CutPassage, cut_documents
from cica_qa.index.dense import DenseIndex, kind_for
from cica_qa.index.lexical import TITLE, LexicalIndex
from cica_qa.index.segment import Segment
from cica_qa.index.stored_texts import Texts
from cica_qa.index.texts import NUMBERED, lexical_terms, lexical_text, word_places
from cica_qa.index.vectors import VectorSource, encode_passages
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.models.cache import cache_root
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder
from cica_qa.settings import Settings
from cica_qa.types import Document


@dataclass(frozen=True)
class SegmentBuilder:
    """Builds segments with one encoder and one text analysis.

    Vectors of the same text are taken from ``vectors``, segments of the same model, and vectors
    of the same words from ``words``.
    """

    encoder: Encoder
    normalizer: Normalizer
    analyzer: Analyzer
    settings: Settings
    progress: Progress | None = None
    vectors: Sequence[Segment] = ()
    words: Sequence[PassageWords] = ()

    @property
    def with_words(self) -> bool:
        """Whether the encoder provides word vectors."""
        return isinstance(self.encoder, WordEncoder) and bool(self.encoder.vocabulary)

    def segment(self, documents: Sequence[Document]) -> tuple[Segment, int]:
        """Return a segment of ``documents``, and the number of texts that were encoded for it."""
        cut = cut_documents(documents, self.settings, self.normalizer, self.progress)
        words, encoded = self._words(cut)
        texts = [text for one in cut for text in one.rows]
        keys = texts if words is None else [key for one in cut for key in one.keys]
        kind = kind_for(len(texts), self.settings.vector_index)
        # A graph rounds its vectors, so that only another graph can use them.
        reusable = [one for one in self.vectors if kind == "graph" or one.dense.kind == "exact"]
        source = VectorSource(self.encoder, reusable, encoded)
        matrix, digests = source.of(texts, keys, self.progress)
        passages = [one.passage for one in cut]
        segment = Segment.of(
            Texts.of(documents, passages),
            np.repeat(np.arange(len(cut)), [len(one.rows) for one in cut]),
            digests,
            DenseIndex.from_vectors(matrix, kind),
            (
                self._lexical(documents, cut),
                ChildTerms.from_terms(map(self.analyzer.passage_stems, texts)),
                Vocabulary.from_words(self._spelt(cut)),
                words,
            ),
        )
        return segment, source.encoded

    def _words(
        self, cut: Sequence[CutPassage]
    ) -> tuple[PassageWords | None, Mapping[bytes, Vectors]]:
        """Return the word vectors, or None, and the text vectors encoded along with them."""
        encoder = self.encoder
        if not isinstance(encoder, WordEncoder) or not encoder.vocabulary:
            return None, {}
        places = (word_places(one.passage, self.normalizer) for one in cut)
        contexts = [one.contexts for one in cut]
        cache = cache_root(self.settings.cache_dir)
        return encode_passages(contexts, encoder, self.words, places, cache, self.progress)

    def _lexical(self, documents: Sequence[Document], cut: Sequence[CutPassage]) -> LexicalIndex:
        by_id = {document.doc_id: document for document in documents}
        passages = (one.passage for one in cut)
        terms = (
            lexical_terms(passage, by_id[passage.doc_id], self.normalizer, self.analyzer)
            for passage in passages
        )
        return LexicalIndex.from_terms(terms, (*self.analyzer.fields, TITLE, NUMBERED))

    def _spelt(self, cut: Sequence[CutPassage]) -> Iterator[Sequence[str]]:
        texts = (self.normalizer(lexical_text(one.passage)) for one in cut)
        return map(self.analyzer.words, texts)
