"""Letters that writers mix up, folded for comparison."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
"""Letters and digits in a row."""
LETTERS = re.compile(r"[^\W\d_]+")
ARTICLE = "ال"
TO_THE = "لل"
"""The article behind «ل»."""

_FOLDS = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ء": ""}
)
_FOLDS_IN_PLACE = {letter: folded for letter, folded in _FOLDS.items() if folded}


def fold(text: str) -> str:
    """Fold the letters of a normalised text that writers mix up."""
    return text.translate(_FOLDS).lower()


def fold_in_place(text: str) -> str:
    """Fold as ``fold`` does, but keep the lone hamza, so that every character has its place."""
    return text.translate(_FOLDS_IN_PLACE)
