"""Letter bigrams that tell Arabic from text that is garbled or written backwards."""

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
_BEYOND_DOUBT = 10.0  # nats
MAX_CHARS = 20_000
"""How many characters are looked at."""


def letter_score(text: str) -> tuple[float, int]:
    """Return how much better than chance the letter bigrams fit Arabic, and their number.

    The score is the mean log-likelihood ratio, in nats, of the bigrams of the distinct words:
    positive for Arabic, negative for Arabic letters in random order. Returns ``(0.0, 0)`` if
    there are no Arabic words.
    """
    return _score(_words(text))


def is_backwards(text: str) -> bool:
    """Return whether the letters of a text are in reverse order.

    That is so if the reversed words fit Arabic far better, and if more words begin with ة or end
    with a reversed article than begin with the article or end with ة.
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
    """Return for each bigram the log of how much likelier it is than chance."""
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
