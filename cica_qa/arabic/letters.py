"""Folding of letters that writers confuse, and patterns of words."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
"""A run of letters and digits."""
LETTERS = re.compile(r"[^\W\d_]+")
"""A run of letters."""
ARTICLE = "ال"
TO_THE = "لل"
"""The preposition «ل» with the article."""

_FOLDS = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ء": ""}
)
_FOLDS_IN_PLACE = {letter: folded for letter, folded in _FOLDS.items() if folded}


def fold(text: str) -> str:
    """Return a normalised text in lower case, with the letters that writers confuse folded."""
    return text.translate(_FOLDS).lower()


def fold_in_place(text: str) -> str:
    """Return the text with letters folded one to one, so that offsets stay valid.

    Unlike ``fold``, it keeps the lone hamza and the case.
    """
    return text.translate(_FOLDS_IN_PLACE)
