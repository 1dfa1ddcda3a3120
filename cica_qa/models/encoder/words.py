"""Vectors of words and spans in context, pooled from the token vectors of an encoder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from cica_qa.arabic.analyze import is_stop_word
from cica_qa.arabic.letters import fold
from cica_qa.models.encoder.common import unit_rows
from cica_qa.protocols import InContext, Vectors, WordVectors

_WORD = re.compile(r"[^\W_]+")
_SAME = 0.999  # least cosine of two vectors that are equal within rounding
_WHOLE_WORD = re.compile(r"[ء-ي]{3,}|[A-Za-z]{3,}")


def pool_words(
    text: str, start: int, offsets: Sequence[tuple[int, int]], tokens: Vectors
) -> WordVectors:
    """Return the words of ``text`` from ``start`` on, each with the mean of its tokens' vectors.

    ``offsets`` are the characters of each token, ``tokens`` its vectors, shape
    ``(len(offsets), dimension)``. Function words are left out unless there are no others.
    """
    found: list[tuple[str, list[int]]] = []
    spans = [(first, last, at) for at, (first, last) in enumerate(offsets) if last > first]
    place = 0
    for match in _WORD.finditer(text, start):
        while place < len(spans) and spans[place][1] <= match.start():
            place += 1
        own = [
            at for first, _, at in spans[place : place + len(match[0]) + 1] if first < match.end()
        ]
        if own:
            found.append((match[0], own))
    kept = [(word, own) for word, own in found if not is_stop_word(fold(word))] or found
    if not kept:
        return WordVectors((), np.empty((0, tokens.shape[1]), np.float32))
    vectors = np.stack([tokens[own].mean(axis=0, dtype=np.float32) for _, own in kept])
    return WordVectors(tuple(word for word, _ in kept), vectors)


def content_word_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the words for which ``pool_words`` returns vectors.

    Words beyond the limit of the model, which it cannot read, are included.
    """
    places = [match.span() for match in _WORD.finditer(text)]
    return [
        (start, end) for start, end in places if not is_stop_word(fold(text[start:end]))
    ] or places


def pool_in_context(
    whole: Vectors,
    text: str,
    start: int,
    offsets: Sequence[tuple[int, int]],
    tokens: Vectors,
    spans: Sequence[tuple[int, int]],
) -> InContext:
    """Return the vectors of ``text`` from ``start`` on, the origin that ``spans`` count from."""
    shifted = [(first + start, last + start) for first, last in spans]
    return InContext(
        whole,
        pool_spans(whole, tokens, offsets, shifted),
        pool_words(text, start, offsets, tokens),
    )


def pool_spans(
    whole: Vectors,
    tokens: Vectors,
    offsets: Sequence[tuple[int, int]],
    spans: Sequence[tuple[int, int]],
) -> Vectors:
    """Return a unit vector for each of ``spans``, ranges of characters as in ``offsets``.

    ``whole`` is the model's vector of the text, shape ``(dimension,)``; ``tokens`` are as in
    ``pool_words``. See ``InContext``. A span beyond the model's limit has the vector of the whole.
    """
    found = np.tile(whole, (len(spans), 1))
    mean = tokens.mean(axis=0, dtype=np.float32)
    if whole.shape != mean.shape or whole @ unit_rows(mean[np.newaxis])[0] < _SAME:
        return found
    places = np.array(offsets, np.int64).reshape(-1, 2)
    for at, (start, end) in enumerate(spans):
        inside = (places[:, 0] >= start) & (places[:, 1] <= end) & (places[:, 1] > places[:, 0])
        if inside.any():
            found[at] = unit_rows(tokens[inside].mean(axis=0, keepdims=True))[0]
    return found


def whole_words(pieces: Iterable[str], boundary: str = "\u2581") -> list[str]:
    """Return the pieces of a tokenizer's vocabulary that are whole words, sorted."""
    bare = (piece.removeprefix(boundary) for piece in pieces if piece.startswith(boundary))
    return sorted({word for word in bare if _WHOLE_WORD.fullmatch(word)})
