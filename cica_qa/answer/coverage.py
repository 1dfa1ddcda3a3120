"""How well a candidate covers the words of the question, in form and in meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from cica_qa.answer.candidates import Candidate
from cica_qa.arabic.analyze import is_uninformative
from cica_qa.arabic.letters import fold
from cica_qa.arabic.matching import WordForms
from cica_qa.protocols import Vectors
from cica_qa.types import Hit

Normalize = Callable[[str], str]
WordWeights = Mapping[str, float]
"""The content words of a question and their weights, which add up to 1."""

_LEAST_RARITY = 0.3
_UNRELATED, _SAME = 0.25, 0.75
"""The cosines of words that are unrelated and of words that mean the same."""
COVERED = 0.6
"""The coverage from which on a word counts as covered."""
_SIMILAR = 0.45
_CARRIED = 0.4
"""The weight of a word from an earlier turn, relative to a word of the question."""


@dataclass(frozen=True, slots=True)
class WordCoverage:
    """How well each of ``words`` is covered, from 0 to 1; all arrays have shape ``(words,)``.

    Coverage in form is measured in the candidate (``own``), the candidate with its headings and
    title (``context``), its passage (``passage``), all hits of its document (``document``) and
    all hits of other documents (``other_documents``). Coverage in meaning, the similarity to the
    nearest word, is measured in the candidate (``meaning``) and its passage
    (``passage_meaning``). ``is_new`` is 1 for the words of a follow-up that are not carried over
    from earlier turns, and 0 for all words if none are carried over.
    """

    words: WordWeights
    is_new: Vectors
    own: Vectors
    context: Vectors
    passage: Vectors
    meaning: Vectors
    passage_meaning: Vectors
    document: Vectors
    other_documents: Vectors

    def share(self, covered: Vectors) -> float:
        """Return the weighted share of the question that an array of coverages covers."""
        return float(covered @ np.fromiter(self.words.values(), np.float32))

    @property
    def minimum(self) -> float:
        """The coverage of the word that the candidate covers least."""
        return float(np.maximum(self.context, self.meaning).min()) if self.words else 0.0

    @property
    def minimum_in_passage(self) -> float:
        """The coverage of the word that the passage covers least."""
        return float(np.maximum(self.passage, self.passage_meaning).min()) if self.words else 0.0

    @property
    def said_of_another(self) -> float:
        """The share of the question that the document covers but the candidate does not."""
        covered = np.maximum(self.context, self.meaning)
        return self.share(np.maximum(self.document - covered, 0))

    @property
    def said_by_another(self) -> float:
        """The share of the question that only other documents cover."""
        return self.share(
            np.maximum(self.other_documents - np.maximum(self.document, self.passage), 0)
        )

    @property
    def new_words(self) -> float:
        """The coverage of the new words of a follow-up, from 0 to 1; 1 if there are none."""
        own = self.is_new * np.fromiter(self.words.values(), np.float32)
        covered = float(own @ np.maximum(self.context, self.meaning))
        return covered / float(own.sum()) if own.any() else 1.0

    @property
    def missing(self) -> tuple[str, ...]:
        """The words that nothing in the passage covers, in form or in meaning."""
        best = np.maximum(self.passage, self.passage_meaning)
        return tuple(w for w, value in zip(self.words, best, strict=True) if value < COVERED)


def word_weights(hits: Sequence[Hit], carried: str = "") -> WordWeights:
    """Return the content words of the question of some hits, with their weights.

    Rare words weigh more, words in ``carried`` less.
    """
    rarity = hits[0].match.rarity if hits else {}
    kept = [word for word in rarity if not is_uninformative(fold(word))] or list(rarity)
    old = _folded(carried)
    weights = {w: max(rarity[w], _LEAST_RARITY) * (_CARRIED if fold(w) in old else 1) for w in kept}
    total = sum(weights.values())
    return {word: weight / total for word, weight in weights.items()}


def similar_word_spans(hit: Hit) -> list[tuple[int, int]]:
    """Return the spans of the words of a hit that are similar to words of the question.

    They are in document offsets, in order and disjoint.
    """
    nearest, asked = hit.match.nearest, hit.match.words
    found: list[tuple[int, int]] = []
    for start, end in sorted({nearest[w] for w in nearest if asked.get(w, 0.0) >= _SIMILAR}):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


class CoverageCalculator:
    """Computes how candidates cover the words of a question; analyses each passage once."""

    def __init__(
        self, words: WordWeights, normalize: Normalize, hits: Sequence[Hit], carried: str = ""
    ) -> None:
        """``hits`` are the hits of the candidates, ``carried`` words from earlier turns.

        A synonym counts as a word only if the document does not contain the word itself.
        """
        self._words = words
        self._hits = hits
        self._words_of_document = defaultdict[str, set[str]](set)
        for hit in hits:
            self._words_of_document[hit.passage.doc_id].update(hit.match.matched, hit.match.titled)
        old = _folded(carried)
        self._is_new = np.array([bool(old) and fold(w) not in old for w in words], np.float32)
        self._normalize = normalize
        self._read: dict[str, tuple[Vectors, Vectors]] = {}

    def of(self, candidate: Candidate) -> WordCoverage:
        """Return the coverage of the words by a candidate."""
        hit = candidate.hit
        inside, above = self.coverage_in_form(hit)
        asked_at = candidate.replies_to
        first, last = candidate.first if asked_at is None else asked_at, candidate.last + 1
        own = inside[first:last].max(axis=0)
        asked = hit.match.words
        places = {word: at for at, word in enumerate(asked)}
        aligned = [candidate.aligned[places[w]] if w in places else 0.0 for w in self._words]
        return WordCoverage(
            words=self._words,
            is_new=self._is_new,
            own=own,
            context=np.maximum(own, above),
            passage=np.maximum(inside.max(axis=0), above),
            meaning=_scaled(aligned),
            passage_meaning=_scaled([asked.get(word, 0.0) for word in self._words]),
            document=self._hits_coverage(hit.passage.doc_id),
            other_documents=self._hits_coverage(hit.passage.doc_id, inside=False),
        )

    def _hits_coverage(self, doc_id: str, inside: bool = True) -> Vectors:
        """Return the coverage in form by the hits of a document, or by all other hits."""
        found = np.zeros(len(self._words), np.float32)
        for hit in self._hits:
            if (hit.passage.doc_id == doc_id) == inside:
                units, above = self.coverage_in_form(hit)
                found = np.maximum.reduce([found, units.max(axis=0), above])
        return found

    def missing(self, best: WordCoverage, hits: Sequence[Hit]) -> list[str]:
        """Return the words that neither the best passage nor, in form, any of the hits covers."""
        found = np.zeros(len(self._words), np.float32)
        for inside, above in map(self.coverage_in_form, hits):
            found = np.maximum.reduce([found, inside.max(axis=0), above])
        held = dict(zip(self._words, found.tolist(), strict=True))
        return [word for word in best.missing if held[word] < COVERED]

    def coverage_in_form(self, hit: Hit) -> tuple[Vectors, Vectors]:
        """Return the coverage in form by each unit of a hit, and by its headings and title.

        The shapes are ``(units, words)`` and ``(words,)``.
        """
        passage = hit.passage
        if passage.passage_id not in self._read:
            texts = [passage.slice(span.start, span.end) for span in passage.units]
            said = self._words_of_document[passage.doc_id]
            inside = np.array([self._text_coverage(text, said) for text in texts], np.float32)
            titled = hit.match.titled
            in_title = [float(word in titled) for word in self._words]
            above = np.maximum(self._text_coverage(" ".join(passage.headings), said), in_title)
            self._read[passage.passage_id] = inside, above.astype(np.float32)
        return self._read[passage.passage_id]

    def _text_coverage(self, text: str, said: Set[str]) -> list[float]:
        forms = WordForms(self._normalize(text))
        return [
            (forms.coverage if word in said else forms.coverage_with_synonyms)(word)
            for word in self._words
        ]


def _folded(carried: str) -> set[str]:
    return {fold(word.strip(" .،؛:؟?!")) for word in carried.split()}


def _scaled(cosines: Sequence[float]) -> Vectors:
    scaled = (np.array(cosines, np.float32) - _UNRELATED) / (_SAME - _UNRELATED)
    likeness: Vectors = np.clip(scaled, 0, 1)
    return likeness
