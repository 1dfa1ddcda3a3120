"""Which words of the question a candidate covers, in form and in meaning, and which it does not."""

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
"""The carrying words of a question and what each weighs; together 1."""

_LEAST_RARE = 0.3
_UNLIKE, _ALIKE = 0.25, 0.75  # cosines of words that have nothing and all in common
COVERED = 0.6
_SIMILAR = 0.45
_CARRIED = 0.4
"""What a word from an earlier turn of the conversation weighs against one of the question."""


@dataclass(frozen=True, slots=True)
class WordCoverage:
    """How far each of ``words`` is covered, between 0 and 1; all arrays have shape ``(words,)``.

    ``fresh`` is 1 for words of a follow-up itself and 0 for those it carries over, or 0 for all
    where it carries nothing. ``own`` is by the letters of the candidate, ``context`` by those of
    it, its headings and the title of its document, and ``passage`` by those of the whole passage.
    ``meaning`` and ``elsewhere`` say how like the
    word is to the nearest word of the candidate and of the passage. ``document`` is by the letters
    of all that was found in its document, ``others`` by those of what was found in other ones.
    """

    words: WordWeights
    fresh: Vectors
    own: Vectors
    context: Vectors
    passage: Vectors
    meaning: Vectors
    elsewhere: Vectors
    document: Vectors
    others: Vectors

    def share(self, covered: Vectors) -> float:
        """Return how much of the question an array covers, by what its words weigh."""
        return float(covered @ np.fromiter(self.words.values(), np.float32))

    @property
    def least(self) -> float:
        """How far the word is covered that the candidate covers least."""
        return float(np.maximum(self.context, self.meaning).min()) if self.words else 0.0

    @property
    def minimum_in_passage(self) -> float:
        """How far the word is covered that the whole passage covers least."""
        return float(np.maximum(self.passage, self.elsewhere).min()) if self.words else 0.0

    @property
    def said_of_another(self) -> float:
        """How much of the question the document says, but not of the candidate."""
        covered = np.maximum(self.context, self.meaning)
        return self.share(np.maximum(self.document - covered, 0))

    @property
    def said_by_another(self) -> float:
        """How much of the question other documents say, but not the candidate's."""
        return self.share(np.maximum(self.others - np.maximum(self.document, self.passage), 0))

    @property
    def own_words(self) -> float:
        """How far a follow-up's own words are covered, between 0 and 1; 1 where it has none."""
        own = self.fresh * np.fromiter(self.words.values(), np.float32)
        covered = float(own @ np.maximum(self.context, self.meaning))
        return covered / float(own.sum()) if own.any() else 1.0

    @property
    def missing(self) -> tuple[str, ...]:
        """The words that not even the passage has anything like."""
        best = np.maximum(self.passage, self.elsewhere)
        return tuple(w for w, value in zip(self.words, best, strict=True) if value < COVERED)


def word_weights(hits: Sequence[Hit], carried: str = "") -> WordWeights:
    """Return the words of the question that hits were found with, and what each weighs.

    Rare words weigh more; those in ``carried`` less.
    """
    rarity = hits[0].match.rarity if hits else {}
    kept = [word for word in rarity if not is_uninformative(fold(word))] or list(rarity)
    old = _folded(carried)
    weights = {w: max(rarity[w], _LEAST_RARE) * (_CARRIED if fold(w) in old else 1) for w in kept}
    total = sum(weights.values())
    return {word: weight / total for word, weight in weights.items()}


def similar_word_spans(hit: Hit) -> list[tuple[int, int]]:
    """Return where the words of a hit stand that are like words of the question, in order.

    In offsets of the document, none inside another.
    """
    nearest, asked = hit.match.nearest, hit.match.words
    found: list[tuple[int, int]] = []
    for start, end in sorted({nearest[w] for w in nearest if asked.get(w, 0.0) >= _SIMILAR}):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


