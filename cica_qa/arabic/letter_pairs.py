"""Whether letters stand as they do in Arabic: text read wrongly or backwards looks like none."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[\u0621-\u063a\u0641-\u064a]+")
_MARKS = dict.fromkeys((0x640, 0x670, *range(0x64B, 0x660)))
_ARTICLE = "ال"
_SMOOTHING = 0.5
_BEYOND_DOUBT = 10.0  # natural logarithm
MAX_CHARS = 20_000  # characters that are enough to judge


def letter_score(text: str) -> tuple[float, int]:
    """Return how much better the pairs of letters fit Arabic than chance, and their number.

    The score is the mean of the natural logarithms of the ratio over the different words: above 0
    for Arabic, below it for Arabic letters in an order that is none. (0, 0) where there are no
    Arabic words.
    """
    return _score(_words(text))


def is_backwards(text: str) -> bool:
    """Return whether the letters of a text stand back to front.

    They do where they fit Arabic far better when they are read so, and where more words begin as
    words end (ة), or end as words begin (ال), than the other way round.
    """
    words = _words(text)
    score, pairs = _score(words)
    reverse, _ = _score({word[::-1] for word in words})
    long = [word for word in words if len(word) > 3]
    turned = sum(word.startswith("ة") or word.endswith(_ARTICLE[::-1]) for word in long)
    straight = sum(word.startswith(_ARTICLE) or word.endswith("ة") for word in long)
    return (reverse - score) * pairs > _BEYOND_DOUBT and turned >= straight + 2


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text[:MAX_CHARS].translate(_MARKS)))


def _score(words: Collection[str]) -> tuple[float, int]:
    weights = _weights()
    total, pairs = 0.0, 0
    for word in sorted(words):
        edged = f"_{word}_"
        total += sum(weights[edged[at : at + 2]] for at in range(len(edged) - 1))
        pairs += len(edged) - 1
    return (total / pairs if pairs else 0.0), pairs


@cache
def _weights() -> dict[str, float]:
    """The logarithm of how much likelier than by chance each letter follows each other."""
    table = files("cica_qa.arabic").joinpath("data/letter_pairs.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    letters = lines[0][1:]
    weights = {}
    for first, *cells in lines[1:]:
        counts = [int(cell) + _SMOOTHING for cell in cells]
        total = sum(counts)
        for second, count in zip(letters, counts, strict=True):
            weights[first + second] = math.log(count / total * len(letters))
    return weights
