"""Signs that the text layer of a page does not say what the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cica_qa.documents.pdf.letters import is_mark, is_odd
from cica_qa.documents.pdf.lexicon import WORD, is_common


@dataclass(frozen=True, slots=True)
class Signs:
    """What a page's text looks like, as counts of words and characters.

    ``words`` are Arabic words of three letters and more, ``common`` those of them that are
    known, ``short`` the single letters that stand alone, ``odd`` characters that no Arabic text
    has, ``unmapped`` glyphs without a character.
    """

    letters: int = 0
    words: int = 0
    common: int = 0
    short: int = 0
    odd: int = 0
    unmapped: int = 0


def read_signs(texts: Sequence[str], unmapped: int = 0, glyphs: int = 0) -> Signs:
    """Count the signs of a page's lines."""
    words = common = short = odd = letters = 0
    for text in texts:
        for token in text.split():
            bare = "".join(c for c in token if not is_mark(c) and c != "ـ")
            found = WORD.findall(bare)
            letters += sum(map(str.isalpha, bare))
            odd += sum(map(is_odd, bare)) + (is_mark(token[0]) and len(token) > 1)
            for word in found:
                if len(word) >= 3:
                    words += 1
                    common += is_common(word)
                elif len(word) == 1 and bare == word:
                    short += 1
    return Signs(letters, words, common, short, odd, unmapped)

