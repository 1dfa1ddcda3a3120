"""The ``SpanReader``, which finds the answer to a question in texts if there is one."""

from __future__ import annotations

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer

from cica_qa.arabic.normalize import NormalizedText, Normalizer
from cica_qa.errors import ModelError
from cica_qa.models.bundled import prepare_bundled
from cica_qa.models.reader.compilation import load_network
from cica_qa.models.reader.scores import ReaderNetwork, ReaderScores
from cica_qa.models.reader.spans import ReadSpan, ScoredWindow, snap_to_words
from cica_qa.models.reader.text import PassageTokens, Window, join_pair, question_tokens
from cica_qa.models.reader.weights import Calibration, WeightsError, packaged_weights, read_weights
from cica_qa.models.weak_cache import WeakCache
from cica_qa.settings import Settings

log = logging.getLogger(__name__)

NO_WORDS = -100.0
"""The score of a text without any word."""
TEXTS_KEPT = 512
SCORES_KEPT = 64
"""The number of recent windows whose scores are cached: parts of a question share windows."""
ROW_TOKENS = 1024
"""The most tokens in one row."""
AROUND_TOKENS = 96
"""The number of tokens of the window around a spot."""
Spots = Sequence[tuple[int, int]]
"""Stretches of a text, as (start, end) in characters."""
_in_use: WeakCache[SpanReader] = WeakCache()


@dataclass(frozen=True, slots=True)
class ReaderResult:
    """The reader's result for a question and a text."""

    _normal: NormalizedText
    _windows: tuple[ScoredWindow, ...]
    _calibration: Calibration

    @property
    def score(self) -> float:
        """The margin of the best stretch of the text over the score of no answer."""
        return max((span.score for span in self._best(0, len(self._normal.text))), default=NO_WORDS)

    @property
    def answerable(self) -> float:
        """The probability that the text answers the question."""
        best = max(window.scores.answerable for window in self._windows)
        logit = self._calibration.scale * best + self._calibration.shift
        return 1 / (1 + math.exp(-logit))

    @property
    def verdict(self) -> tuple[float, float, float]:
        """The probabilities that the text answers neither, yes or no.

        They are taken from the window most likely to contain an answer.
        """
        window = max(self._windows, key=lambda window: window.scores.answerable)
        scores = window.scores.verdict / self._calibration.temperature
        shares = np.exp(scores - scores.max())
        neither, yes, no = (shares / shares.sum()).tolist()
        return neither, yes, no

    def best(self, start: int, end: int) -> ReadSpan | None:
        """Return the best stretch within ``start:end``, snapped to whole words.

        Returns None if there are no words.
        """
        first, last = normalized_stretch(self._normal, start, end)
        found = max(self._best(first, last), key=lambda span: span.score, default=None)
        if found is None:
            return None
        a, b = snap_to_words(self._normal.text, found.start, found.end)
        a, b = max(a, first), min(b, last)
        if a >= b:
            return None
        return ReadSpan(*self._normal.original_span(a, b), found.score)

    def _best(self, first: int, last: int) -> list[ReadSpan]:
        return [span for window in self._windows if (span := window.best(first, last))]


