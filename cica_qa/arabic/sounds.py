"""Names written in the other script: «سيكا» for CICA, Nazarbayev for «نزارباييف».

A letter, or a few, stands for one or more ways to write it in the other script, the likeliest
first. All the spellings this gives are looked up in the words of the collection: there is no
structure to build or to load, whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache

_MOST = 2000
"""Spellings kept for one word, the likeliest."""
_SHORTEST, _LONGEST = 3, 24
_PER_LETTER = 0.7
"""How far from the likeliest a spelling may be, in places down the lists below."""
_LONG_ENOUGH, _SHORT = 5, 0.3  # letters; how doubtful a word of fewer is at least
_VOWELS = "aeiou"
# What Arabic writes for Latin letters, as ``letters.fold`` leaves it; "" is nothing.
_ARABIC: Mapping[str, tuple[str, ...]] = {
    **{"tch": ("تش",), "sch": ("ش", "سك"), "sh": ("ش",), "th": ("ث", "ت", "ذ"), "kh": ("خ",)},
    **{"ch": ("تش", "ش", "ك", "خ"), "gh": ("غ", ""), "ph": ("ف",), "ck": ("ك",), "qu": ("كو", "ك")},
    **{"ee": ("ي",), "oo": ("و",), "ou": ("و", "او", ""), "ea": ("ي", "يا"), "ie": ("ي", "يي")},
    **{"ai": ("اي", "ي"), "ay": ("اي", "ي"), "au": ("او", "و"), "ei": ("اي", "ي")},
    **{"ey": ("ي", "اي"), "eu": ("يو", "او"), "ye": ("ي", "يي"), "a": ("ا", "")},
    **{"b": ("ب",), "d": ("د", "ض")},
    **{"e": ("", "ي", "ا"), "f": ("ف",), "g": ("غ", "ج", "ك"), "h": ("ه", "ح", "")},
    **{"i": ("ي", "", "ا"), "j": ("ج", "ي"), "k": ("ك", "ق", "خ"), "l": ("ل",), "m": ("م",)},
    **{"n": ("ن",), "o": ("و", "", "ا"), "p": ("ب",), "q": ("ق", "ك"), "r": ("ر",)},
    **{"s": ("س", "ز", "ص"), "t": ("ت", "ط"), "u": ("و", "", "ا", "يو"), "v": ("ف",), "w": ("و",)},
    **{"x": ("كس",), "y": ("ي", "اي", ""), "z": ("ز", "تز")},
}
_SOFT_C, _HARD_C = ("س", "تش"), ("ك", "ق")
_FIRST: Mapping[str, tuple[str, ...]] = {
    **{"a": ("ا",), "e": ("ا", "اي"), "i": ("ا", "اي"), "o": ("او", "ا"), "u": ("ا", "او", "يو")},
}
_LATIN: Mapping[str, tuple[str, ...]] = {
    **{"ا": ("a", "o", "e", "u", "i"), "ب": ("b", "p"), "ت": ("t",), "ث": ("th",), "ج": ("g", "j")},
    **{"ح": ("h",), "خ": ("kh",), "د": ("d",), "ذ": ("th",), "ر": ("r",), "ز": ("z", "s")},
    **{"س": ("s", "c"), "ش": ("sh", "ch"), "ص": ("s",), "ض": ("d",), "ط": ("t",), "ظ": ("z",)},
    **{"ع": ("a",), "غ": ("g", "gh"), "ف": ("f", "v", "ph"), "ق": ("q", "k"), "ك": ("k", "c", "g")},
    **{"ل": ("l",), "م": ("m",), "ن": ("n",), "ه": ("h", "a"), "و": ("o", "u", "w", "oo")},
    **{"ي": ("i", "e", "y", "ee"), "او": ("o", "au", "ow"), "يو": ("u", "yu", "eu")},
    **{"تش": ("ch",), "كس": ("x", "ks"), "اي": ("i", "e", "ai")},
}
_CLITIC = re.compile("^[وف]?(?:لل|[بلك]?ال|[بلك])?(?=...)")
_Spellings = tuple[tuple[str, int], ...]  # each with its places down the lists


def in_other_script(word: str, vocabulary: Container[str]) -> Iterator[tuple[str, float]]:
    """Yield the spellings of a name in the other script that a vocabulary has, likeliest first.

    ``word`` and the vocabulary's words are folded. Each comes with how doubtful it is: 0 for a
    long word whose every letter is the likeliest, at most 1.
    """
    spelt = _arabic if word.isascii() else _latin
    forms = [word] if word.isascii() else dict.fromkeys([word, _CLITIC.sub("", word)])
    for form in forms:
        if not _SHORTEST <= len(form) <= _LONGEST:
            continue
        short = _SHORT if len(form) < _LONG_ENOUGH else 0.0
        for one, cost in spelt(form):
            if cost > _PER_LETTER * len(form):
                break
            for found in (one, f"ال{one}") if word.isascii() else (one,):
                if len(one) >= _SHORTEST and found in vocabulary:
                    yield found, cost / len(form) + short


@lru_cache(1 << 12)
def _arabic(word: str) -> _Spellings:
    if word[0] not in _VOWELS:
        return _arabic_inside(word)
    firsts = tuple((first, cost) for cost, first in enumerate(_FIRST[word[0]]))
    return _joined(firsts, _arabic_inside(word[1:]))


@lru_cache(1 << 14)
def _arabic_inside(word: str) -> _Spellings:
    if not word:
        return (("", 0),)
    if word[0] == word[1:2] and word[0] not in _VOWELS:  # doubled letters are written once
        return _arabic_inside(word[1:])
    size = next((n for n in (3, 2) if word[:n] in _ARABIC and len(word) >= n), 1)
    letters = _ARABIC.get(word[:size], ())
    if word[0] == "c" and size == 1:
        letters = _SOFT_C if word[1:2] in ("e", "i", "y") else _HARD_C
    if word == "a":
        letters = ("ا", "ه")
    return _joined(_costs(letters), _arabic_inside(word[size:]))


@lru_cache(1 << 14)
def _latin(word: str) -> _Spellings:
    if not word:
        return (("", 0),)
    starts = _costs(_LATIN.get(word[0], ()))
    if word[0] not in "اوي" and word[1:2] not in ("ا", "و", "ي", ""):  # a short vowel, or none
        starts = tuple((one + v, c + bool(v)) for one, c in starts for v in ("", *_VOWELS))
    found = _joined(starts, _latin(word[1:]))
    if word[:2] in _LATIN:
        pair = _joined(_costs(_LATIN[word[:2]]), _latin(word[2:]))
        found = tuple(sorted((*found, *pair), key=lambda one: one[1])[:_MOST])
    return found


def _costs(letters: tuple[str, ...]) -> _Spellings:
    return tuple((one, cost) for cost, one in enumerate(letters))


def _joined(starts: _Spellings, rests: _Spellings) -> _Spellings:
    """All starts before all rests, the likeliest first, as many as are kept."""
    both = ((one + rest, c + cost) for one, c in starts for rest, cost in rests)
    return tuple(sorted(both, key=lambda pair: pair[1])[:_MOST])
