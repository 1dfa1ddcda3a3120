"""Spelling correction: unknown words of a question replaced by words of the collection.

A word that the collection contains in another spelling («الامانه» for «الأمانة») gets the most
frequent spelling, because the encoder distinguishes أ from ا and ة from ه. Any other unknown word
is either misspelt or simply absent.

A noisy channel (Kernighan, Church and Gale, "A Spelling Correction Program Based on a Noisy
Channel Model", 1990): a candidate is one edit away from the word as ``letters.fold`` spells it,
so hamzas, ة/ه and ى/ي cost nothing. It is scored by how people mistype (doubled, swapped and
similar-sounding letters are cheap, the first letter is seldom wrong), by the number of passages
that contain it, and by how well those passages fit the rest of the question (``support``).

All strings one edit away, a few hundred per unknown word, are looked up in the vocabulary itself,
so no further data structure is built or loaded, whatever the size of the collection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from cica_qa.arabic.analyze import is_stop_word, is_uninformative, stem
from cica_qa.arabic.dialect_words import is_dialect_word
from cica_qa.arabic.letters import ARTICLE, TO_THE, WORD, fold
from cica_qa.arabic.lexicon import word_list
from cica_qa.arabic.script import is_arabic_text
from cica_qa.arabic.transliteration import LatinNames, arabic_spellings

SupportFunction = Callable[[str, Sequence[str]], Sequence[float]]
"""Called as ``support(rest_of_question, candidates)``; returns a value from 0 to 1 for each."""

_SHORTEST = 3
_MAX_CANDIDATES = 6
_MAX_UNKNOWN = 16
_WITH_CLITIC = 5  # letters: «بكلام» may be «ب» + «كلام», «بجلا» is too short
_IMPERFECT = "يتن"  # prefixes of verbs: «يحق»

# Weights in nats. The second line was fitted by a logistic regression on misspelt questions of the
# development sets and on absent words of correct questions. The threshold is the lowest one that
# hardly harms correct MSA questions.
_REPEATED_LETTER, _SIMILAR_LETTER, _ADJACENT_KEY, _OTHER_LETTER, _FIRST_LETTER = (
    1.0,
    2.0,
    3.0,
    4.5,
    0.5,
)
_FREQUENCY, _SUPPORT, _SHARE, _INFLECTED = 0.25, 2.0, 1.8, 1.7
# Added to the threshold if the word is known elsewhere, and in dialect questions, most of whose
# unknown words are not misspelt.
_KNOWN, _DIALECT = 2.5, 1.0
_NO_SUPPORT = 0.5
_MAX_NAME_DOUBT = 0.5
"""The highest doubt of a transliterated name that is not written in capitals, like «NATO»."""
_THRESHOLD = -1.0


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected question; ``changes`` are pairs of word as typed and replacement, in order."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


class _Edit(NamedTuple):
    """The replacement of ``word[start:end]`` by ``new``."""

    start: int
    end: int
    new: str


class Speller:
    """Corrects words that are not in the vocabulary. Safe to share between threads.

    ``vocabulary`` maps each folded word of the collection to the number of passages that contain
    it, ``spellings`` maps it to its spellings there, the most frequent first; a word that is only
    spelt as it is folded may be missing. Both may be lazy, since only membership and single
    values are read. ``known`` contains further folded words that are spelt correctly; it is
    consulted only about words that would be corrected.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        spellings: Mapping[str, Sequence[str]],
        known: Container[str] = (),
    ) -> None:
        self._vocabulary = vocabulary
        self._spellings = spellings
        self._known = known

    def correct(
        self, question: str, support: SupportFunction | None = None, *, dialect: bool = False
    ) -> Correction:
        """Return the normalised question with unknown words corrected if confidence is high.

        Stop words, words of fewer than three letters, words with digits, and most words that are
        in ``known`` or are regular forms of known words are left unchanged. ``dialect``, for a
        question that was in dialect, raises the threshold. A question in Latin letters most of
        whose words are unknown is returned unchanged, because the collection is not in its
        language. At most 16 unknown words are considered, to bound the time.
        """
        content = [word for word in WORD.finditer(question) if not is_uninformative(fold(word[0]))]
        unknown = [word for word in content if fold(word[0]) not in self._vocabulary]
        if not is_arabic_text(question) and 2 * len(unknown) > len(content):
            return Correction(question)
        hopeless = set(unknown[_MAX_UNKNOWN:])
        threshold = _THRESHOLD + (_DIALECT if dialect else 0.0)
        text, changes = question, []
        for word in reversed([word for word in content if word not in hopeless]):
            rest = f"{question[: word.start()]} {question[word.end() :]}"
            replacement = self._replacement(word[0], rest, support, threshold)
            if replacement != word[0]:
                text = text[: word.start()] + replacement + text[word.end() :]
                changes.append((word[0], replacement))
        return Correction(text, tuple(reversed(changes)))

    def names(self, question: str, latin: LatinNames) -> dict[str, str]:
        """Map words of a question to names that the collection has in the other script.

        Arabic words are mapped to capitalised names (``latin``) if they are unknown, Latin words
        to Arabic ones if they begin with a capital.
        """
        found = {}
        for word in dict.fromkeys(WORD.findall(question)):
            folded = fold(word)
            if is_stop_word(folded) or folded in self._vocabulary:
                continue
            if not folded.isascii():
                name = self._latin_name(folded, latin)
            else:
                name = self._arabic_name(folded) if word[0].isupper() else None
            if name:
                found[word] = name
        return found

    def _arabic_name(self, folded: str) -> str | None:
        names = (
            name for name, _ in arabic_spellings(folded, self._vocabulary) if not is_stop_word(name)
        )
        name = next(names, None)
        return self._spellings.get(name, (name,))[0] if name else None

    def _latin_name(self, folded: str, latin: LatinNames) -> str | None:
        likely = (n for n, d in latin.like(folded) if n.isupper() or d <= _MAX_NAME_DOUBT)
        name = next((name for name in likely if not is_stop_word(fold(name))), None)
        if name is None or self._is_inflected(folded) or self._is_known(folded):
            return None
        return name

    def _replacement(
        self, word: str, rest: str, support: SupportFunction | None, threshold: float
    ) -> str:
        """Return the word as the collection spells it, its correction, or the word itself."""
        folded = fold(word)
        if folded in self._vocabulary:
            spellings = self._spellings.get(folded, (folded,))
            return word if word in spellings else spellings[0]
        scores = self._candidates(folded)
        if not scores:
            return word
        names = [name for name, _ in scores]
        supports = support(rest, names) if support else [_NO_SUPPORT] * len(names)
        totals = [
            score + _SUPPORT * value for (_, score), value in zip(scores, supports, strict=True)
        ]
        best = max(range(len(totals)), key=totals.__getitem__)
        share = 1 / sum(math.exp(total - totals[best]) for total in totals)
        confidence = totals[best] + _SHARE * share - _INFLECTED * self._is_inflected(folded)
        surely = confidence >= threshold + _KNOWN and not is_stop_word(names[best])
        if not surely and (confidence < threshold or self._is_known(folded)):
            return word
        return self._spellings.get(names[best], names[best:])[0]

    def _candidates(self, word: str) -> list[tuple[str, float]]:
        """Return the best vocabulary words one edit away with their scores, best first."""
        if len(word) < _SHORTEST:
            return []
        found: dict[str, float] = {}
        for candidate, edit in _neighbours(word):
            if candidate in self._vocabulary:
                score = _FREQUENCY * math.log(self._vocabulary[candidate] + 0.5)
                score -= _cost(word, edit)
                found[candidate] = max(score, found.get(candidate, score))
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return ranked[:_MAX_CANDIDATES]

    def _is_known(self, word: str) -> bool:
        """Return whether a word is known, with or without clitics, outside the collection."""
        forms = [word]
        if len(word) >= _WITH_CLITIC:
            clitics = filter(word.startswith, word_list("clitics", "known"))
            forms += map(word.removeprefix, clitics)
            forms += [ARTICLE + word[2:]] if word.startswith(TO_THE) else []
        return any(
            len(form) >= _SHORTEST and (form in self._known or is_dialect_word(form))
            for form in forms
        )

    def _is_inflected(self, word: str) -> bool:
        """Return whether the vocabulary has another form of the word: «حق» for «يحق»."""
        if len(word) >= _SHORTEST and word[0] in _IMPERFECT and word[1:] in self._vocabulary:
            return True
        base = stem(word)
        return any(
            prefix + base + suffix in self._vocabulary
            for prefix in ("", *word_list("clitics", "inflected"))
            for suffix in ("", *word_list("endings", "inflected"))
        )