class SpanReader:
    """Finds answers in texts. Thread-safe."""

    def __init__(
        self, network: ReaderNetwork, tokenizer: Tokenizer, calibration: Calibration
    ) -> None:
        self._network, self._tokenizer, self._calibration = network, tokenizer, calibration
        self._normalizer = Normalizer()
        self._tokens = lru_cache(TEXTS_KEPT)(self._tokenize)
        self._kept: OrderedDict[tuple[str, Window], ReaderScores] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls,
        settings: Settings,
        file: Path | None = None,
        tokenizer: Callable[[], Tokenizer | None] = lambda: None,
    ) -> Self:
        """Load the reader.

        Args:
            settings: The cache folder and the number of threads.
            file: The weights; by default those of the package.
            tokenizer: Returns the tokenizer of the bundled model if it is already loaded. It is
                called last.

        Raises:
            WeightsError: The weights cannot be used.
            ModelError: The bundled model cannot be used.

        """
        model = prepare_bundled(settings.cache_dir)
        weights = read_weights(file or packaged_weights())
        network = load_network(weights, model, settings)
        own = tokenizer() or Tokenizer.from_file(str(model / "tokenizer.json"))
        return cls(network, own, weights.calibration)

    def read(
        self, question: str, texts: Sequence[str], spots: Sequence[Spots] | None = None
    ) -> list[ReaderResult]:
        """Return the results for each of ``texts``.

        With ``spots``, given for each text, only they and their surroundings are read.
        """
        asked = self._normalizer(question)
        found: list[tuple[NormalizedText, list[Window]]] = []
        for at, text in enumerate(texts):
            normal, tokens = self._tokens(text)
            windows = tokens.windows() if spots is None else _around(normal, tokens, spots[at])
            found.append((normal, windows))
        every = [window for _, windows in found for window in windows]
        scores = self._scores(asked, list(dict.fromkeys(every)))
        first = len(question_tokens(self._tokenizer, asked)) + 2
        return [
            ReaderResult(
                normal,
                tuple(ScoredWindow(window.places, scores[window], first) for window in windows),
                self._calibration,
            )
            for normal, windows in found
        ]

    def _tokenize(self, text: str) -> tuple[NormalizedText, PassageTokens]:
        normal = self._normalizer.normalize(text)
        return normal, PassageTokens.of(self._tokenizer, normal.text)

    def _scores(self, question: str, windows: Sequence[Window]) -> dict[Window, ReaderScores]:
        """Return the scores of windows, cached or computed together."""
        with self._lock:
            known = {w: self._kept[question, w] for w in windows if (question, w) in self._kept}
        new = [window for window in windows if window not in known]
        asked = question_tokens(self._tokenizer, question)
        for batch in _batches(new, len(asked)):
            scored = self._network.scores([join_pair(asked, window.ids) for window in batch])
            known.update(zip(batch, scored, strict=True))
        with self._lock:
            self._kept.update({(question, window): known[window] for window in new})
            while len(self._kept) > SCORES_KEPT:
                self._kept.popitem(last=False)
        return known


def _batches(windows: Sequence[Window], question_length: int) -> Iterator[list[Window]]:
    """Yield windows in rows of up to ``ROW_TOKENS`` tokens, or of a single window."""
    row: list[Window] = []
    tokens = 0
    for window in windows:
        size = question_length + len(window.ids)
        if row and tokens + size > ROW_TOKENS:
            yield row
            row, tokens = [], 0
        row.append(window)
        tokens += size
    if row:
        yield row


def _around(normal: NormalizedText, tokens: PassageTokens, spots: Spots) -> list[Window]:
    """Return windows around spots; a spot inside the window of another gets none of its own."""
    found: list[Window] = []
    for start, end in spots:
        first, last = normalized_stretch(normal, start, end)
        if not any(window.holds(first, last) for window in found):
            found.append(tokens.around(first, last, AROUND_TOKENS))
    return found


def normalized_stretch(normal: NormalizedText, start: int, end: int) -> tuple[int, int]:
    """Return the start and end, in the normalised text, of a stretch of the original."""
    first = int(np.searchsorted(normal.starts, start, "left"))
    return first, int(np.searchsorted(normal.ends, end, "right"))


def load_reader(
    settings: Settings, tokenizer: Callable[[], Tokenizer | None] = lambda: None
) -> SpanReader | None:
    """Return the reader, or None if the settings disable it or it cannot be loaded.

    A failure is logged as a warning; answers are then found by rules alone. A reader in use in
    this process is shared. ``tokenizer`` is as in ``SpanReader.load``.
    """
    if not settings.reader:
        return None
    file = packaged_weights()
    try:
        changed = file.stat().st_mtime_ns if file.exists() else 0
        key = file, changed, settings.cache_dir, settings.threads
        return _in_use.get(key, lambda: SpanReader.load(settings, file, tokenizer))
    except (WeightsError, ModelError) as error:
        log.warning("answers are found by rules alone, without the trained reader: %s", error)
        return None
