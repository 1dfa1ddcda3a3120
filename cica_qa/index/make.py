"""From documents to a segment in memory, encoding only what no segment before has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cica_qa.arabic.analyze import Analyzer
from cica_qa.arabic.normalize import Normalizer
from cica_qa.index.children import ChildTerms
from cica_qa.index.cut import Cut, cut_up
from cica_qa.index.dense import DenseIndex, kind_for
from cica_qa.index.files import Texts
from cica_qa.index.lexical import TITLE, LexicalIndex
from cica_qa.index.segment import Segment
from cica_qa.index.texts import NUMBERED, lexical_terms, lexical_text, word_places
from cica_qa.index.vectors import VectorSource, read_passages
from cica_qa.index.vocabulary import Vocabulary
from cica_qa.index.words import PassageWords
from cica_qa.models.cache import cache_root
from cica_qa.protocols import Encoder, Progress, Vectors, WordEncoder
from cica_qa.settings import Settings
from cica_qa.types import Document


@dataclass(frozen=True)
class Maker:
    """Makes segments with one encoder and one analysis.

    Texts that one of ``vectors`` has are not encoded again, nor the words of passages that one
    of ``words`` has.
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
        """Whether the encoder gives the vectors of words."""
        return isinstance(self.encoder, WordEncoder) and bool(self.encoder.vocabulary)

    def segment(self, documents: Sequence[Document]) -> tuple[Segment, int]:
        """Return a segment of ``documents``, and how many texts were encoded for it."""
        cut = cut_up(documents, self.settings, self.normalizer, self.progress)
        words, read = self._words(cut)
        texts = [text for one in cut for text in one.rows]
        keys = texts if words is None else [key for one in cut for key in one.keys]
        kind = kind_for(len(texts), self.settings.vector_index)
        # A graph keeps its vectors rounded: they are of use for another graph alone.
        reusable = [one for one in self.vectors if kind == "graph" or one.dense.kind == "exact"]
        source = VectorSource(self.encoder, reusable, read)
        matrix, digests = source.of(texts, keys, self.progress)
        passages = [one.passage for one in cut]
        rows = [text for one in cut for text in one.rows]
        made = Segment.of(
            Texts.of(documents, passages),
            np.repeat(np.arange(len(cut)), [len(one.rows) for one in cut]),
            digests,
            DenseIndex.from_vectors(matrix, kind),
            (
                self._lexical(documents, cut),
                ChildTerms.from_terms(map(self.analyzer.passage_stems, rows)),
                Vocabulary.from_words(self._spelt(cut)),
                words,
            ),
        )
        return made, source.encoded

    def _words(self, cut: Sequence[Cut]) -> tuple[PassageWords | None, Mapping[bytes, Vectors]]:
        """The vectors of the words, where the encoder gives them; and ``read_passages``."""
        encoder = self.encoder
        if not isinstance(encoder, WordEncoder) or not encoder.vocabulary:
            return None, {}
        places = (word_places(one.passage, self.normalizer) for one in cut)
        readings = [one.readings for one in cut]
        cache = cache_root(self.settings.cache_dir)
        return read_passages(readings, encoder, self.words, places, cache, self.progress)

    def _lexical(self, documents: Sequence[Document], cut: Sequence[Cut]) -> LexicalIndex:
        by_id = {document.doc_id: document for document in documents}
        passages = (one.passage for one in cut)
        terms = (
            lexical_terms(passage, by_id[passage.doc_id], self.normalizer, self.analyzer)
            for passage in passages
        )
        return LexicalIndex.from_terms(terms, (*self.analyzer.fields, TITLE, NUMBERED))

    def _spelt(self, cut: Sequence[Cut]) -> Iterator[Sequence[str]]:
        texts = (self.normalizer(lexical_text(one.passage)) for one in cut)
        return map(self.analyzer.words, texts)