class CoverageCalculator:
    """Tells how candidates cover the carrying words of a question; reads each passage once."""

    def __init__(
        self, words: WordWeights, normalize: Normalize, hits: Sequence[Hit], carried: str = ""
    ) -> None:
        """``hits`` are those that candidates come from, ``carried`` what earlier turns say.

        What means the same as a word counts for it where its document does not say the word itself.
        """
        self._words = words
        self._hits = hits
        self._said = defaultdict[str, set[str]](set)
        for hit in hits:
            self._said[hit.passage.doc_id].update(hit.match.matched, hit.match.titled)
        old = _folded(carried)
        self._fresh = np.array([bool(old) and fold(w) not in old for w in words], np.float32)
        self._normalize = normalize
        self._read: dict[str, tuple[Vectors, Vectors]] = {}

    def of(self, candidate: Candidate) -> WordCoverage:
        """Return how a candidate covers the words."""
        hit = candidate.hit
        inside, above = self.forms(hit)
        asked_at = candidate.replies_to
        first, last = candidate.first if asked_at is None else asked_at, candidate.last + 1
        own = inside[first:last].max(axis=0)
        asked = hit.match.words
        places = {word: at for at, word in enumerate(asked)}
        aligned = [candidate.aligned[places[w]] if w in places else 0.0 for w in self._words]
        return WordCoverage(
            words=self._words,
            fresh=self._fresh,
            own=own,
            context=np.maximum(own, above),
            passage=np.maximum(inside.max(axis=0), above),
            meaning=_likeness(aligned),
            elsewhere=_likeness([asked.get(word, 0.0) for word in self._words]),
            document=self._found(hit.passage.doc_id),
            others=self._found(hit.passage.doc_id, inside=False),
        )

    def _found(self, doc_id: str, inside: bool = True) -> Vectors:
        """How far the hits of a document, or those of all others, have each word."""
        found = np.zeros(len(self._words), np.float32)
        for hit in self._hits:
            if (hit.passage.doc_id == doc_id) == inside:
                units, above = self.forms(hit)
                found = np.maximum.reduce([found, units.max(axis=0), above])
        return found

    def missing(self, best: WordCoverage, hits: Sequence[Hit]) -> list[str]:
        """Return the words that the best passage has nothing like, and no other has in form."""
        found = np.zeros(len(self._words), np.float32)
        for inside, above in map(self.forms, hits):
            found = np.maximum.reduce([found, inside.max(axis=0), above])
        held = dict(zip(self._words, found.tolist(), strict=True))
        return [word for word in best.missing if held[word] < COVERED]

    def forms(self, hit: Hit) -> tuple[Vectors, Vectors]:
        """Return how far each sentence of a hit has each word, and how far what stands above it."""
        passage = hit.passage
        if passage.passage_id not in self._read:
            texts = [passage.slice(span.start, span.end) for span in passage.units]
            said = self._said[passage.doc_id]
            inside = np.array([self._holds(text, said) for text in texts], np.float32)
            titled = hit.match.titled
            in_title = [float(word in titled) for word in self._words]
            above = np.maximum(self._holds(" ".join(passage.headings), said), in_title)
            self._read[passage.passage_id] = inside, above.astype(np.float32)
        return self._read[passage.passage_id]

    def _holds(self, text: str, said: Set[str]) -> list[float]:
        forms = WordForms(self._normalize(text))
        return [
            (forms.coverage if word in said else forms.coverage_with_synonyms)(word)
            for word in self._words
        ]


def _folded(carried: str) -> set[str]:
    return {fold(word.strip(" .،؛:؟?!")) for word in carried.split()}


def _likeness(cosines: Sequence[float]) -> Vectors:
    scaled = (np.array(cosines, np.float32) - _UNLIKE) / (_ALIKE - _UNLIKE)
    likeness: Vectors = np.clip(scaled, 0, 1)
    return likeness
