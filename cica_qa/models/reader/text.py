"""What the reader reads: a question joined with a window of a passage, as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tokenizers import Encoding, Tokenizer

from cica_qa.models.encoder.common import without_surrogates
from cica_qa.models.runtime.packing import Tokens

FIRST, SEPARATOR = 0, 2
"""The tokens before a question and behind each part."""
PROMPT = "query: "
QUESTION_TOKENS = 48
"""The most tokens that are read of a question."""
WINDOW_TOKENS = 208
"""The most tokens of a passage that are read at once."""
OVERLAP_TOKENS = 48
"""How many tokens the next window reads again: more than answers have."""
Places = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens of a passage, and which characters of it each stands for."""

    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    def holds(self, start: int, end: int) -> bool:
        """Return whether it has all characters from ``start`` to ``end`` of the passage."""
        own = [place for place in self.places if place[1] > place[0]]
        return bool(own) and own[0][0] <= start and end <= own[-1][1]


def question_tokens(tokenizer: Tokenizer, question: str) -> tuple[int, ...]:
    """Return the tokens of a normalised question; of one that is too long, those of its end.

    What is asked for stands at either end of a question, but a long one leads up to it.
    """
    ids = tuple(_encode(tokenizer, PROMPT + question).ids)
    if len(ids) <= QUESTION_TOKENS:
        return ids
    lead = tuple(_encode(tokenizer, PROMPT.strip()).ids)
    return (*lead, *ids[len(ids) - (QUESTION_TOKENS - len(lead)) :])


def joined(question: Sequence[int], window: Sequence[int]) -> Tokens:
    """Return the pair that the network reads; its offsets are not set."""
    ids = (FIRST, *question, SEPARATOR, *window, SEPARATOR)
    return Tokens(ids, (), len(question) + 2)


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """The tokens of a normalised passage, cut into windows as they are asked for."""

    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, tokenizer: Tokenizer, text: str) -> Self:
        """Tokenize a normalised text."""
        encoding = _encode(tokenizer, text)
        return cls(tuple(encoding.ids), tuple(encoding.offsets))

    def windows(self) -> list[Window]:
        """Return the windows of the whole passage, in order: at least one, even of an empty one."""
        found, first = [], 0
        while True:
            end = min(first + WINDOW_TOKENS, len(self.ids))
            found.append(self._window(first, end))
            if end == len(self.ids):
                return found
            first = end - OVERLAP_TOKENS

    def around(self, start: int, end: int, tokens: int) -> Window:
        """Return the window that has a stretch of the passage in its middle.

        It has up to ``tokens`` tokens, more where the stretch does, if they fit.
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
