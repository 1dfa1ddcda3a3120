"""The public ``SpanReader``: where in texts the answer to a question stands, if it does."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cica_qa.arabic.normalize import NormalizedText, Normalizer
from cica_qa.encoders.bundled import prepare_bundled
from cica_qa.errors import ModelError
from cica_qa.reader.compiled import Network, load_network
from cica_qa.reader.spans import ReadSpan, Scored, snapped
from cica_qa.reader.text import Window, question_tokens, windows
from cica_qa.reader.weights import WeightsError, packaged, read_weights
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

NO_WORDS = -100.0
"""The score of a text without words."""
TEXTS_KEPT = 128
"""Texts whose lower states are kept: about 20 MB, and half the work where they are read again."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A text as the lower layers leave it, in half precision."""

    normal: NormalizedText
    windows: tuple[Window, ...]
    states: tuple[NDArray[np.float16], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a text in the light of a question."""

    _normal: NormalizedText
    _windows: tuple[Scored, ...]

    @property
    def score(self) -> float:
        """How far the best stretch of all is ahead of there being no answer."""
        return max((span.score for span in self._best(0, len(self._normal.text))), default=NO_WORDS)

    def best(self, start: int, end: int) -> ReadSpan | None:
        """Return the best stretch between two characters of the text, snapped to whole words.

        None where there are no words.
        """
        first, last = self._inside(start, end)
        found = max(self._best(first, last), key=lambda span: span.score, default=None)
        if found is None:
            return None
        a, b = snapped(self._normal.text, found.start, found.end)
        a, b = max(a, first), min(b, last)
        if a >= b:
            return None
        return ReadSpan(*self._normal.original_span(a, b), found.score)

    def _best(self, first: int, last: int) -> list[ReadSpan]:
        return [span for window in self._windows if (span := window.best(first, last))]

    def _inside(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the normalised text that come of a stretch of the original."""
        first = int(np.searchsorted(self._normal.starts, start, "left"))
        return first, int(np.searchsorted(self._normal.ends, end, "right"))


class SpanReader:
    """Points at answers in texts. Safe to share between threads."""

    def __init__(self, network: Network, tokenizer: Tokenizer) -> None:
        self._network, self._tokenizer = network, tokenizer
        self._normalizer = Normalizer()
        self._prepared = lru_cache(TEXTS_KEPT)(self._prepare)

    @classmethod
    def load(cls, settings: Settings, file: Path | None = None) -> Self:
        """Load the weights in ``file``, by default those of the package.

        Raises ``WeightsError`` or ``ModelError`` where they or the bundled model cannot be used.
        """
        model = prepare_bundled(settings.cache_dir)
        weights = read_weights(file or packaged(), model)
        tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        return cls(load_network(weights, settings), tokenizer)

    def read(self, question: str, texts: Sequence[str]) -> list[Reading]:
        """Return what was read in each of ``texts``."""
        asked = self._network.lower(question_tokens(self._tokenizer, self._normalizer(question)))
        return [self._read(asked, self._prepared(text)) for text in texts]

    def _prepare(self, text: str) -> _Prepared:
        normal = self._normalizer.normalize(text)
        found = windows(self._tokenizer, normal.text)
        states = [self._network.lower(window.ids).astype(np.float16) for window in found]
        return _Prepared(normal, tuple(found), tuple(states))

    def _read(self, asked: NDArray[np.float32], text: _Prepared) -> Reading:
        scored = []
        for window, states in zip(text.windows, text.states, strict=True):
            scores = self._network.upper(asked, states.astype(np.float32))
            nothing = float(scores[0].sum())
            scored.append(Scored(window.places, scores[len(asked) :], nothing))
        return Reading(text.normal, tuple(scored))


def load_reader(settings: Settings) -> SpanReader | None:
    """Return the reader; None, with a warning, where it cannot be loaded: the rules do without."""
    try:
        return SpanReader.load(settings)
    except (WeightsError, ModelError) as error:
        log.warning("answers are found by rules alone, without the trained reader: %s", error)
        return None
