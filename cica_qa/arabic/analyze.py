"""The lexical terms of a text, and the words that carry a question."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Protocol

from cica_qa.arabic.letters import WORD, fold
from cica_qa.arabic.lexicon import folded_rows, pattern, word_list
from cica_qa.arabic.numbers import numbers

_VERSION = 5
STEMS = "stems"
"""The field of terms that tells best whether a word is there."""
_PART = re.compile(r"\d++(?=[ء-ي])|[ء-ي]++(?=\d)|[^\W_]+")  # «1992م» and «ب28» are two words
_GRAM = 4
_CACHED_WORDS = 1 << 16
_FUTURE = re.compile("س[يتن]..")
_REPEATED = re.compile(r"([ء-ي])\1\1+")


class Lemmatizer(Protocol):
    """Gives the dictionary form of words; ``lemmas.load_lemmatizer`` makes one."""

    @property
    def fingerprint(self) -> str:
        """Changes when the lemma of a word would change."""

    def lemmas(self, words: Sequence[str]) -> list[str]:
        """Return one lemma for each normalised word; the word itself where there is none."""


class Analyzer:
    """Turns normalised text into the terms that the lexical index compares.

    ``stems`` are words without clitics, endings and, once more, long vowels; ``grams`` the
    character 3-grams and 4-grams of each word: the first are exact, the second forgive
    misspelling. Where a lemmatizer is given there are ``lemmas`` too. Numbers in words count
    as if in digits. Safe to share between threads.
    """

    def __init__(self, lemmatizer: Lemmatizer | None = None) -> None:
        self._lemmatizer = lemmatizer
        self.fields: tuple[str, ...] = (STEMS, "grams", *(("lemmas",) if lemmatizer else ()))

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the terms this analyzer makes.

        Any lemmatizer's own fingerprint is part of it.
        """
        parts = [str(_VERSION), *([self._lemmatizer.fingerprint] if self._lemmatizer else [])]
        return hashlib.sha256(":".join(parts).encode()).hexdigest()[:16]

    def words(self, text: str) -> list[str]:
        """Return the words of a normalised text as they stand, in order."""
        return _PART.findall(text)

    def passage_terms(self, text: str) -> dict[str, list[str]]:
        """Return the terms of a normalised text by field; repeated words repeat theirs."""
        return self._terms(_PART.findall(text), text)

    def passage_stems(self, text: str) -> list[str]:
        """Return the terms of the field ``stems`` alone, as ``passage_terms`` gives them."""
        return _stems(_comparable_terms(_PART.findall(text), text))

    def question_terms(self, text: str) -> dict[str, list[str]]:
        """Return the terms of a normalised question by field, without its function words.

        A question of nothing but function words keeps them.
        """
        return self._terms(_carrying(text), text)

    def carrying_words(self, text: str) -> dict[str, str]:
        """Return the words of a normalised question but for function words, as they stand.

        Each comes with the term of the field ``stems`` that says whether a passage has it.
        """
        folded = {word: fold_loosely(word) for word in _carrying(text)}
        return {word: stem_terms(form)[0] for word, form in folded.items() if form}

    def _terms(self, words: list[str], text: str) -> dict[str, list[str]]:
        folded = _comparable_terms(words, text)
        terms = {
            STEMS: _stems(folded),
            "grams": [term for word in folded for term in gram_terms(word)],
        }
        if self._lemmatizer:
            terms["lemmas"] = self._lemmatizer.lemmas(words)
        return terms


def _comparable_terms(words: Sequence[str], text: str) -> list[str]:
    return [*filter(None, map(fold_loosely, words)), *number_terms(text)]


def _stems(folded: Sequence[str]) -> list[str]:
    return [term for word in folded for term in stem_terms(word)]


def _carrying(text: str) -> list[str]:
    """The words of a question but for function words; all, where there are no others."""
    words = _PART.findall(pattern("by_what_hand").sub("", text))
    return [word for word in words if not _is_one_of(fold(word), _function_words())] or words


@lru_cache(_CACHED_WORDS)
def fold_loosely(word: str) -> str:
    """Fold a word further than ``fold``: ض and ظ are one, «كتيييير» is «كتير»."""
    return _REPEATED.sub(r"\1", fold(word)).replace("ض", "ظ")


