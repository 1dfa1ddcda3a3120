"""Whether a gap between two letters parts two words, where its width alone does not tell."""

from __future__ import annotations

from cica_qa.documents.pdf.letters import is_arabic, is_mark
from cica_qa.documents.pdf.lexicon import is_common

NARROW, WIDE = "\u200a", "\u2009"  # gaps that are no space, or one, unless the words say otherwise


def settle(text: str) -> str:
    """Turn the open gaps of a line into spaces or nothing, by the words that they make."""
    if NARROW not in text and WIDE not in text:
        return text
    return " ".join(_parted(word) for run in text.split(" ") for word in _joined(run))


def _joined(run: str) -> list[str]:
    """Cut a run at its wide gaps, but for those whose two sides are a word only together."""
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
    """Part a word at the first narrow gap where it is no word but both of its sides are."""
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
    return bool(left and right) and is_arabic(left[-1]) and is_arabic(right[0])


def _bare(text: str) -> str:
    return "".join(c for c in text if not is_mark(c) and c != "ـ" and c.isalpha())
