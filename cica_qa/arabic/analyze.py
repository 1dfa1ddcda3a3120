"""The words that carry a question, and how well a text covers them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+")
_GRAM = 4

# Function words and question words of MSA, five dialect groups and English, as normalised by
# ``fold``: they say how something is asked, not what about.
_STOP_WORDS = frozenset(
    """
    ما ماذا ماهو ماهي من منو مين متي اين كيف كم لماذا لم هل اي ايه ايش وش شو شنو اش واش علاش
    ليش ليه وين فين امتي متي كام شحال شقد قديش اديش هو هي هم هن هما انا انت نحن في فيه فيها فيهم
    علي الي عن مع بين عند لدي لديه قد لقد كان كانت يكون تكون ليس ليست لا لن لم مش مو ولا او ام
    ان انه انها اذا ثم حتي كل بعض غير هذا هذه ذلك تلك هناك هنا ده دي هاد هادا هيدا هاي اللي
    الذي التي الذين الان دلوقتي حاليا اليوم طيب يا و ف ب ل ك تم يتم به بها له لها لهم منه منها
    عليه عليها ديال تاع حق بتاع صار عم رح راح اذكر عدد عددي اشرح وضح عرف بين ماهو تعتبر يعتبر
    the a an of in on at to for and or is are was were do does did has have had what which who
    whom when where why how many much it its that this there by with from be been
    """.split()
)
_PREFIXES = ("وال", "فال", "بال", "كال", "ولل", "لل", "ال")
_FOLDS = str.maketrans(
    {**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ء": ""}
)


def content_words(text: str) -> list[str]:
    """Return the different words of a normalised text that carry meaning, in order.

    Spellings that are often mixed up (hamzas, ة and ه, ى and ي) and the article are folded.
    """
    words = _WORD.findall(fold(text))
    kept = [word for word in words if not _is_stop_word(word)]
    return list(dict.fromkeys(map(_bare, kept or words)))


def _is_stop_word(word: str) -> bool:
    """Whether a word, or what follows its «و» or «ف», only says how something is asked."""
    return word in _STOP_WORDS or (word[:1] in ("و", "ف") and word[1:] in _STOP_WORDS)


def fold(text: str) -> str:
    """Fold the letters of a normalised text that writers mix up."""
    return text.translate(_FOLDS).lower()


def coverage(words: list[str], text: str) -> float:
    """Return how much of ``words`` a normalised text holds, between 0 and 1.

    A word counts by the share of its character 4-grams found in the text's most similar
    word, so that inflected and misspelt forms count in part.
    """
    if not words:
        return 0.0
    grams = [set(_grams(_bare(word))) for word in set(_WORD.findall(fold(text)))]
    return sum(
        max((_overlap(set(_grams(word)), other) for other in grams), default=0.0) for word in words
    ) / len(words)


def _overlap(mine: set[str], other: set[str]) -> float:
    return len(mine & other) / len(mine)


def _bare(word: str) -> str:
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            return word[len(prefix) :]
    return word[1:] if len(word) >= 5 and word[0] in "وف" else word


def _grams(word: str) -> Iterator[str]:
    padded = f"_{word}_"
    for start in range(max(1, len(padded) - _GRAM + 1)):
        yield padded[start : start + _GRAM]
