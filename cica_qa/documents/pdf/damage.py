"""Signs that the text layer of a page does not say what the page shows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import Enum

from cica_qa.documents.pdf.letters import is_arabic, is_mark, is_odd
from cica_qa.documents.pdf.lexicon import WORD, is_common

_FEWEST = 12  # words: a page with fewer is judged with the rest of its document
_UNSURE, _DAMAGED = 0.9, 0.8  # of the words: fewer known ones make a page doubtful, or damaged
_ALONE = 0.18  # of the words: where more are single letters, words are broken
_ODD = 0.15  # of the letters: where more are odd, letters are mapped wrongly
# Nunation ends a word; behind fathatan an alef may stand.
_BROKEN = re.compile("[\u064c\u064d][\u0621-\u064a]|\u064b[\u0621-\u0626\u0628-\u0648]")


class Verdict(Enum):
    """What is thought of a page's text layer."""

    SOUND = "sound"
    UNSURE = "unsure"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Signs:
    """What a page's text looks like, as counts of words and characters.

    ``words`` are Arabic words of three letters and more, ``common`` those of them that are
    known, ``alone`` the single letters that stand for themselves, ``odd`` the characters that no
    Arabic text has, ``unmapped`` the glyphs without a character.
    """

    letters: int = 0
    arabic: int = 0
    words: int = 0
    common: int = 0
    alone: int = 0
    odd: int = 0
    unmapped: int = 0

    @classmethod
    def of(cls, texts: Sequence[str], unmapped: int = 0) -> Signs:
        """Count the signs of a page's lines."""
        words = common = alone = odd = letters = arabic = 0
        for text in texts:
            for token in text.split():
                bare = "".join(c for c in token if not is_mark(c) and c != "ـ")
                letters += sum(map(str.isalpha, bare))
                arabic += sum(map(is_arabic, bare))
                broken = is_broken(token)
                odd += sum(map(is_odd, bare)) + (is_mark(token[0]) and len(token) > 1)
                for word in WORD.findall(bare):
                    if len(word) >= 3:
                        words += 1
                        common += not broken and is_common(word)
                    elif len(word) == 1 and bare == word and word != "و":
                        alone += 1
        return cls(letters, arabic, words, common, alone, odd, unmapped)

    @property
    def share(self) -> float:
        """The share of its words that are known; 1 where there are none."""
        return self.common / self.words if self.words else 1.0


def is_broken(token: str) -> bool:
    """Return whether a word has nunation where none can be."""
    return _BROKEN.search(token) is not None


def total(signs: Iterable[Signs]) -> Signs:
    """Add the signs of pages up."""
    found = list(signs)
    return Signs(*(sum(getattr(one, name.name) for one in found) for name in fields(Signs)))


def judge(signs: Signs, whole: Signs) -> Verdict:
    """Judge a page by its own signs, or by those of the whole document where it has few words."""
    if not signs.letters:
        return Verdict.SOUND
    if signs.odd > _ODD * signs.letters:
        return Verdict.DAMAGED
    judged = signs if signs.words >= _FEWEST else whole
    if judged.words < _FEWEST:
        return Verdict.SOUND
    alone = judged.alone > _ALONE * (judged.words + judged.alone)
    if judged.share < _DAMAGED or (alone and judged.share < _UNSURE):
        return Verdict.DAMAGED
    # Of a short text a few rare words are no sign.
    chance = math.sqrt(judged.share * (1 - judged.share) / judged.words)
    return Verdict.UNSURE if judged.share + chance < _UNSURE else Verdict.SOUND


def agreement(shown: Sequence[str], read: Sequence[str]) -> float:
    """Return the share of a page's Arabic words that OCR has read too, word for word."""
    in_text, in_picture = _words(shown), _words(read)
    common = sum((in_text & in_picture).values())
    return common / max(in_text.total(), 1)


def _words(texts: Sequence[str]) -> Counter[str]:
    return Counter(
        word
        for text in texts
        for word in WORD.findall("".join(c for c in text if not is_mark(c) and c != "ـ"))
        if len(word) >= 3
    )
