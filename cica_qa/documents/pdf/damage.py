"""Signs that the text layer of a page differs from what the page shows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import Enum

from cica_qa.documents.pdf.letters import is_arabic_glyph, is_mark, is_odd
from cica_qa.documents.pdf.lexicon import ARABIC_WORD, is_common

_FEWEST = 12  # words; a page with fewer is judged by its whole document
_UNSURE, _DAMAGED = 0.9, 0.8  # share of known words below which a page is doubtful, or damaged
_ALONE = 0.18  # share of single letters above which words are broken apart
_ODD = 0.15  # share of odd characters above which glyphs are mapped wrongly
# Nunation ends a word; only an alef may follow fathatan.
_BROKEN = re.compile("[\u064c\u064d][\u0621-\u064a]|\u064b[\u0621-\u0626\u0628-\u0648]")


class Verdict(Enum):
    """The judgement on a page's text layer."""

    SOUND = "sound"
    UNSURE = "unsure"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Signs:
    """Counts of words and characters of a page by which damage is detected.

    Attributes:
        letters: Letters of any script.
        arabic: Arabic letters.
        words: Arabic words of three or more letters.
        common: The known ones among ``words``.
        alone: Words of a single letter other than «و».
        odd: Characters that do not occur in Arabic text.
        unmapped: Glyphs without a character.

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
        """Return the counts for the lines of a page."""
        words = common = alone = odd = letters = arabic = 0
        for text in texts:
            for token in text.split():
                bare = "".join(c for c in token if not is_mark(c) and c != "ـ")
                letters += sum(map(str.isalpha, bare))
                arabic += sum(map(is_arabic_glyph, bare))
                broken = is_broken(token)
                odd += sum(map(is_odd, bare)) + (is_mark(token[0]) and len(token) > 1)
                for word in ARABIC_WORD.findall(bare):
                    if len(word) >= 3:
                        words += 1
                        common += not broken and is_common(word)
                    elif len(word) == 1 and bare == word and word != "و":
                        alone += 1
        return cls(letters, arabic, words, common, alone, odd, unmapped)

    @property
    def share(self) -> float:
        """The share of words that are known; 1 if there are no words."""
        return self.common / self.words if self.words else 1.0


def is_broken(token: str) -> bool:
    """Return whether a word has nunation in an impossible position."""
    return _BROKEN.search(token) is not None


def total_signs(signs: Iterable[Signs]) -> Signs:
    """Return the sum of the signs of several pages."""
    found = list(signs)
    return Signs(*(sum(getattr(one, name.name) for one in found) for name in fields(Signs)))


def judge(signs: Signs, whole: Signs) -> Verdict:
    """Return the verdict on a page; with few words, it is judged by its ``whole`` document."""
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
    # Allow for chance: a few rare words in a short text prove nothing.
    chance = math.sqrt(judged.share * (1 - judged.share) / judged.words)
    return Verdict.UNSURE if judged.share + chance < _UNSURE else Verdict.SOUND


def agreement(layer: Sequence[str], ocr: Sequence[str]) -> float:
    """Return the share of the Arabic words in a text layer that OCR reads as well."""
    in_text, in_picture = _words(layer), _words(ocr)
    common = sum((in_text & in_picture).values())
    return common / max(in_text.total(), 1)


def _words(texts: Sequence[str]) -> Counter[str]:
    return Counter(
        word
        for text in texts
        for word in ARABIC_WORD.findall("".join(c for c in text if not is_mark(c) and c != "ـ"))
        if len(word) >= 3
    )
