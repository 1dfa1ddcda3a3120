"""A generated question over a generated text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_INSIDE = re.compile(r"[\w\u064b-\u0652\u0640%٪]")
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class Made:
    """A question, the text for the reader, and the expected reading."""

    kind: str
    question: str
    text: str
    span: tuple[int, int] | None
    answerable: bool
    verdict: str = "neither"

    @property
    def answer(self) -> str:
        """The text of the answer, empty if there is none."""
        return self.text[slice(*self.span)] if self.span else ""


def found(kind: str, question: str, text: str, span: tuple[int, int]) -> Made:
    """Return a row whose answer is the given span, widened to whole words."""
    return Made(kind, question, text, whole_words(text, *span), True)


def missing(kind: str, question: str, text: str) -> Made:
    """Return a row whose text does not answer the question."""
    return Made(kind, question, text, None, False)


def polar(kind: str, question: str, text: str, verdict: str) -> Made:
    """Return a yes/no row; «neither» makes it unanswerable."""
    return Made(kind, question, text, None, verdict != "neither", verdict)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span widened to word boundaries, without space or punctuation at its ends."""
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
    """Return a text with Arabic-Indic digits, except in codes and addresses."""
    return _NUMBER.sub(lambda found: found[0].translate(ARABIC_DIGITS), text)


def with_arabic_digits(row: Made) -> Made:
    """Return a row with Arabic-Indic digits in its text."""
    return replace(row, text=arabic_digits(row.text))