def number_terms(text: str) -> list[str]:
    """Return the numbers of a normalised text that its words do not show in digits.

    «ثمانية وعشرون» gives 28, as if it stood there, and «1,000» 1000. Ordinals up to the tenth
    are terms of their own, #2 to #10: they are in every text, and seldom written in digits.
    """
    terms = []
    for start, end, value, ordinal in numbers(text):
        term = f"#{value}" if ordinal and value <= 10 else str(value)
        terms += [term] if term != text[start:end] else []
    return terms


@lru_cache(_CACHED_WORDS)
def stem_terms(word: str) -> tuple[str, ...]:
    """Return the stem of a folded word and, marked with ``~``, its consonants.

    The consonants bring together what differs in long vowels: كتاب and كتب, مصور and مصوّر.
    """
    stemmed = stem(word)
    consonants = stemmed[0] + "".join(letter for letter in stemmed[1:] if letter not in "اوي")
    return stemmed, f"~{consonants if len(consonants) >= 3 else stemmed}"


@lru_cache(_CACHED_WORDS)
def gram_terms(word: str) -> tuple[str, ...]:
    """Return the character 3-grams and 4-grams of a folded word, its edges marked."""
    return (*word_grams(word, 3), *word_grams(word, _GRAM))


def stem(word: str) -> str:
    """Return a folded Arabic word without its clitics, ending and prefix of the imperfect.

    A light stemmer in the line of light10 (Larkey, Ballesteros and Connell, "Light Stemming
    for Arabic Information Retrieval", 2007). Three letters are always left; words of other
    scripts stay as they are.
    """
    if not "ء" <= word[:1] <= "ي":
        return word
    if _FUTURE.match(word) and _without_endings(word) not in folded_rows("no_future"):
        word = word[1:]
    word = _without_endings(_without_clitics(word))
    return word[1:] if len(word) >= 4 and word[0] in "يتن" else word


def _without_endings(word: str) -> str:
    if owned := pattern("owned").fullmatch(word):
        return owned[1]
    for place in ("stem", "last"):
        for ending in word_list("endings", place):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word[: -len(ending)]
                break
    return word


def _without_clitics(word: str) -> str:
    for clitic in word_list("clitics", "stem"):
        if word.startswith(clitic) and len(word) - len(clitic) >= 3:
            return word[len(clitic) :]
    if word[0] in "وف" and len(word) >= 5:
        word = word[1:]
    return word[1:] if word[0] in "بل" and len(word) >= 6 else word


def content_words(text: str) -> list[str]:
    """Return the different words of a normalised text that carry meaning, in order.

    Spellings that are often mixed up (hamzas, ة and ه, ى and ي) and the article are folded.
    """
    words = WORD.findall(fold(text))
    kept = [word for word in words if not is_stop_word(word)]
    return list(dict.fromkeys(map(bare_word, kept or words)))


def is_stop_word(word: str) -> bool:
    """Whether a folded word, or what follows its «و» or «ف», only says how something is asked."""
    return _is_one_of(word, _stop_words())


def is_uninformative(word: str) -> bool:
    """Whether a folded word is a stop word, or one that nobody misses in what answers."""
    return word in word_list("function_words", "asking") or is_stop_word(word)


@cache
def _function_words() -> frozenset[str]:
    return (
        frozenset(word_list("function_words", "function")) | word_list("dialect", "function").keys()
    )


@cache
def _stop_words() -> frozenset[str]:
    return _function_words() | word_list("function_words", "stop").keys()


def _is_one_of(word: str, words: frozenset[str]) -> bool:
    return word in words or (word[:1] in word_list("clitics", "conjunction") and word[1:] in words)


def bare_word(word: str) -> str:
    """Return a folded word without its article or conjunction, as far as a word is left."""
    for prefix in word_list("clitics", "bare"):
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word[1:] if len(word) >= 5 and word[0] in "وف" else word


def word_grams(word: str, size: int = _GRAM) -> Iterator[str]:
    """Yield the character n-grams of a word, its edges marked."""
    padded = f"_{word}_"
    for start in range(max(1, len(padded) - size + 1)):
        yield padded[start : start + size]
