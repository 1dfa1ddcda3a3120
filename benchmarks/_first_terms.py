"""The first lexical terms of this project, a baseline for what has been gained since.

CAMeL's normalisation, light stems and character 4-grams, with function words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)

from cica_qa.index.bm25 import Bm25
from cica_qa.index.lexical import LexicalIndex

_FIELDS = ("stems", "grams")
_CHARACTERS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹کیھہےٱ", "01234567890123456789كيههيا")
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200b-\u200f]")
_WORD = re.compile(r"[^\W_]+")
_PREFIXES = tuple("وبال فبال وكال ولل فلل وال فال بال كال ال لل".split())
_SUFFIXES = tuple("هما كما تين تان هم هن نا كم ها ان ات ون ين وا يه تي ته تك".split())
_ENDINGS = ("ه", "ي", "ا")


def first_index(texts: Iterable[str]) -> Bm25:
    return Bm25.alone(LexicalIndex.from_terms(map(first_terms, texts), _FIELDS))


def first_terms(text: str) -> dict[str, list[str]]:
    words = _WORD.findall(_fold(text))
    return {"stems": [*map(_stem, words)], "grams": [g for word in words for g in _grams(word)]}


def _fold(text: str) -> str:
    text = _MARKS.sub("", normalize_unicode(text).translate(_CHARACTERS)).lower()
    return normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(dediac_ar(text))))


def _stem(word: str) -> str:
    if not "ء" <= word[0] <= "ي":
        return word
    prefix = next((p for p in _PREFIXES if word.startswith(p) and len(word) - len(p) >= 3), "")
    word = word[len(prefix) :]
    if not prefix:
        if word[0] in "وف" and len(word) >= 5:
            word = word[1:]
        if word.startswith("لل") and len(word) >= 5:
            word = word[2:]
        elif word[0] in "بل" and len(word) >= 6:
            word = word[1:]
    for endings in (_SUFFIXES, _ENDINGS):
        ending = next((e for e in endings if word.endswith(e) and len(word) - len(e) >= 3), "")
        word = word.removesuffix(ending)
    return word


def _grams(word: str) -> list[str]:
    padded = f"_{word}_"
    return [padded[at : at + 4] for at in range(max(1, len(padded) - 3))]
