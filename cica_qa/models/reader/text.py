"""The input of the reader: tokens of a question joined with a window of a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tokenizers import Encoding, Tokenizer

from cica_qa.models.encoder.common import without_surrogates
from cica_qa.models.runtime.packing import Tokens

FIRST, SEPARATOR = 0, 2
"""The ids of the tokens before the question and after each part."""
PROMPT = "query: "
QUESTION_TOKENS = 48
"""The most tokens of a question."""
WINDOW_TOKENS = 208
"""The most tokens of a window."""
OVERLAP_TOKENS = 48
"""The overlap of neighbouring windows in tokens, more than an answer has."""


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens of a passage, and the characters of the passage that each stands for."""

    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    def holds(self, start: int, end: int) -> bool:
        """Return whether the window covers the characters ``start:end`` of the passage."""
        own = [place for place in self.places if place[1] > place[0]]
        return bool(own) and own[0][0] <= start and end <= own[-1][1]


def question_tokens(tokenizer: Tokenizer, question: str) -> tuple[int, ...]:
    """Return the tokens of a normalised question; one that is too long keeps its end.

    Questions ask at either end, but long ones lead up to what they ask.
    """
    ids = tuple(_encode(tokenizer, PROMPT + question).ids)
    if len(ids) <= QUESTION_TOKENS:
        return ids
    lead = tuple(_encode(tokenizer, PROMPT.strip()).ids)
    return (*lead, *ids[len(ids) - (QUESTION_TOKENS - len(lead)) :])


def join_pair(question: Sequence[int], window: Sequence[int]) -> Tokens:
    """Return the joined pair that the network reads, without offsets."""
    ids = (FIRST, *question, SEPARATOR, *window, SEPARATOR)
    return Tokens(ids, (), len(question) + 2)


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """The tokens of a normalised passage, from which windows are cut."""

    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, tokenizer: Tokenizer, text: str) -> Self:
        """Tokenize a normalised text."""
        encoding = _encode(tokenizer, text)
        return cls(tuple(encoding.ids), tuple(encoding.offsets))

    def windows(self) -> list[Window]:
        """Return the windows of the whole passage in order; an empty passage has one."""
        found, first = [], 0
        while True:
            end = min(first + WINDOW_TOKENS, len(self.ids))
            found.append(self._window(first, end))
            if end == len(self.ids):
                return found
            first = end - OVERLAP_TOKENS

    def around(self, start: int, end: int, tokens: int) -> Window:
        """Return the window centred on a stretch of the passage.

        It has up to ``tokens`` tokens, or as many as the stretch if that is longer, within the
        size of a window.
        """
        own = [at for at, place in enumerate(self.places) if place[0] < end and place[1] > start]
        first, after = (own[0], own[-1] + 1) if own else (0, 0)
        size = min(max(tokens, after - first), WINDOW_TOKENS)
        first = first - max(size - (after - first), 0) // 2
        first = max(min(first, len(self.ids) - size), 0)
        return self._window(first, min(first + size, len(self.ids)))

    def _window(self, first: int, end: int) -> Window:
        return Window(self.ids[first:end], self.places[first:end])


def _encode(tokenizer: Tokenizer, text: str) -> Encoding:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer.encode(without_surrogates(text), add_special_tokens=False)
