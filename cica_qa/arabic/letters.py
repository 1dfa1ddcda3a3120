"""Letters that writers mix up, folded for comparison."""

from __future__ import annotations

_FOLDS = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ء": ""}
)


def fold(text: str) -> str:
    """Fold the letters of a normalised text that writers mix up."""
    return text.translate(_FOLDS).lower()
