"""Questions in Arabic that were typed in Latin letters: «fen el markaz» is «فين المركز».

Whether a question is one is a logistic regression on a few shares of its words
(``arabizi_weights``): digits that stand for letters, words that the dialects ask with, articles,
words that English needs, and how much the others sound like words of the collection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cica_qa.arabic.letters import ARTICLE, fold
from cica_qa.arabic.lexicon import entries, word_list
from cica_qa.arabic.phonetic import PhoneticMatch, PhoneticVocabulary, literal_transliteration
from cica_qa.arabic.script import is_mostly_arabic

_WORD = re.compile(r"(?:[^\W_]|[$]|(?<=[3679])['’`]|(?<=\w)['’`](?=\w))+")
_LETTER_DIGIT = re.compile(r"[a-z$'][2-9]|[2-9]'?[a-z$]")
_ARTICLE = re.compile(r"[eai]l(?:$|\w{3})")
_NUMBER = re.compile(r"\d+(?P<unit>[a-z]*)")
_CODE = re.compile(r"(?=.*[A-Z])(?:[A-Z\d]{2,}s?|.*\d[A-Z].*|.*[a-z][A-Z].*)")
"""«CICA», «E2», «2Pac», «iPhone»; but «A3da2» begins a question."""
_TOGETHER = 0.5
"""What the BM25 score of a word counts beside how far it is from its spelling."""
_QUOTES = re.compile("[’`]")
_SUN = re.compile("[aei](sh|th|dh|[tdrzsn4$69])")
_MARKS = str.maketrans("?,;", "؟،؛")
_LIKELY = 0.0  # log odds
_FAR = 0.45
"""How far a word may be from its likeliest spelling, a letter, and not sound like another."""


WordScores = Callable[[str], NDArray[np.float32]]
"""Called with a word, gives the BM25 score of each passage for it."""


@dataclass(frozen=True, slots=True)
class ArabiziFeatures:
    """What tells Arabizi from other languages, each between 0 and 1.

    How many words have digits for letters, ask, are articles or begin with one; the shares of
    little words, of those that English needs, and of those that are not plain ASCII; how much the
    others sound like words of the collection, or like Arabic words that it lacks.
    """

    digits: float
    asks: float
    article: float
    little: float
    english: float
    foreign: float
    sound: float


class _Spelt(Protocol):
    """Words that are words, whatever the collection has; asked only where it matters."""

    @property
    def spelt(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class _Token:
    typed: str
    after: str  # what stands before the next word

    @property
    def small(self) -> str:
        return _QUOTES.sub("'", self.typed).lower()


class ArabiziConverter:
    """Reads Arabic in Latin letters by the words of one collection. Safe to share."""

    def __init__(
        self,
        counts: Mapping[str, int],
        spellings: Mapping[str, Sequence[str]],
        scores: WordScores,
        others: _Spelt | None = None,
    ) -> None:
        """``counts`` and ``spellings`` are of the collection; ``others`` knows further words."""
        self._counts = counts
        self._scores = scores
        self._spellings = spellings
        self._others = others

    @cached_property  # two threads may both work it out; it is the same
    def _words(self) -> PhoneticVocabulary:
        others = {fold(word): word for word in _dialect_words()}
        spelt = self._others.spelt if self._others else {}
        return PhoneticVocabulary(self._counts, self._spellings, {**spelt, **others})

    def convert(self, question: str) -> str:
        """Return a question in Arabic letters if it is Arabizi, else as it is."""
        if is_mostly_arabic(question) or not self.is_arabizi(question):
            return question
        return self.to_arabic(question)

    def is_arabizi(self, question: str) -> bool:
        """Whether a question is Arabic in Latin letters, rather than English or another language.

        The words are listened to only where that could decide.
        """
        tokens = self._spoken(question)
        if not tokens:
            return False
        if arabizi_log_odds(_features(tokens, 1.0)) <= _LIKELY:
            return False
        return arabizi_log_odds(_features(tokens, self._sound(tokens))) > _LIKELY

    def features(self, question: str) -> ArabiziFeatures:
        """Return what ``is_arabizi`` looks at."""
        tokens = self._spoken(question)
        return _features(tokens, self._sound(tokens))

    def to_arabic(self, question: str) -> str:
        """Return a question in Arabic letters.

        Of the words that one may mean those are taken that some passage has beside the others.
        """
        tokens = _tokens(question)
        if not tokens:
            return question
        words: list[tuple[PhoneticMatch, ...]] = []
        after: list[str] = []
        before = ""
        for at, token in enumerate(tokens):
            following = tokens[at + 1].small if at + 1 < len(tokens) else ""
            joined = _joined(token.small, following)
            if joined and following and not before and not token.after.strip("-' "):
                before = joined
                continue
            words.append(self._heard(token, before))
            after.append(token.after.replace("-", " ").translate(_MARKS))
            before = ""
        lead = question[: question.find(tokens[0].typed)]
        chosen = self._together(words)
        return lead + "".join(word + rest for word, rest in zip(chosen, after, strict=True))

    def _heard(self, token: _Token, before: str) -> tuple[PhoneticMatch, ...]:
        if self._stays(token):
            return (PhoneticMatch(f"{before} {token.typed}".strip()),)
        small = token.small
        if not before and (said := _listed(small)):
            return (PhoneticMatch(said),)
        heard = self._words.heard(small, before)
        return heard or (PhoneticMatch(before + literal_transliteration(small)),)

    def _together(self, words: Sequence[tuple[PhoneticMatch, ...]]) -> list[str]:
        """What each word means: what the passage has that says most of them, if it is likely."""
        totals = None
        values = []
        for heard in words:
            value = [_TOGETHER * self._scores(one.text) - one.doubt for one in heard]
            best = np.max(value, axis=0)
            totals = best if totals is None else totals + best
            values.append(value)
        if totals is None or not len(totals):
            return [heard[0].text for heard in words]
        passage = int(totals.argmax())
        return [
            max(zip(heard, value, strict=True), key=lambda pair: float(pair[1][passage]))[0].text
            for heard, value in zip(words, values, strict=True)
        ]

    def _stays(self, token: _Token) -> bool:
        """Whether a word is a number, a code, or one that the collection has in Latin letters."""
        small = token.small
        if _is_listed(small):
            return False
        number = _NUMBER.fullmatch(small)
        if number and (not number["unit"] or number["unit"] in _units()):
            return True
        return bool(_CODE.fullmatch(token.typed)) or fold(small) in self._counts

    def _spoken(self, question: str) -> list[_Token]:
        return [token for token in _tokens(question) if not self._stays(token)]

    def _sound(self, tokens: Sequence[_Token]) -> float:
        rest = [token.small for token in tokens if not _is_listed(token.small)]
        return sum(map(self._likeness, rest)) / len(rest) if rest else 0.5

    def _likeness(self, word: str) -> float:
        far = _FAR * len(word)
        return max(0.0, 1 - min((one.cost for one in self._words.heard(word)), default=far) / far)


def arabizi_log_odds(features: ArabiziFeatures) -> float:
    """Return how likely it is that a question with these features is Arabizi."""
    weights = _weights()
    values = {name: float(getattr(features, name)) for name in ArabiziFeatures.__slots__}
    return weights["bias"] + sum(weights[name] * value for name, value in values.items())


@cache
def _weights() -> dict[str, float]:
    return {name: float(weight) for name, weight in entries("arabizi_weights")}


def _features(tokens: Sequence[_Token], sound: float) -> ArabiziFeatures:
    words = [token.small for token in tokens]
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
    """Return how much a number of signs says: the first says most."""
    return count / (count + 1)


def _tokens(question: str) -> list[_Token]:
    found = list(_WORD.finditer(question))
    ends = [*(match.start() for match in found[1:]), len(question)][: len(found)]
    return [
        _Token(match[0], question[match.end() : end])
        for match, end in zip(found, ends, strict=True)
    ]


def _joined(word: str, following: str) -> str:
    """What a word is that is written as one with the next in Arabic; nothing for others."""
    for mark in ("article", "before"):
        if said := word_list("arabizi_words", mark).get(word):
            return said
    sun = _SUN.fullmatch(word)
    return ARTICLE if sun and following.startswith(sun[1]) else ""


def _dialect_words() -> set[str]:
    marks = ("function", "spelling", "ambiguous", "form", "noun")
    return {word for mark in marks for word in word_list("dialect", mark)}


def _is_listed(word: str) -> bool:
    return bool(_listed(word))


def _listed(word: str) -> str:
    """What the list says a word is, also behind «and»: «wfen» is «وفين»."""
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
