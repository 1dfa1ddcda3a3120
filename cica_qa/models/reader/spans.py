"""Answer spans in characters, from the scores of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cica_qa.models.reader.scores import ReaderScores

MAX_ANSWER_TOKENS = 40
"""The greatest length of an answer in tokens."""
MIN_WORD_LETTERS = 3
"""The fewest letters that must follow a proclitic."""
_IMPOSSIBLE = -1e9
# A number with separators and percent sign is one word, as is a Latin word with an apostrophe.
_WORD = re.compile(r"\d+(?:[.,/:٫٬]\d+)*(?:\s?[%٪])?|[^\W_]+(?:['’][^\W_]+)*")
_PROCLITICS = re.compile(r"(?:[وف]?[بلك]|[وف])$")
_EDGES = ".,:;!?،؛؟…-–—•*\"'“”‘’"
_PAIRS = {"(": ")", "[": "]", "«": "»", "{": "}"}


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A span of a text; ``score`` is its margin over the score of no answer."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class ScoredWindow:
    """A window with its scores.

    ``places`` are the characters of the text that the window's tokens stand for; ``first`` is the
    index in ``scores`` of the window's first token, after those of the question.
    """

    places: Sequence[tuple[int, int]]
    scores: ReaderScores
    first: int

    def best(self, start: int, end: int) -> ReadSpan | None:
        """Return the best span within ``start:end`` of the text, or None if it has no token."""
        if not self.places:
            return None
        edges = np.array(self.places)
        inside = (edges[:, 1] > edges[:, 0]) & (edges[:, 0] >= start) & (edges[:, 1] <= end)
        rows = np.flatnonzero(inside)
        if not len(rows):
            return None
        own = self.scores.spans[self.first :][rows]
        both = own[:, 0][:, None] + own[:, 1][None]
        shape = np.tril(np.triu(np.ones_like(both)), MAX_ANSWER_TOKENS - 1)
        at = int(np.where(shape > 0, both, _IMPOSSIBLE).argmax())
        first, last = rows[at // len(rows)], rows[at % len(rows)]
        score = float(both.flat[at]) - float(self.scores.spans[0].sum())
        return ReadSpan(int(edges[first, 0]), int(edges[last, 1]), score)


def snap_to_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span extended to whole words, without punctuation at its edges.

    A span that begins after a proclitic («و», «ف», «ب», «ل», «ك») keeps its start. Brackets are
    kept only in pairs. A span without any word is returned empty.
    """
    words = [m.span() for m in _WORD.finditer(text) if m.start() < end and m.end() > start]
    if not words:
        return start, start
    first, last = words[0][0], max(words[-1][1], end)
    clitic = _PROCLITICS.fullmatch(text[first:start]) and words[0][1] - start >= MIN_WORD_LETTERS
    return _trimmed(text, start if clitic else min(first, start), last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    before = None
    while before != (start, end):
        before = start, end
        while start < end and (text[start] in _EDGES or text[start].isspace()):
            start += 1
        while end > start and (text[end - 1] in _EDGES or text[end - 1].isspace()):
            end -= 1
        inside = text[start:end]
        for opening, closing in _PAIRS.items():
            if inside.count(opening) > inside.count(closing):
                if text[end : end + 1] == closing:
                    end += 1
                elif inside.startswith(opening):
                    start += 1
                elif inside.endswith(opening):
                    end -= 1
            elif inside.count(closing) > inside.count(opening):
                if start and text[start - 1] == opening:
                    start -= 1
                elif inside.endswith(closing):
                    end -= 1
                elif inside.startswith(closing):
                    start += 1
        # A pair at the edges is dropped: the answer is the text between.
        if (
            inside[:1] in _PAIRS
            and inside[-1:] == _PAIRS[inside[0]]
            and _one_pair(text, start, end)
        ):
            start, end = start + 1, end - 1
    return start, end


def _one_pair(text: str, start: int, end: int) -> bool:
    return not any(mark in text[start + 1 : end - 1] for mark in (text[start], text[end - 1]))
