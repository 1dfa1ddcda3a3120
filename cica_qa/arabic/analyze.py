"""Lexical terms of texts and questions, and function words."""

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
"""The field whose terms show most reliably whether a text contains a word."""
_TOKEN = re.compile(r"\d++(?=[ء-ي])|[ء-ي]++(?=\d)|[^\W_]+")  # «1992م» and «ب28» are two words
_GRAM = 4
_CACHED_WORDS = 1 << 16
_FUTURE = re.compile("س[يتن]..")
_REPEATED = re.compile(r"([ء-ي])\1\1+")


class Lemmatizer(Protocol):
    """Finds the dictionary form of words; ``lemmas.load_lemmatizer`` returns one."""

    @property
    def fingerprint(self) -> str:
        """A string that changes whenever the lemma of some word would."""

    def lemmas(self, words: Sequence[str]) -> list[str]:
        """Return one lemma per normalised word; the word itself if it has none."""


class Analyzer:
    """Turns normalised text into the terms of the lexical index, by field.

    The field ``stems`` holds each word without its clitics and endings, and a second term that
    also drops the long vowels. ``grams`` holds the character 3-grams and 4-grams of each word,
    which tolerate misspellings. ``lemmas`` is present if there is a lemmatizer. Numbers written
    in words produce the same terms as digits. Safe to share between threads.
    """

    def __init__(self, lemmatizer: Lemmatizer | None = None) -> None:
        self._lemmatizer = lemmatizer
        self.fields: tuple[str, ...] = (STEMS, "grams", *(("lemmas",) if lemmatizer else ()))

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the terms this analyzer produces.

        They cover the fingerprint of the lemmatizer, if there is one.
        """
        parts = [str(_VERSION), *([self._lemmatizer.fingerprint] if self._lemmatizer else [])]
        return hashlib.sha256(":".join(parts).encode()).hexdigest()[:16]

    def words(self, text: str) -> list[str]:
        """Return the words of a normalised text unchanged, in order."""
        return _TOKEN.findall(text)

    def passage_terms(self, text: str) -> dict[str, list[str]]:
        """Return the terms of a normalised text by field; repeated words repeat their terms."""
        return self._terms(_TOKEN.findall(text), text)

    def passage_stems(self, text: str) -> list[str]:
        """Return only the field ``stems`` of ``passage_terms``."""
        return _stems(_comparable_terms(_TOKEN.findall(text), text))

    def question_terms(self, text: str) -> dict[str, list[str]]:
        """Return the terms of a normalised question by field, without its function words.

        A question that consists only of function words keeps them.
        """
        return self._terms(_content_words(text), text)

    def content_word_stems(self, text: str) -> dict[str, str]:
        """Map each content word of a normalised question to its stem.

        The stem is the term of the field ``stems`` that shows whether a passage contains the
        word. A question that consists only of function words keeps them.
        """
        folded = {word: fold_loosely(word) for word in _content_words(text)}
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


def _content_words(text: str) -> list[str]:
    """Return the content words of a question, or all its words if it has none."""
    words = _TOKEN.findall(pattern("by_what_hand").sub("", text))
    folded = ((word, fold(word)) for word in words)  # a lone hamza folds to nothing
    return [w for w, f in folded if f and not _is_one_of(f, _function_words())] or words


@lru_cache(_CACHED_WORDS)
def fold_loosely(word: str) -> str:
    """Fold a word further than ``fold`` does: ض becomes ظ, and «كتيييير» becomes «كتير»."""
    return _REPEATED.sub(r"\1", fold(word)).replace("ض", "ظ")


def number_terms(text: str) -> list[str]:
    """Return terms for the numbers of a normalised text that are not plain digits.

    «ثمانية وعشرون» gives 28 and «1,000» gives 1000. Ordinals up to the tenth get terms of their
    own, #2 to #10, because they occur in every text and are seldom written in digits.
    """
    terms = []
    for start, end, value, ordinal in numbers(text):
        term = f"#{value}" if ordinal and value <= 10 else str(value)
        terms += [term] if term != text[start:end] else []
    return terms


@lru_cache(_CACHED_WORDS)
def stem_terms(word: str) -> tuple[str, ...]:
    """Return the stem of a folded word and, prefixed with ``~``, its consonants.

    Forms that differ only in long vowels share their consonants: كتاب and كتب, مصور and مصوّر.
    """
    stemmed = stem(word)
    consonants = stemmed[0] + "".join(letter for letter in stemmed[1:] if letter not in "اوي")
    return stemmed, f"~{consonants if len(consonants) >= 3 else stemmed}"


@lru_cache(_CACHED_WORDS)
def gram_terms(word: str) -> tuple[str, ...]:
    """Return the character 3-grams and 4-grams of a folded word, with ``_`` at its edges."""
    return (*word_grams(word, 3), *word_grams(word, _GRAM))


def stem(word: str) -> str:
    """Return a folded Arabic word without its clitics, ending and imperfect prefix.

    A light stemmer modelled on light10 (Larkey, Ballesteros and Connell, "Light Stemming for
    Arabic Information Retrieval", 2007). At least three letters remain. Words of other scripts
    are returned unchanged.
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
    """Return the distinct content words of a normalised text, in order of first occurrence.

    They are folded (hamzas, ة and ه, ى and ي) and lack their article or conjunction.
    """
    words = WORD.findall(fold(text))
    kept = [word for word in words if not is_stop_word(word)]
    return list(dict.fromkeys(map(bare_word, kept or words)))


def is_stop_word(word: str) -> bool:
    """Return whether a folded word is a stop word, with or without a leading «و» or «ف»."""
    return _is_one_of(word, _stop_words())


def is_uninformative(word: str) -> bool:
    """Return whether a folded word is a stop word, or need not occur in the answer."""
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
    """Return a folded word without its article or conjunction, if enough letters remain."""
    for prefix in word_list("clitics", "bare"):
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word[1:] if len(word) >= 5 and word[0] in "وف" else word


def word_grams(word: str, size: int = _GRAM) -> Iterator[str]:
    """Yield the character n-grams of a word, with ``_`` at its edges."""
    padded = f"_{word}_"
    for start in range(max(1, len(padded) - size + 1)):
        yield padded[start : start + size]
