"""Arabizi: Arabic typed in Latin letters and digits, «fen el markaz» for «فين المركز».

A logistic regression (``arabizi_weights``) decides whether a question is Arabizi. Its features are
digits used as letters, dialect question words, articles, English function words, and how much the
other words sound like words of the collection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.letters import ARTICLE, fold
from cica_qa.arabic.lexicon import entries, word_list
from cica_qa.arabic.phonetic import PhoneticMatch, PhoneticVocabulary, literal_transliteration
from cica_qa.arabic.script import is_arabic_text

_WORD = re.compile(r"(?:[^\W_]|[$]|(?<=[3679])['’`]|(?<=\w)['’`](?=\w))+")
_LETTER_DIGIT = re.compile(r"[a-z$'][2-9]|[2-9]'?[a-z$]")
_ARTICLE = re.compile(r"[eai]l(?:$|\w{3})")
_NUMBER = re.compile(r"\d+(?P<unit>[a-z]*)")
_CODE = re.compile(r"(?=.*[A-Z])(?:[A-Z\d]{2,}s?|.*\d[A-Z].*|.*[a-z][A-Z].*)")
"""«CICA», «E2», «2Pac», «iPhone», but not «A3da2», which may begin a question."""
_BM25_WEIGHT = 0.5
"""The weight of a word's BM25 score relative to its doubt."""
_DEPTH = 256
"""How many passages of each word are read at first, to find the one that fits most words."""
_ROUNDING = 1e-4
_QUOTES = re.compile("[’`]")
_ASSIMILATED_ARTICLE = re.compile("[aei](sh|th|dh|[tdrzsn4$69])")
_PUNCTUATION = str.maketrans("?,;", "؟،؛")
_THRESHOLD = 0.0  # log odds
_MAX_COST = 0.45
"""The cost per letter at which a match no longer sounds like the word at all."""


