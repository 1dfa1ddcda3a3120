"""Transliteration of names between the scripts: CICA and «سيكا», «نزارباييف» and Nazarbayev.

``latin_letters`` lists the Arabic spellings of one or more Latin letters, the likeliest first. All
spellings of a Latin name are looked up in the vocabulary of the collection. An Arabic name is
compared with the Latin names of the collection that have roughly the same consonants.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache

from cica_qa.arabic.letters import ARTICLE
from cica_qa.arabic.lexicon import pattern, word_list

_MAX_SPELLINGS = 1000
"""How many spellings of a word are kept, likeliest first."""
_SHORTEST, _LONGEST = 3, 24
_PER_LETTER = 0.7
"""The highest cost of a spelling per letter; one is one position down the list of spellings."""
_LONG_ENOUGH, _SHORT_DOUBT = 5, 0.3
"""The length from which a name is long enough, and the extra doubt of a shorter one."""
_VOWELS = "aeiou"

_REPEATED = re.compile(r"(.)\1+")
_Spellings = tuple[tuple[str, int], ...]  # each with its cost


def arabic_spellings(name: str, vocabulary: Container[str]) -> Iterator[tuple[str, float]]:
    """Yield the Arabic spellings of a Latin name that are in a vocabulary, likeliest first.

    ``name`` and the words of the vocabulary are folded. Each spelling comes with its doubt, from
    0 (a long name with the likeliest spelling of every letter) to 1.
    """
    if not _SHORTEST <= len(name) <= _LONGEST:
        return
    for one, cost in _arabic(name):
        if cost > _PER_LETTER * len(name):
            break
        for found in (one, ARTICLE + one):
            if len(one) >= _SHORTEST and found in vocabulary:
                yield found, _doubt(cost, name)


class LatinNames:
    """The capitalised words of a collection, found by their Arabic spelling.

    They are indexed by their rough consonants on first use, which takes a few milliseconds.
    """

    def __init__(self, spellings: Mapping[str, Sequence[str]]) -> None:
        """``spellings`` maps folded words to how the collection spells them."""
        self._spellings = spellings

    def like(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield the names that a folded Arabic word may stand for, each with its doubt (0 to 1)."""
        for form in dict.fromkeys([word, pattern("name_clitic").sub("", word)]):
            if not _SHORTEST <= len(form) <= _LONGEST:
                continue
            costs = (
                (name, _cost(name, form)) for name in self._by_consonants[_rough_consonants(form)]
            )
            near = [(cost, name) for name, cost in costs if cost <= _PER_LETTER * len(form)]
            for cost, name in sorted(near):
                yield self._spellings[name][0], _doubt(cost, form)

    @cached_property  # computed twice at worst, with the same result
    def _by_consonants(self) -> defaultdict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, spelt in self._spellings.items():
            if name.isascii() and spelt[0][0].isupper() and len(name) >= _SHORTEST:
                found[_rough_consonants(name)].append(name)
        return found


def _doubt(cost: float, word: str) -> float:
    return cost / len(word) + (_SHORT_DOUBT if len(word) < _LONG_ENOUGH else 0.0)


def _rough_consonants(word: str) -> str:
    return _REPEATED.sub(r"\1", word.replace("ph", "f").translate(_consonant_classes()))


def _cost(name: str, word: str) -> float:
    """Return the lowest cost of spelling a Latin name as an Arabic word, or infinity."""
    reached = {0: 0.0}  # letters of the word spelt so far -> cost
    waiting: dict[int, dict[int, float]] = {0: reached}
    for at in range(len(name)):
        for size, letters in _steps(name, at):
            after = waiting.setdefault(at + size, {})
            for done, cost in waiting.get(at, {}).items():
                for place, written in enumerate(letters):
                    if word.startswith(written, done):
                        end = done + len(written)
                        after[end] = min(cost + place, after.get(end, float("inf")))
    return waiting.get(len(name), {}).get(len(word), float("inf"))


def _steps(name: str, at: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield how many letters are read at an offset of a name, and their Arabic spellings."""
    if at == 0 and name[0] in word_list("latin_letters", "first"):
        yield 1, _spelt("first", name[0])
        return
    size, letters = _letters(name[at:])
    yield size, letters


@lru_cache(_LONGEST)
def _arabic(name: str) -> _Spellings:
    """Return the Arabic spellings of a Latin name, likeliest first."""
    (size, letters), *_ = _steps(name, 0)
    return _joined(_costs(letters), _arabic_inside(name[size:]))


@lru_cache(_LONGEST)
def _arabic_inside(rest: str) -> _Spellings:
    if not rest:
        return (("", 0),)
    size, letters = _letters(rest)
    return _joined(_costs(letters), _arabic_inside(rest[size:]))


def _letters(rest: str) -> tuple[int, tuple[str, ...]]:
    """Return how many letters at the start of ``rest`` form one unit, and its Arabic spellings."""
    if rest[0] == rest[1:2] and rest[0] not in _VOWELS:  # Arabic writes doubled letters once
        size, letters = _letters(rest[1:])
        return size + 1, letters
    together = word_list("latin_letters", "inside")
    size = next((n for n in (3, 2) if rest[:n] in together and len(rest) >= n), 1)
    mark = "inside"
    if rest[0] == "c" and size == 1:
        mark = "soft" if rest[1:2] in ("e", "i", "y") else "hard"
    letters = _spelt(mark, rest[:size])
    return size, ("ا", "ه", "") if rest == "a" else letters


@cache
def _spelt(mark: str, letters: str) -> tuple[str, ...]:
    """Return the Arabic spellings of Latin letters in a position, likeliest first."""
    spellings = word_list("latin_letters", mark).get(letters, "")
    return tuple(one.strip("-") for one in spellings.split())


@cache
def _consonant_classes() -> dict[int, str]:
    rows = word_list("letters", "rough").items()
    return str.maketrans({letter: one for letters, one in rows for letter in letters})


def _costs(letters: tuple[str, ...]) -> _Spellings:
    return tuple((one, cost) for cost, one in enumerate(letters))


def _joined(starts: _Spellings, rests: _Spellings) -> _Spellings:
    """Return the likeliest concatenations of a start and a rest."""
    both = ((one + rest, c + cost) for one, c in starts for rest, cost in rests)
    return tuple(sorted(both, key=lambda pair: pair[1])[:_MAX_SPELLINGS])
