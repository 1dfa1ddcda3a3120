"""Whether letters stand as they do in Arabic: text read wrongly or backwards looks like none."""

from __future__ import annotations

import math
import re
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[\u0621-\u063a\u0641-\u064a]+")
_MARKS = dict.fromkeys((0x640, 0x670, *range(0x64B, 0x660)))
_SMOOTHING = 0.5
_LONGEST = 20_000  # characters that are enough to judge


def letter_score(text: str) -> tuple[float, int]:
    """Return how much better the pairs of letters fit Arabic than chance, and their number.

    The score is the mean of the natural logarithms of the ratio: above 0 for Arabic, below it
    for Arabic letters in an order that is none. (0, 0) where there are no Arabic words.
    """
    weights = _weights()
    total, pairs = 0.0, 0
    for word in _WORD.findall(text[:_LONGEST].translate(_MARKS)):
        edged = f"_{word}_"
        total += sum(weights[edged[at : at + 2]] for at in range(len(edged) - 1))
        pairs += len(edged) - 1
    return (total / pairs if pairs else 0.0), pairs


def backwards_evidence(text: str) -> float:
    """Return by how much the text fits Arabic better when its letters are read backwards.

    The unit is that of a natural logarithm, summed over the text: 10 is beyond doubt.
    """
    score, pairs = letter_score(text)
    reverse, _ = letter_score(text[:_LONGEST].translate(_MARKS)[::-1])
    return (reverse - score) * pairs


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
