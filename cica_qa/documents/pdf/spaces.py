"""Whether a gap between two letters parts two words, where its width alone does not tell."""

from __future__ import annotations

from cica_qa.documents.pdf.letters import is_arabic, is_mark
from cica_qa.documents.pdf.lexicon import is_common

NARROW, WIDE = "\u200a", "\u2009"  # gaps that are no space, or one, unless the words say otherwise


def settle(text: str) -> str:
    """Turn the open gaps of a line into spaces or nothing, by the words that they make."""
    if NARROW not in text and WIDE not in text:
        return text
    return " ".join(_settled(word) for word in text.split(" "))


def _settled(word: str) -> str:
    parts = word.replace(WIDE, NARROW).split(NARROW)
    gaps = [character for character in word if character in (NARROW, WIDE)]
    gaps = [_by_words(parts, i, gap) for i, gap in enumerate(gaps)]
    settled = parts[0]
    for gap, part in zip(gaps, parts[1:], strict=True):
        settled += (" " if gap == WIDE else "") + part
    return settled


def _by_words(parts: list[str], at: int, gap: str) -> str:
    """Join two parts that only together are a word; part two words that are none together.

    Each side is all that stands there up to the end of the word.
    """
    before, after = _bare("".join(parts[: at + 1])), _bare("".join(parts[at + 1 :]))
    if not before or not after or not is_arabic(before[-1]) or not is_arabic(after[0]):
        return gap
    together = is_common(before + after)
    apart = is_common(before) and is_common(after) and len(before) > 1 and len(after) > 1
    if gap == WIDE:
        return NARROW if together and not apart else WIDE
    return WIDE if apart and not together and min(len(before), len(after)) >= 3 else NARROW


def _bare(text: str) -> str:
    return "".join(c for c in text if not is_mark(c) and c != "ـ" and c.isalpha())
