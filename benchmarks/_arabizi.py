"""Arabic questions as speakers of four dialects might type them in Latin letters and digits.

They are generated at random from a seed. Every writer has habits (digits or «kh», «ou» or «o»,
vowels written or not) and breaks them now and then. The generator is independent of how the project
reads Arabizi.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

_COMMON: Mapping[str, str] = {
    "ا": "a a a aa e", "أ": "a a 2a 2", "إ": "e i 2e", "آ": "a 2a aa", "ى": "a a aa", "ء": "2 2 -",
    "ئ": "2 2 y e", "ؤ": "2 2 o2 o", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "7 7 7 h",
    "خ": "5 kh kh 7'", "د": "d", "ذ": "th z d", "ر": "r", "ز": "z", "س": "s", "ش": "sh sh ch $",
    "ص": "s s 9", "ض": "d d 9'", "ط": "t 6 t", "ظ": "z th 6'", "ع": "3 3 3 3 a", "غ": "gh gh 3'",
    "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "ة": "a a ah",
    "و": "o ou oo u", "ي": "i i ee y e",
}  # fmt: skip
_DIALECTS: Mapping[str, Mapping[str, str]] = {
    "egy": {
        "ث": "s t th", "ج": "g g g j", "ذ": "z z d", "ظ": "z", "ق": "2 2 q k", "ة": "a a ah",
        "ش": "sh", "ط": "t t 6", "خ": "5 kh", "ص": "s",
    },
    "lev": {
        "ث": "t th s", "ذ": "z d", "ق": "2 2 q k", "ة": "e eh a", "ش": "sh sh ch $",
        "ص": "s 9", "ط": "t 6", "و": "ou o oo w",
    },
    "glf": {
        "ث": "th", "ذ": "th dh", "ظ": "th 6' dh", "ض": "9' d th dh", "ق": "g q 8", "ة": "a ah",
        "ص": "9 s", "ط": "6 t", "خ": "5 kh", "ش": "sh",
    },
    "mgr": {
        "ث": "t th", "ذ": "d", "ظ": "d", "ض": "d", "ق": "9 q k", "ة": "a", "ش": "ch ch sh",
        "خ": "kh 5", "غ": "gh", "و": "ou ou o", "ي": "i i y", "ط": "t",
    },
}  # fmt: skip
VARIETIES = tuple(_DIALECTS)
_USUAL: Mapping[str, str] = {  # the usual spellings of the most common words
    "ما": "ma", "من": "men min mn", "في": "fi fe f", "على": "3la 3ala", "هل": "hal", "كم": "kam",
    "متى": "mata meta", "أين": "ayn ayna", "مين": "meen min", "فين": "fen feen", "لا": "la",
    "وين": "wen wein", "شو": "shu shou sho", "ليش": "lesh leish", "إيه": "eh", "مع": "ma3",
    "امتى": "emta imta", "كيف": "kif keef", "عن": "3an", "أي": "ay ayy", "اللي": "elli illi",
    "ماذا": "maza matha", "لماذا": "limaza lemaza", "شحال": "sh7al ch7al", "علاش": "3lash 3lach",
    "وش": "wesh wsh", "ديال": "dyal", "كام": "kam", "بكام": "bkam bikam", "قديش": "adesh 2adesh",
    "الذي": "allazi alladhi elli", "التي": "allati elli", "عند": "3and", "أو": "aw",
}  # fmt: skip
_ARTICLES = {"egy": "el el al", "lev": "el el il l", "glf": "al el", "mgr": "l l el"}
_CONSONANTS = set("بتثجحخدذرزسشصضطظعغفقكلمنه")
_VOWELS = "aaaeeiou"
_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
_ARABIC = re.compile("[ء-ي]+")
_SUN = set("تثدذرزسشصضطظن")
_USUALLY, _HABIT = 0.7, 0.85
"""How often a writer uses the usual spelling, and how often one's own habit."""


class Writer:
    """A writer of a dialect, one of ``VARIETIES``, with habits of their own."""

    def __init__(self, variety: str, chance: random.Random) -> None:
        self._chance = chance
        self._letters = {k: v.split() for k, v in {**_COMMON, **_DIALECTS[variety]}.items()}
        self._articles = _ARTICLES[variety].split()
        self._habits: dict[str, str] = {}
        self._short = chance.choice((0.55, 0.75, 0.9, 0.95))  # share of vowels written
        self._apart = chance.choice((0.1, 0.5, 0.9))  # share of articles written apart

    def type(self, question: str) -> str:
        """Return an Arabic question in Latin letters; other text stays unchanged."""
        text = _ARABIC.sub(lambda word: self._word(word[0]), _MARKS.sub("", question))
        return text.replace("؟", self._chance.choice(("", "?"))).replace("،", ",").strip()

    def _word(self, word: str) -> str:
        if word in _USUAL and self._chance.random() < _USUALLY:
            return self._habit(word, _USUAL[word].split())
        before = ""
        for start, said in (("وال", "w"), ("بال", "b"), ("فال", "f"), ("لل", "l")):
            if word.startswith(start) and len(word) > len(start) + 2:
                rest = self._stem(word[len(start) :])
                vowel = self._chance.choice("ei")
                if start == "وال":
                    return f"w {self._article(word[3:])}{rest}"
                return f"{said}{vowel}l{self._chance.choice(('', ' '))}{rest}"
        if word.startswith("ال") and len(word) > 4:
            return self._article(word[2:]) + self._stem(word[2:])
        if word[0] == "و" and len(word) > 4:
            before, word = self._chance.choice(("w", "we", "w ")), word[1:]
        return before + self._stem(word)

    def _article(self, rest: str) -> str:
        said = self._habit("ال", self._articles)
        if rest[0] in _SUN and self._chance.random() < 0.15:  # assimilated, as pronounced
            letter = self._habit(rest[0], self._letters[rest[0]])
            return f"e{letter}-" if self._chance.random() < 0.5 else f"e{letter}"
        apart = self._chance.random() < self._apart
        return said + (self._chance.choice((" ", " ", "-")) if apart else "")

    def _stem(self, word: str) -> str:
        written = ""
        for at, letter in enumerate(word):
            last, following = at == len(word) - 1, word[at + 1 : at + 2]
            if letter in "وي" and (at == 0 or following in ("ا", "ة", "و", "ي", "ى")):
                written += "w" if letter == "و" else "y"
            elif letter == "ي" and last:
                written += self._habit("ي$", ["i", "i", "y"])
            elif letter == "ع" and at == 0:
                written += "3"
            else:
                written += self._habit(letter, self._letters.get(letter, [letter]))
            if self._takes_vowel(word, at) and self._chance.random() < self._short:
                written += self._chance.choice(_VOWELS)
        return written.replace("-", "")

    def _takes_vowel(self, word: str, at: int) -> bool:
        """Return whether a short vowel may follow; between consonants, every second one may."""
        if word[at] not in _CONSONANTS or at + 1 >= len(word) or word[at + 1] not in _CONSONANTS:
            return False
        closed = at > 0 and word[at - 1] in _CONSONANTS
        return at == 0 or closed or at + 2 == len(word) or self._chance.random() < 0.4

    def _habit(self, what: str, ways: list[str]) -> str:
        habit = self._habits.setdefault(what, self._chance.choice(ways))
        return habit if self._chance.random() < _HABIT else self._chance.choice(ways)


def written(question: str, variety: str, seed: str) -> str:
    """Return a question in Latin letters, deterministic for a seed."""
    return Writer(variety, random.Random(f"{seed}:{variety}:{question}")).type(question)
