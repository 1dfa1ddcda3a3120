"""Detection and reversal of text stored back to front."""

from __future__ import annotations

import re

from cica_qa.documents.pdf.letters import is_mark
from cica_qa.documents.pdf.lexicon import ARABIC_WORD, is_common

_FEWEST = 4  # least number of words that are known only when reversed
_KEPT = re.compile(r"[A-Za-z0-9٠-٩][A-Za-z0-9٠-٩.,:/@_\-]*[A-Za-z0-9٠-٩]")
_CLUSTER = re.compile(r"[^\u064b-\u065f\u0670][\u064b-\u065f\u0670]*")
_MIRROR = str.maketrans("()[]{}«»<>", ")(][}{»«><")


def is_reversed(texts: list[str]) -> bool:
    """Return whether the words of a page are known only when reversed."""
    forwards = backwards = 0
    for text in texts:
        for word in ARABIC_WORD.findall("".join(c for c in text if not is_mark(c))):
            if len(word) >= 4:
                ahead, back = is_common(word), is_common(word[::-1])
                forwards += ahead and not back
                backwards += back and not ahead
    return backwards >= _FEWEST and backwards > 3 * forwards


def reverse_line(text: str) -> str:
    """Return a line in reverse; numbers and Latin words keep their order."""
    back = "".join(reversed(_CLUSTER.findall(text))).translate(_MIRROR)
    return _KEPT.sub(lambda found: found[0][::-1], back)