def passage_support(
    best: Callable[[Mapping[str, Sequence[str]], str | None], float],
    terms: Callable[[str], Mapping[str, Sequence[str]]],
) -> SupportFunction:
    """Return a function that scores how well passages with a candidate fit the rest.

    It is the best lexical score of such a passage for the rest of the question, as a share of
    the best of all. ``best`` is called with terms by field and a stem, and gives the best score
    of the passages that hold that stem, or of all where it is None; ``terms`` gives the terms of
    a question (``Analyzer.question_terms``).
    """

    def support(rest: str, candidates: Sequence[str]) -> list[float]:
        wanted = terms(rest)
        most = best(wanted, None)
        if most <= 0:
            return [_NO_SUPPORT] * len(candidates)
        return [best(wanted, stem(candidate)) / most for candidate in candidates]

    return support


def _neighbours(word: str) -> Iterator[tuple[str, _Edit]]:
    """Yield all strings one edit away in the alphabet of the word, with the edits."""
    alphabets = word_list("letters", "alphabet")
    letters = next((a for a in alphabets if all(letter in a for letter in word)), "")
    if not letters:
        return
    for at in range(len(word) + 1):
        head, tail, after = word[:at], word[at:], word[at + 1 :]
        if tail:
            yield head + after, _Edit(at, at + 1, "")
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:], _Edit(at, at + 2, tail[1] + tail[0])
        for letter in letters:
            yield head + letter + tail, _Edit(at, at, letter)
            if tail:
                yield head + letter + after, _Edit(at, at + 1, letter)


