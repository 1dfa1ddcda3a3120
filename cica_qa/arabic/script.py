"""Which script a text is written in."""

from __future__ import annotations

_FIRST, _LAST = "\u0600", "\u06ff"
"""The Arabic block of Unicode."""


def arabic_share(text: str) -> float:
    """Return the share of the letters that are Arabic, from 0 to 1; 1 if there are no letters."""
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return 1.0
    return sum(map(is_in_arabic_block, letters)) / len(letters)


def is_in_arabic_block(letter: str) -> bool:
    """Return whether a letter belongs to the Arabic block of Unicode."""
    return _FIRST <= letter <= _LAST


def is_arabic_text(text: str) -> bool:
    """Return whether at least half of the letters are Arabic."""
    return arabic_share(text) >= 0.5