class WordScores(Protocol):
    """BM25 scores of passages for a word."""

    def best(self, word: str, k: int) -> Sequence[tuple[int, float]]:
        """Return up to ``k`` pairs of passage position and positive score, best first."""

    def at(self, word: str, passages: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of the passages at these positions, shape ``(len(passages),)``."""


@dataclass(frozen=True, slots=True)
class ArabiziFeatures:
    """What distinguishes Arabizi from other languages; each value is between 0 and 1.

    ``digits``, ``asks`` and ``article`` grow with the number of words that contain digits used
    as letters, are question words, and start with an article. ``little``, ``english`` and
    ``foreign`` are the shares of Arabizi function words, of English function words and of words
    that are not plain ASCII. ``sound`` is how much the other words sound like known Arabic words.
    """

    digits: float
    asks: float
    article: float
    little: float
    english: float
    foreign: float
    sound: float


class _SpeltWords(Protocol):
    """Known words beyond those of the collection; ``spelt`` is read only when needed."""

    @property
    def spelt(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class _Token:
    typed: str
    after: str  # the text up to the next word

    @property
    def lowercase(self) -> str:
        return _QUOTES.sub("'", self.typed).lower()


class ArabiziConverter:
    """Converts Arabizi to Arabic script, guided by a collection. Safe to share between threads."""

    def __init__(
        self,
        counts: Mapping[str, int],
        spellings: Mapping[str, Sequence[str]],
        scores: WordScores,
        others: _SpeltWords | None = None,
    ) -> None:
        """``counts`` and ``spellings`` describe the collection; ``others`` provides further words.

        ``counts`` maps its folded words to the number of passages with each, ``spellings`` to how
        they are spelt there.
        """
        self._counts = counts
        self._scores = scores
        self._spellings = spellings
        self._others = others

    @cached_property  # computed twice at worst, with the same result
    def _words(self) -> PhoneticVocabulary:
        others = {fold(word): word for word in _dialect_words()}
        spelt = self._others.spelt if self._others else {}
        return PhoneticVocabulary(self._counts, self._spellings, {**spelt, **others})

    def convert(self, question: str) -> str:
        """Return the question in Arabic script if it is Arabizi, and otherwise unchanged."""
        if is_arabic_text(question) or not self.is_arabizi(question):
            return question
        return self.to_arabic(question)

    def is_arabizi(self, question: str) -> bool:
        """Return whether a question is Arabizi rather than English or another language.

        The costly phonetic search runs only if it could change the result.
        """
        tokens = self._converted_tokens(question)
        if not tokens:
            return False
        if arabizi_log_odds(_features(tokens, 1.0)) <= _THRESHOLD:
            return False
        return arabizi_log_odds(_features(tokens, self._sound_likeness(tokens))) > _THRESHOLD

    def features(self, question: str) -> ArabiziFeatures:
        """Return the features that ``is_arabizi`` decides by."""
        tokens = self._converted_tokens(question)
        return _features(tokens, self._sound_likeness(tokens))

    def to_arabic(self, question: str) -> str:
        """Return a question in Arabic script, whether or not it is Arabizi.

        Ambiguous words are resolved so that one passage contains as many of them as possible.
        """
        tokens = _tokens(question)
        if not tokens:
            return question
        words: list[tuple[PhoneticMatch, ...]] = []
        after: list[str] = []
        before = ""
        for at, token in enumerate(tokens):
            following = tokens[at + 1].lowercase if at + 1 < len(tokens) else ""
            joined = _joined(token.lowercase, following)
            if joined and following and not before and not token.after.strip("-' "):
                before = joined
                continue
            words.append(self._matches(token, before))
            after.append(token.after.replace("-", " ").translate(_PUNCTUATION))
            before = ""
        lead = question[: question.find(tokens[0].typed)]
        chosen = self._most_consistent(words)
        return lead + "".join(word + rest for word, rest in zip(chosen, after, strict=True))

    def _matches(self, token: _Token, before: str) -> tuple[PhoneticMatch, ...]:
        if self._is_kept(token):
            return (PhoneticMatch(f"{before} {token.typed}".strip()),)
        lowercase = token.lowercase
        if not before and (said := _listed(lowercase)):
            return (PhoneticMatch(said),)
        heard = self._words.matches(lowercase, before)
        return heard or (PhoneticMatch(before + literal_transliteration(lowercase)),)

    def _most_consistent(self, words: Sequence[tuple[PhoneticMatch, ...]]) -> list[str]:
        """Choose a match for each word, by the passage in which they fit best together.

        That passage is found by the threshold algorithm (Fagin, Lotem and Naor, "Optimal
        Aggregation Algorithms for Middleware", 2003): the best passages of each word are read
        deeper until none that was not read can be ahead.
        """
        depth = _DEPTH
        while True:
            found = [[self._scores.best(one.text, depth) for one in heard] for heard in words]
            read = {at for lists in found for best in lists for at, _ in best}
            values = self._values(words, np.array(sorted(read), np.int64))
            totals = sum((np.max(value, axis=0) for value in values), np.zeros(1, np.float32))
            first = int(totals.argmax())
            least = [[b[-1][1] if len(b) == depth else 0.0 for b in lists] for lists in found]
            ahead = totals[first] > _most_unread(words, least) + _ROUNDING
            if ahead or not any(map(any, least)):
                return [
                    heard[int(np.argmax([one[first] for one in value]))].text
                    for heard, value in zip(words, values, strict=True)
                ]
            depth *= 4

    def _values(
        self, words: Sequence[tuple[PhoneticMatch, ...]], passages: NDArray[np.int64]
    ) -> list[list[NDArray[np.float32]]]:
        """Return for each match of each word its value in each passage, shape ``(passages,)``.

        Without passages, the shape is ``(1,)``: the value in a passage that contains no match.
        """
        nothing = np.zeros(1, np.float32)

        def scores(word: str) -> NDArray[np.float32]:
            return self._scores.at(word, passages) if len(passages) else nothing

        return [[_BM25_WEIGHT * scores(one.text) - one.doubt for one in heard] for heard in words]

    def _is_kept(self, token: _Token) -> bool:
        """Return whether a word is a number, a code, or a Latin word of the collection."""
        lowercase = token.lowercase
        if _listed(lowercase):
            return False
        number = _NUMBER.fullmatch(lowercase)
        if number and (not number["unit"] or number["unit"] in _units()):
            return True
        return bool(_CODE.fullmatch(token.typed)) or fold(lowercase) in self._counts

    def _converted_tokens(self, question: str) -> list[_Token]:
        return [token for token in _tokens(question) if not self._is_kept(token)]

    def _sound_likeness(self, tokens: Sequence[_Token]) -> float:
        rest = [token.lowercase for token in tokens if not _listed(token.lowercase)]
        return sum(map(self._likeness, rest)) / len(rest) if rest else 0.5

    def _likeness(self, word: str) -> float:
        far = _MAX_COST * len(word)
        return max(0.0, 1 - min((one.cost for one in self._words.matches(word)), default=far) / far)


def arabizi_log_odds(features: ArabiziFeatures) -> float:
    """Return the log odds that a question with these features is Arabizi."""
    weights = _weights()
    values = {name: float(getattr(features, name)) for name in ArabiziFeatures.__slots__}
    return weights["bias"] + sum(weights[name] * value for name, value in values.items())


@cache
def _weights() -> dict[str, float]:
    return {name: float(weight) for name, weight in entries("arabizi_weights")}


def _most_unread(
    words: Sequence[tuple[PhoneticMatch, ...]], least: Sequence[Sequence[float]]
) -> float:
    """Return the best total of a passage whose score for each match is at most ``least``."""
    return sum(
        max(_BM25_WEIGHT * score - one.doubt for one, score in zip(heard, scores, strict=True))
        for heard, scores in zip(words, least, strict=True)
    )


def _features(tokens: Sequence[_Token], sound: float) -> ArabiziFeatures:
    words = [token.lowercase for token in tokens]
    count = len(words) or 1
    english = {**word_list("function_words", "function"), **word_list("function_words", "stop")}

    asks, little = word_list("arabizi_words", "asks"), word_list("arabizi_words", "little")
    return ArabiziFeatures(
        digits=_saturating(sum(bool(_LETTER_DIGIT.search(word)) for word in words)),
        asks=_saturating(sum(word in asks for word in words)),
        article=_saturating(sum(bool(_ARTICLE.match(word)) for word in words)),
        little=sum(word in little for word in words) / count,
        english=sum(word in english for word in words) / count,
        foreign=sum(not word.isascii() for word in words) / count,
        sound=sound,
    )


def _saturating(count: int) -> float:
    """Map a count to a value from 0 to 1 that grows less with each further occurrence."""
    return count / (count + 1)


def _tokens(question: str) -> list[_Token]:
    found = list(_WORD.finditer(question))
    ends = [*(match.start() for match in found[1:]), len(question)][: len(found)]
    return [
        _Token(match[0], question[match.end() : end])
        for match, end in zip(found, ends, strict=True)
    ]


def _joined(word: str, following: str) -> str:
    """Return the Arabic for a word that Arabic joins to the next one, else an empty string."""
    for mark in ("article", "before"):
        if said := word_list("arabizi_words", mark).get(word):
            return said
    sun = _ASSIMILATED_ARTICLE.fullmatch(word)
    return ARTICLE if sun and following.startswith(sun[1]) else ""


def _dialect_words() -> set[str]:
    marks = ("function", "spelling", "ambiguous", "form", "noun")
    return {word for mark in marks for word in word_list("dialect", mark)}


def _listed(word: str) -> str:
    """Return the listed Arabic for a word, also after «w» («wfen» is «وفين»), else empty."""
    for mark in _LISTED:
        if said := word_list("arabizi_words", mark).get(word):
            return said
    rest = word.removeprefix("w")
    return (
        _AND + _listed(rest) if rest != word and rest in word_list("arabizi_words", "asks") else ""
    )


_AND = "و"
_LISTED = ("asks", "little", "article", "before")


def _units() -> Mapping[str, str]:
    return word_list("arabizi_words", "not_letters")
