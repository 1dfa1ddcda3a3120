"""Misspelt questions: typical slips in typed Arabic, drawn at random but reproducibly.

``EDITS`` gives their weights. The first four are undone by ``cica_qa.arabic.letters.fold``; the
others, called *hard*, are not. By default three edits in four are hard (in effect more, since a
word without a hamza, ة or ى has no easy slip), which is meant to be harsher than real typing.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable

from cica_qa.arabic.letters import fold

SHORTEST = 3
_WORD = re.compile(r"[^\W\d_]+")
_ROWS = (
    ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤر\0ىةوزظ"),  # \0 is the key of لا
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
)
_HAMZAS = ("أإآا", "ؤو", "ئي")
_SOUNDS = ("ضظ", "ذدز", "ثتس", "صس", "طت", "قك", "حه")


def misspell(question: str, share: float, rng: random.Random, hard: float = 0.75) -> str:
    """Return the question with ``share`` of its words of three letters or more misspelt.

    Each of these words gets one edit. Their number is rounded up or down at random, so that it is
    right on average. ``hard`` is the share of edits that folding does not undo, as far as the words
    allow. Raises ``ValueError`` if a share is not between 0 and 1.
    """
    if not (0 <= share <= 1 and 0 <= hard <= 1):
        raise ValueError(f"share {share} and hard {hard} must be between 0 and 1")
    words = [match for match in _WORD.finditer(question) if len(match[0]) >= SHORTEST]
    wanted = math.floor(share * len(words) + rng.random())
    chosen = sorted(rng.sample(range(len(words)), min(wanted, len(words))), reverse=True)
    for match in (words[at] for at in chosen):
        slip = _slip(match[0], rng, hard)
        question = question[: match.start()] + slip + question[match.end() :]
    return question


def _slip(word: str, rng: random.Random, hard: float) -> str:
    """Return the word with one edit; hard edits change its folded form, easy ones do not."""
    is_hard = rng.random() < hard
    weights = [weight if _is_easy(edit) != is_hard else 0.0 for edit, weight in EDITS.items()]
    for _ in range(20):
        (edit,) = rng.choices(list(EDITS), weights)
        slip = edit(word, rng)
        if slip != word and (fold(slip) != fold(word)) == is_hard:
            return slip
    return word if is_hard else _slip(word, rng, 1.0)


def _is_easy(edit: Callable[[str, random.Random], str]) -> bool:
    return edit in (_hamza, _lost_hamza, _ta_marbuta, _alef_maqsura)


def _hamza(word: str, rng: random.Random) -> str:
    return _swapped_letter(word, rng, _HAMZAS)


def _lost_hamza(word: str, rng: random.Random) -> str:
    return word.replace("ء", "", 1)


def _ta_marbuta(word: str, rng: random.Random) -> str:
    return word[:-1] + {"ة": "ه", "ه": "ة"}.get(word[-1], word[-1])


def _alef_maqsura(word: str, rng: random.Random) -> str:
    return word[:-1] + {"ى": "ي", "ي": "ى"}.get(word[-1], word[-1])


def _sound(word: str, rng: random.Random) -> str:
    return _swapped_letter(word, rng, _SOUNDS)


def _drop(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _double(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[: at + 1] + word[at:]


def _swap(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _neighbour(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    keys = _keys_around(word[at])
    return word[:at] + rng.choice(keys) + word[at + 1 :] if keys else word


def _swapped_letter(word: str, rng: random.Random, groups: tuple[str, ...]) -> str:
    """Return the word with one letter replaced by another of the same group."""
    places = [
        (at, other)
        for at, letter in enumerate(word)
        for group in groups
        for other in group
        if letter in group and other != letter
    ]
    if not places:
        return word
    at, other = rng.choice(places)
    return word[:at] + other + word[at + 1 :]


def _keys_around(letter: str) -> list[str]:
    """Return the letters on adjacent keys; rows are offset by half a key."""
    for rows in _ROWS:
        for row, keys in enumerate(rows):
            if letter not in keys:
                continue
            at = keys.index(letter)
            around = [(row, at - 1), (row, at + 1), (row - 1, at), (row - 1, at + 1)]
            around += [(row + 1, at - 1), (row + 1, at)]
            touching = [rows[r][c] for r, c in around if 0 <= r < 3 and 0 <= c < len(rows[r])]
            return [key for key in touching if key != "\0"]
    return []


EDITS: dict[Callable[[str, random.Random], str], float] = {
    _hamza: 4,
    _lost_hamza: 1,
    _ta_marbuta: 3,
    _alef_maqsura: 2,
    _sound: 2,
    _drop: 3,
    _double: 2,
    _swap: 2,
    _neighbour: 3,
}
"""The weight of each edit among those that are equally hard."""