def _cost(word: str, edit: _Edit) -> float:
    """Return how unlikely the mistake that an edit corrects is, in nats."""
    old = word[edit.start : edit.end]
    beside = word[max(edit.start - 1, 0) : edit.start] + word[edit.end : edit.end + 1]
    if not edit.new and old in beside:
        return _REPEATED_LETTER
    first = _FIRST_LETTER if edit.start == 0 else 0.0
    if len(old) == 2:
        return first + _SIMILAR_LETTER
    if not old or not edit.new:
        return first + _ADJACENT_KEY
    if any(old in letters and edit.new in letters for letters in word_list("letters", "confused")):
        return first + _SIMILAR_LETTER
    return first + (_ADJACENT_KEY if _are_adjacent(old, edit.new) else _OTHER_LETTER)


def _are_adjacent(one: str, other: str) -> bool:
    """Return whether the keys of two letters are adjacent. Both letters are of one script."""
    keys = _keys()
    if one not in keys or other not in keys:
        return False  # such as ذ, whose key is not next to a letter
    (row, column), (other_row, other_column) = keys[one], keys[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1


@cache
def _keys() -> dict[str, tuple[float, float]]:
    """Return the row and column of the key of each letter."""
    return {
        letter: (row, column + row / 2)
        for keyboard in ("arabic_keys", "latin_keys")
        for row, letters in enumerate(word_list("letters", keyboard))
        for column, letter in enumerate(letters)
    }
