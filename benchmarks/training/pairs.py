"""Training pairs: the tokens of a question and of a window of a passage, with the targets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from cica_qa.models.reader.text import FIRST, SEPARATOR, question_tokens

LONGEST_ANSWER = 48
"""The maximum length of an answer to learn, in tokens."""
WINDOWS = ((96, 0.25), (128, 0.45), (192, 0.2), (256, 0.1))
"""The maximum lengths of pairs, in tokens, and how often each is used."""
NEITHER, YES, NO = range(3)
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens of a question and a window of a passage.

    ``passage`` is the position of the passage's first token. ``start`` and ``end`` are those of
    the answer's first and last token: 0 if there is no answer, ``UNKNOWN`` if it is not given.
    ``answerable`` is 0 or 1, ``verdict`` one of ``NEITHER``, ``YES`` and ``NO``.
    """

    ids: tuple[int, ...]
    passage: int
    start: int
    end: int
    answerable: int
    verdict: int
    asks_verdict: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What a question is paired with: a normalised text and its answer."""

    text: str
    span: tuple[int, int] | None
    answerable: bool
    verdict: int = NEITHER
    asks_verdict: bool = False


def join(tokenizer: Tokenizer, question: str, target: Target, rng: random.Random) -> Pair | None:
    """Return a pair, cut to a random window; None if its answer would be cut."""
    sizes, shares = zip(*WINDOWS, strict=True)
    most = rng.choices(sizes, shares)[0]
    asked = (FIRST, *question_tokens(tokenizer, question), SEPARATOR)
    encoding = tokenizer.encode(target.text, add_special_tokens=False)
    total, room = len(encoding.ids), most - len(asked) - 1
    answer = _tokens(encoding.offsets, target.span) if target.span else None
    if target.span and (answer is None or answer[1] - answer[0] >= min(LONGEST_ANSWER, room)):
        return None
    first = _window(total, room, answer, rng)
    last = min(total, first + room)
    answerable, start, end = int(target.answerable), 0, 0
    if answer and first <= answer[0] and answer[1] < last:
        start, end = (place - first + len(asked) for place in answer)
    elif answer and (answer[0] >= last or answer[1] < first):
        answerable = 0
    elif answer:
        return None
    elif target.asks_verdict:
        if total > room:
            return None
        if target.answerable:
            start = end = UNKNOWN
    ids = (*asked, *encoding.ids[first:last], SEPARATOR)
    return Pair(ids, len(asked), start, end, answerable, target.verdict, target.asks_verdict)


def _tokens(offsets: Sequence[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int] | None:
    own = [at for at, (a, b) in enumerate(offsets) if b > span[0] and a < span[1] and b > a]
    return (own[0], own[-1]) if own else None


def _window(total: int, room: int, answer: tuple[int, int] | None, rng: random.Random) -> int:
    """Return the first token of a random window, which mostly contains the answer."""
    if total <= room:
        return 0
    if answer is None or rng.random() < 0.12:
        return rng.randrange(total - room + 1)
    return rng.randint(max(0, answer[1] - room + 1), min(answer[0], total - room))
