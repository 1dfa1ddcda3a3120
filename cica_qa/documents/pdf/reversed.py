"""Text that was written back to front: found by its words, and turned."""

from __future__ import annotations

import re

from cica_qa.documents.pdf.letters import is_mark
from cica_qa.documents.pdf.lexicon import WORD, is_common

_FEWEST = 4  # words that must be known only backwards
_KEPT = re.compile(r"[A-Za-z0-9٠-٩][A-Za-z0-9٠-٩.,:/@_\-]*[A-Za-z0-9٠-٩]")
_CLUSTER = re.compile(r"[^\u064b-\u065f\u0670][\u064b-\u065f\u0670]*")
_MIRROR = str.maketrans("()[]{}«»<>", ")(][}{»«><")


def is_reversed(texts: list[str]) -> bool:
    """Return whether the words of a page make sense only from their last letter to their first."""
    forwards = backwards = 0
    for text in texts:
        for word in WORD.findall("".join(c for c in text if not is_mark(c))):
            if len(word) >= 4:
                ahead, back = is_common(word), is_common(word[::-1])
                forwards += ahead and not back
                backwards += back and not ahead
    return backwards >= _FEWEST and backwards > 3 * forwards


def turned(text: str) -> str:
    """Return a line the other way round; numbers and Latin words keep their order."""
    back = "".join(reversed(_CLUSTER.findall(text))).translate(_MIRROR)
    return _KEPT.sub(lambda found: found[0][::-1], back)
