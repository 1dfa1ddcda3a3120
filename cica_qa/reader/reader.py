"""The public ``SpanReader``: where in texts the answer to a question stands, if it does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cica_qa.arabic.normalize import NormalizedText, Normalizer
from cica_qa.encoders.bundled import prepare_bundled
from cica_qa.encoders.in_use import InUse
from cica_qa.errors import ModelError
from cica_qa.reader.compiled import Network, load_network
from cica_qa.reader.spans import ReadSpan, Scored, snapped
from cica_qa.reader.text import TextTokens, Window, question_tokens
from cica_qa.reader.weights import Array, WeightsError, packaged, read_weights
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

NO_WORDS = -100.0
"""The score of a text without words."""
TEXTS_KEPT = 512
WINDOWS_KEPT = 512
"""Windows whose lower states are kept: up to 50 MB, and half the work where they are read again."""
QUESTIONS_KEPT = 8
SCORES_KEPT = 64
"""What is kept of the last windows that questions were asked of: a text is read bit by bit."""
AROUND_TOKENS = 56
"""How many tokens are read of a text around a spot."""
Spots = Sequence[tuple[int, int]]
"""Stretches of a text, as (start, end) in its characters."""
_in_use: InUse[SpanReader] = InUse()


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
        first, last = normalized_stretch(self._normal, start, end)
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


class SpanReader:
    """Points at answers in texts. Safe to share between threads."""

    def __init__(self, network: Network, tokenizer: Tokenizer) -> None:
        self._network, self._tokenizer = network, tokenizer
        self._normalizer = Normalizer()
        self._tokens = lru_cache(TEXTS_KEPT)(self._tokenize)
        self._lower = lru_cache(WINDOWS_KEPT)(self._lower_states)
        self._asked = lru_cache(QUESTIONS_KEPT)(self._question_states)
        self._scored = lru_cache(SCORES_KEPT)(self._scores)

    @classmethod
    def load(
        cls,
        settings: Settings,
        file: Path | None = None,
        tokenizer: Callable[[], Tokenizer | None] = lambda: None,
    ) -> Self:
        """Load the weights in ``file``, by default those of the package.

        ``tokenizer`` is asked, at the end, for that of the bundled model, where another part has
        it. Raises ``WeightsError`` or ``ModelError`` where they or the model cannot be used.
        """
        model = prepare_bundled(settings.cache_dir)
        weights = read_weights(file or packaged(), model)
        network = load_network(weights, settings)
        return cls(network, tokenizer() or Tokenizer.from_file(str(model / "tokenizer.json")))

    def read(
        self, question: str, texts: Sequence[str], spots: Sequence[Spots] | None = None
    ) -> list[Reading]:
        """Return what was read in each of ``texts``.

        With ``spots``, for each text, only they are read and a little around them.
        """
        found = []
        for at, text in enumerate(texts):
            normal, tokens = self._tokens(text)
            windows = tokens.windows() if spots is None else _around(normal, tokens, spots[at])
            found.append(Reading(normal, tuple(self._scored(question, one) for one in windows)))
        return found

    def _tokenize(self, text: str) -> tuple[NormalizedText, TextTokens]:
        normal = self._normalizer.normalize(text)
        return normal, TextTokens.of(self._tokenizer, normal.text)

    def _lower_states(self, ids: tuple[int, ...]) -> NDArray[np.float16]:
        """What the lower layers make of a window, in half precision."""
        return self._network.lower(ids).astype(np.float16)

    def _question_states(self, question: str) -> Array:
        return self._network.lower(question_tokens(self._tokenizer, self._normalizer(question)))

    def _scores(self, question: str, window: Window) -> Scored:
        asked = self._asked(question)
        scores = self._network.upper(asked, self._lower(window.ids).astype(np.float32))
        return Scored(window.places, scores[len(asked) :], float(scores[0].sum()))


def _around(normal: NormalizedText, tokens: TextTokens, spots: Spots) -> list[Window]:
    """The windows around spots; a spot that was read beside another is not read again."""
    found: list[Window] = []
    for start, end in spots:
        first, last = normalized_stretch(normal, start, end)
        if not any(window.holds(first, last) for window in found):
            found.append(tokens.around(first, last, AROUND_TOKENS))
    return found


def normalized_stretch(normal: NormalizedText, start: int, end: int) -> tuple[int, int]:
    """The characters of the normalised text that come of a stretch of the original."""
    first = int(np.searchsorted(normal.starts, start, "left"))
    return first, int(np.searchsorted(normal.ends, end, "right"))


def load_reader(
    settings: Settings, tokenizer: Callable[[], Tokenizer | None] = lambda: None
) -> SpanReader | None:
    """Return the reader; None where the settings leave it out: the rules do without.

    None, too, with a warning, where it cannot be loaded. One that is in use in this process is
    returned again. ``tokenizer`` as in ``SpanReader.load``.
    """
    if not settings.reader:
        return None
    file = packaged()
    try:
        changed = file.stat().st_mtime_ns if file.exists() else 0
        key = file, changed, settings.cache_dir, settings.threads
        return _in_use.get(key, lambda: SpanReader.load(settings, file, tokenizer))
    except (WeightsError, ModelError) as error:
        log.warning("answers are found by rules alone, without the trained reader: %s", error)
        return None
