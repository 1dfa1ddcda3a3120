"""Word boundaries at gaps between letters whose width alone is inconclusive."""

from __future__ import annotations

from cica_qa.documents.pdf.letters import is_arabic_glyph, is_mark
from cica_qa.documents.pdf.lexicon import is_common

NARROW, WIDE = "\u200a", "\u2009"
"""Open gaps: a narrow one is probably not a space, a wide one probably is."""


def resolve_gaps(text: str) -> str:
    """Replace the open gaps of a line by spaces or nothing, depending on the words they make."""
    if NARROW not in text and WIDE not in text:
        return text
    return " ".join(_parted(word) for run in text.split(" ") for word in _joined(run))


def _joined(run: str) -> list[str]:
    """Split a run at its wide gaps, except where only both sides together are a word."""
    words: list[str] = []
    for part in run.split(WIDE):
        if words and _are_one(words[-1], part):
            words[-1] += part
        else:
            words.append(part)
    return words


def _are_one(before: str, after: str) -> bool:
    left, right = _bare(before), _bare(after)
    if not _touch(left, right) or not is_common(left + right):
        return False
    return len(left) < 2 or len(right) < 2 or not (is_common(left) and is_common(right))


def _parted(word: str) -> str:
    """Split a word at the first narrow gap where both sides are words but the whole is not."""
    parts = word.split(NARROW)
    for place in range(1, len(parts)):
        left, right = _bare("".join(parts[:place])), _bare("".join(parts[place:]))
        if (
            min(len(left), len(right)) >= 3
            and _touch(left, right)
            and is_common(left)
            and is_common(right)
            and not is_common(left + right)
        ):
            return "".join(parts[:place]) + " " + "".join(parts[place:])
    return "".join(parts)


def _touch(left: str, right: str) -> bool:
    return bool(left and right) and is_arabic_glyph(left[-1]) and is_arabic_glyph(right[0])


def _bare(text: str) -> str:
    return "".join(c for c in text if not is_mark(c) and c != "ـ" and c.isalpha())
