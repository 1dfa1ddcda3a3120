"""The most common Arabic words, which make up most of any sound text.

They are stored as a Bloom filter in ``data/stems.bin``; ``data/README.md`` gives its source.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from importlib.resources import files

ARABIC_WORD = re.compile("[ء-غف-يٱ]+")
_PROBES = 4
_FOLDS = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه"})
_PREFIXES = ("وال", "بال", "فال", "كال", "ولل", "ال", "لل", "و", "ف", "ب", "ل", "ك")
_SUFFIXES = ("ها", "هم", "كم", "نا", "ه", "ك", "ا")


@lru_cache(maxsize=20_000)
def is_common(word: str) -> bool:
    """Return whether an Arabic word without marks is common, with or without its suffix.

    About one in a hundred random strings of letters passes by chance.
    """
    bare = common_stem(word)
    if _holds(bare):
        return True
    return any(
        bare.endswith(suffix) and len(bare) - len(suffix) >= 3 and _holds(bare[: -len(suffix)])
        for suffix in _SUFFIXES
    )


def _holds(word: str) -> bool:
    bits = _filter()
    return all(bits[place >> 3] >> (place & 7) & 1 for place in probes(word, 8 * len(bits)))


def common_stem(word: str) -> str:
    """Return the form of a word in the filter: letters folded, one prefix stripped."""
    word = word.translate(_FOLDS)
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word


def probes(word: str, size: int) -> list[int]:
    """Return the bits of a word in a Bloom filter of ``size`` bits."""
    data = word.encode("utf-8")
    first, step = zlib.crc32(data), zlib.crc32(data, 0x9E3779B9) | 1
    return [(first + i * step) % size for i in range(_PROBES)]


@lru_cache(maxsize=1)
def _filter() -> bytes:
    return files("cica_qa.documents.pdf").joinpath("data/stems.bin").read_bytes()
