"""Whether a word is one of the commonest of Arabic: what a sound text is full of.

``data/stems.bin`` is a Bloom filter; ``data/README.md`` says what it was made of.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from importlib.resources import files

WORD = re.compile("[ء-غف-يٱ]+")
_PROBES = 4
_FOLDS = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه"})
_PREFIXES = ("وال", "بال", "فال", "كال", "ولل", "ال", "لل", "و", "ف", "ب", "ل", "ك")
_SUFFIXES = ("ها", "هم", "كم", "نا", "ه", "ك", "ا")


@lru_cache(maxsize=20_000)
def is_common(word: str) -> bool:
    """Tell whether a bare Arabic word is common, as it is or without a suffix.

    About one in a hundred strings of letters passes by chance.
    """
    bare = stem(word)
    if _holds(bare):
        return True
    return any(
        bare.endswith(suffix) and len(bare) - len(suffix) >= 3 and _holds(bare[: -len(suffix)])
        for suffix in _SUFFIXES
    )


def _holds(word: str) -> bool:
    bits = _filter()
    return all(bits[place >> 3] >> (place & 7) & 1 for place in probes(word, 8 * len(bits)))


def stem(word: str) -> str:
    """Fold the letters that writers mix up, and strip one run of prefixes."""
    word = word.translate(_FOLDS)
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word


def probes(word: str, size: int) -> list[int]:
    """Return the bits that a word sets in a filter of ``size`` bits."""
    data = word.encode("utf-8")
    first, step = zlib.crc32(data), zlib.crc32(data, 0x9E3779B9) | 1
    return [(first + i * step) % size for i in range(_PROBES)]


@lru_cache(maxsize=1)
def _filter() -> bytes:
    return files("cica_qa.documents.pdf").joinpath("data/stems.bin").read_bytes()
