"""One made question over one made text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_INSIDE = re.compile(r"[\w\u064b-\u0652\u0640%٪]")
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class Made:
    """A question, the text handed to the reader, and what the reader should say of them."""

    kind: str
    question: str
    text: str
    span: tuple[int, int] | None
    answerable: bool
    verdict: str = "neither"

    @property
    def answer(self) -> str:
        """Return the characters of the answer, empty where there are none."""
        return self.text[slice(*self.span)] if self.span else ""


def found(kind: str, question: str, text: str, span: tuple[int, int]) -> Made:
    """Return a row whose answer is the given stretch, widened to whole words."""
    return Made(kind, question, text, whole_words(text, *span), True)


def missing(kind: str, question: str, text: str) -> Made:
    """Return a row that the text does not answer."""
    return Made(kind, question, text, None, False)


def polar(kind: str, question: str, text: str, verdict: str) -> Made:
    """Return a yes-or-no row; «neither» is an unanswerable one."""
    return Made(kind, question, text, None, verdict != "neither", verdict)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span widened to word boundaries, without space or punctuation at its ends."""
    while start < end and text[start] in " \n\t|:،؛.":
        start += 1
    while end > start and text[end - 1] in " \n\t|:،؛.":
        end -= 1
    while start > 0 and _INSIDE.match(text[start - 1]) and _INSIDE.match(text[start]):
        start -= 1
    while end < len(text) and _INSIDE.match(text[end]) and _INSIDE.match(text[end - 1]):
        end += 1
    return start, end


_NUMBER = re.compile(r"(?<![A-Za-z\d])(?<![A-Za-z]-)\d+(?![\dA-Za-z])")


def arabic_digits(text: str) -> str:
    """Return the text with its digits Arabic-Indic, those of codes and addresses apart."""
    return _NUMBER.sub(lambda found: found[0].translate(ARABIC_DIGITS), text)


def with_arabic_digits(row: Made) -> Made:
    """Return the row with the digits of its text in Arabic-Indic form."""
    return replace(row, text=arabic_digits(row.text))
