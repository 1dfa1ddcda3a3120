"""What the reader reads: a question, and a text in windows that overlap, as tokens."""

from __future__ import annotations

from dataclasses import dataclass

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


def question_tokens(tokenizer: Tokenizer, question: str) -> tuple[int, ...]:
    """Return the tokens of a normalised question; of one that is too long, those of its end.

    What is asked for stands at either end of a question, but a long one leads up to it.
    """
    ids = _encode(tokenizer, QUESTION_PROMPT + question).ids
    lead = _prompt_tokens(tokenizer, QUESTION_PROMPT)
    if len(ids) <= QUESTION_TOKENS:
        return tuple(ids)
    return (*ids[:lead], *ids[len(ids) - (QUESTION_TOKENS - lead) :])


def windows(tokenizer: Tokenizer, text: str) -> list[Window]:
    """Return the windows of a normalised text, in order: at least one, even of an empty text."""
    encoding = _encode(tokenizer, TEXT_PROMPT + text)
    lead, shift = _prompt_tokens(tokenizer, TEXT_PROMPT), len(TEXT_PROMPT)
    ids, last = encoding.ids, len(encoding.ids) - 1
    places = [(max(start - shift, 0), max(end - shift, 0)) for start, end in encoding.offsets]
    room = WINDOW_TOKENS - lead - 1
    found = []
    first = lead
    while True:
        end = min(first + room, last)
        found.append(
            Window(
                (*ids[:lead], *ids[first:end], ids[last]),
                (*[(0, 0)] * lead, *places[first:end], (0, 0)),
            )
        )
        if end == last:
            return found
        first = end - OVERLAP_TOKENS


def _encode(tokenizer: Tokenizer, text: str) -> Encoding:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer.encode(without_surrogates(text))


def _prompt_tokens(tokenizer: Tokenizer, prompt: str) -> int:
    """How many tokens a text has before its own: the first special one and the prompt's."""
    return len(_encode(tokenizer, prompt.strip()).ids) - 1
