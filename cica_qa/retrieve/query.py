"""Analysis of a question as typed into the query that is searched."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.analyze import STEMS, Analyzer, fold_loosely, is_stop_word, stem_terms
from cica_qa.arabic.arabizi import ArabiziConverter
from cica_qa.arabic.designations import Designation, designations_in
from cica_qa.arabic.dialect import is_dialect, to_msa
from cica_qa.arabic.letters import fold
from cica_qa.arabic.normalize import Normalizer
from cica_qa.arabic.script import is_arabic_text
from cica_qa.arabic.spelling import Speller, passage_support
from cica_qa.arabic.transliteration import LatinNames
from cica_qa.index.lexical import TITLE
from cica_qa.protocols import (
    Encoder,
    PassageStore,
    QuestionsEncoder,
    Scope,
    Vectors,
    WordEncoder,
    WordVectors,
)

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched.

    ``text`` is normalised, turned from dialect into MSA, and corrected. ``changes`` has the pairs
    ``(word as typed, replacement)``, with the whole question if it was typed in Latin letters.
    ``content`` maps each content word to the term that finds it; ``terms`` are all terms by
    field; ``words`` are the words with their vectors, if the encoder provides them. ``named`` are
    the numbered units that the question names, with offsets into ``asked``, the normalised
    question before any correction.
    """

    text: str
    changes: tuple[tuple[str, str], ...]
    vector: Vectors
    content: Mapping[str, str]
    terms: Mapping[str, Sequence[str]]
    words: WordVectors | None
    named: Sequence[Designation] = ()
    asked: str = ""


class KnownWords:
    """The Arabic words of an encoder's vocabulary, folded; loaded on first use.

    Words in Latin letters are left out, since in a multilingual model they say little.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __contains__(self, word: object) -> bool:
        return word in self.spelt

    @cached_property  # two threads may compute it at once, with the same result
    def spelt(self) -> Mapping[str, str]:
        """The spelling of each folded word, with its hamza or ة if the encoder knows one."""
        if not isinstance(self._encoder, WordEncoder):
            return {}
        words = self._encoder.vocabulary
        return {fold(word): word for word in reversed(words[bisect_left(words, "ء") :])}


class QueryReader:
    """Analyses and encodes questions. Safe to share between threads."""

    def __init__(self, encoder: Encoder, normalizer: Normalizer, analyzer: Analyzer) -> None:
        self._encoder = encoder
        self._normalizer = normalizer
        self._analyzer = analyzer
        self._known = KnownWords(encoder)
        self._latin: tuple[Mapping[str, Sequence[str]], LatinNames] | None = None
        self._arabizi: tuple[Mapping[str, int], ArabiziConverter] | None = None

    def in_arabic(self, question: str, store: PassageStore) -> str:
        """Return a question in Arabic letters if it is Arabizi, otherwise unchanged."""
        return (
            question
            if is_arabic_text(question)
            else self._arabizi_converter(store).convert(question)
        )

    def read(self, questions: Sequence[str], store: PassageStore) -> list[Query]:
        """Return the queries for questions, each of which must have letters or digits."""
        analyzer = self._analyzer
        vocabulary = store.vocabulary()
        spellings = store.spellings()
        speller = Speller(vocabulary, spellings, self._known)
        latin = self._latin_names(spellings)
        support = passage_support(partial(_best_score, store), analyzer.question_terms)
        read = [self.in_arabic(question, store) for question in questions]
        asked = [self._normalizer(question) for question in read]
        corrections = [
            speller.correct(to_msa(text, vocabulary), support, dialect=is_dialect(text))
            for text in asked
        ]
        respelt = [speller.names(correction.text, latin) for correction in corrections]
        texts = [
            _respelt(found.text, names) if is_arabic_text(found.text) else found.text
            for found, names in zip(corrections, respelt, strict=True)
        ]
        encoded = self._encode(texts)
        return [
            Query(
                text=found.text,
                changes=(*_if_changed(typed, as_read), *found.changes, *names.items()),
                vector=vector,
                content=analyzer.content_word_stems(_respelt(found.text, names)),
                terms=analyzer.question_terms(_respelt(found.text, names)),
                words=words,
                named=designations_in(text),
                asked=text,
            )
            for typed, as_read, found, (vector, words), names, text in zip(
                questions, read, corrections, encoded, respelt, asked, strict=True
            )
        ]

    def _latin_names(self, spellings: Mapping[str, Sequence[str]]) -> LatinNames:
        """Return the names in the collection, cached until another collection is searched."""
        kept = self._latin
        if kept is None or kept[0] is not spellings:
            self._latin = kept = (spellings, LatinNames(spellings))
        return kept[1]

    def _arabizi_converter(self, store: PassageStore) -> ArabiziConverter:
        """Return the collection's converter, cached until another collection is searched."""
        vocabulary = store.vocabulary()
        kept = self._arabizi
        if kept is None or kept[0] is not vocabulary:
            scores = StemScores(store)
            converter = ArabiziConverter(vocabulary, store.spellings(), scores, self._known)
            self._arabizi = kept = (vocabulary, converter)
        return kept[1]

    def _encode(self, texts: Sequence[str]) -> Sequence[tuple[Vectors, WordVectors | None]]:
        encoder = self._encoder
        if isinstance(encoder, QuestionsEncoder):
            return encoder.encode_questions(texts)
        if isinstance(encoder, WordEncoder):
            return [encoder.encode_question(text) for text in texts]
        return [(vector, None) for vector in encoder.encode_queries(texts)]


def _respelt(text: str, names: Mapping[str, str]) -> str:
    return _WORD.sub(lambda match: names.get(match[0], match[0]), text) if names else text


@dataclass(frozen=True, slots=True)
class StemScores:
    """Scores passages by the stem of a word, in their text and their document's title."""

    store: PassageStore

    def best(self, word: str, k: int) -> Sequence[tuple[int, float]]:
        """Return up to ``k`` passages with scores above 0, best first."""
        terms = _stem_of(word)
        return self.store.search_terms(terms, k) if terms else []

    def at(self, word: str, passages: NDArray[np.int64]) -> Vectors:
        """Return the scores of these passages."""
        return self.store.term_scores(_stem_of(word), passages)


def _stem_of(word: str) -> Mapping[str, Sequence[str]]:
    folded = fold_loosely(word)
    if not folded or is_stop_word(folded):
        return {}
    stem = stem_terms(folded)[:1]
    return {STEMS: stem, TITLE: stem}


def _best_score(store: PassageStore, terms: Mapping[str, Sequence[str]], stem: str | None) -> float:
    """Return the best score of the passages with a stem, or of all passages."""
    scope = None if stem is None else Scope(holding=(STEMS, stem))
    return max((score for _, score in store.search_terms(terms, 1, scope)), default=0.0)


def _if_changed(typed: str, read: str) -> tuple[tuple[str, str], ...]:
    return ((typed, read),) if read != typed else ()
