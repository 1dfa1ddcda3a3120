"""What the reader reads: a question, and a text in windows that overlap, as tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from tokenizers import Encoding, Tokenizer

from cica_qa.encoders.common import without_surrogates

QUESTION_PROMPT, TEXT_PROMPT = "query: ", "passage: "
QUESTION_TOKENS = 64
"""The most tokens that are read of a question, those around it counted."""
WINDOW_TOKENS = 128
"""The most tokens that a window has, those around it counted."""
OVERLAP_TOKENS = 48
"""How many tokens the next window reads again: more than answers have."""


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens of a text, and which characters each stands for: none, (0, 0), where it was added."""

    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    def holds(self, start: int, end: int) -> bool:
        """Whether it has all characters from ``start`` to ``end`` of the text."""
        own = [place for place in self.places if place[1] > place[0]]
        return bool(own) and own[0][0] <= start and end <= own[-1][1]


def question_tokens(tokenizer: Tokenizer, question: str) -> tuple[int, ...]:
    """Return the tokens of a normalised question; of one that is too long, those of its end.

    What is asked for stands at either end of a question, but a long one leads up to it.
    """
    ids = _encode(tokenizer, QUESTION_PROMPT + question).ids
    lead = _prompt_tokens(tokenizer, QUESTION_PROMPT)
    if len(ids) <= QUESTION_TOKENS:
        return tuple(ids)
    return (*ids[:lead], *ids[len(ids) - (QUESTION_TOKENS - lead) :])


@dataclass(frozen=True, slots=True)
class TextTokens:
    """The tokens of a normalised text and its prompt, cut into windows as they are asked for."""

    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    lead: int

    @classmethod
    def of(cls, tokenizer: Tokenizer, text: str) -> Self:
        """Read a normalised text."""
        encoding = _encode(tokenizer, TEXT_PROMPT + text)
        shift = len(TEXT_PROMPT)
        places = tuple((max(a - shift, 0), max(b - shift, 0)) for a, b in encoding.offsets)
        return cls(tuple(encoding.ids), places, _prompt_tokens(tokenizer, TEXT_PROMPT))

    def windows(self) -> list[Window]:
        """Return the windows of the whole text, in order: at least one, even of an empty text."""
        last, found, first = len(self.ids) - 1, [], self.lead
        while True:
            end = min(first + self._room, last)
            found.append(self._window(first, end))
            if end == last:
                return found
            first = end - OVERLAP_TOKENS

    def around(self, start: int, end: int, tokens: int) -> Window:
        """Return the window that has a stretch of the text in its middle.

        It has up to ``tokens`` tokens of the text, more where the stretch does, if they fit.
        """
        last = len(self.ids) - 1
        own = [
            at
            for at in range(self.lead, last)
            if self.places[at][0] < end and self.places[at][1] > start
        ]
        first, after = (own[0], own[-1] + 1) if own else (self.lead, self.lead)
        size = min(max(tokens, after - first), self._room)
        first = first - max(size - (after - first), 0) // 2
        first = max(min(first, last - size), self.lead)
        return self._window(first, min(first + size, last))

    @property
    def _room(self) -> int:
        return WINDOW_TOKENS - self.lead - 1

    def _window(self, first: int, end: int) -> Window:
        return Window(
            (*self.ids[: self.lead], *self.ids[first:end], self.ids[-1]),
            (*[(0, 0)] * self.lead, *self.places[first:end], (0, 0)),
        )


def windows(tokenizer: Tokenizer, text: str) -> list[Window]:
    """Return the windows of a normalised text, in order: at least one, even of an empty text."""
    return TextTokens.of(tokenizer, text).windows()


def _encode(tokenizer: Tokenizer, text: str) -> Encoding:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer.encode(without_surrogates(text))


def _prompt_tokens(tokenizer: Tokenizer, prompt: str) -> int:
    """How many tokens a text has before its own: the first special one and the prompt's."""
    return len(_encode(tokenizer, prompt.strip()).ids) - 1
