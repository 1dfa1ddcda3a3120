"""Calibration of scores to probabilities, fitted on sets that the training left out.

Answerability is scaled and shifted (Platt, 1999); verdicts have a temperature (Guo et al., "On
Calibration of Modern Neural Networks", ICML 2017). They are fitted on one half of the passages and
measured on the other, by the expected calibration error.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from benchmarks.training.held_out import other_passage, span_sets, verdict_sets, without_answer
from benchmarks.training.sets import Question
from cica_qa.models.reader.reader import SpanReader
from cica_qa.models.reader.weights import Calibration

Floats = NDArray[np.float64]
Row = dict[str, Any]
BINS = 15


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores, of shape ``(trials,)`` or ``(trials, classes)``, with labels, ``(trials,)``.

    ``fitted`` are the trials to fit on; the others are for measuring.
    """

    scores: Floats
    labels: NDArray[np.int64]
    fitted: NDArray[np.bool_]

    @classmethod
    def of(cls, trials: Sequence[tuple[object, int, str]]) -> Scored:
        """Split trials (score, label, passage) into halves by passage."""
        scores, labels, texts = zip(*trials, strict=True)
        halves = random.Random(11)
        half = {text: halves.random() < 0.5 for text in dict.fromkeys(texts)}
        return cls(np.array(scores), np.array(labels), np.array([half[text] for text in texts]))


def calibrated(
    reader: SpanReader, data: Path, sample: int | None
) -> tuple[Calibration, dict[str, list[Row]]]:
    """Fit the calibration of an uncalibrated reader, and return it with its errors."""
    answers = Scored.of(list(_answerable(reader, data, sample)))
    verdicts = Scored.of(list(_verdicts(reader, data, sample)))
    scale, shift = fit_logit(answers.scores[answers.fitted], answers.labels[answers.fitted])
    temperature = fit_temperature(
        verdicts.scores[verdicts.fitted], verdicts.labels[verdicts.fitted]
    )
    found = Calibration(scale, shift, temperature)
    rows = [
        {
            "of": name,
            "fitted on": int(scored.fitted.sum()),
            "measured on": int((~scored.fitted).sum()),
            "ECE before": calibration_error(before[~scored.fitted], scored.labels[~scored.fitted]),
            "ECE": calibration_error(after[~scored.fitted], scored.labels[~scored.fitted]),
        }
        for name, scored, before, after in (
            ("answerable", answers, _sure(answers.scores), _sure(scale * answers.scores + shift)),
            (
                "verdict",
                verdicts,
                _softmax(verdicts.scores),
                _softmax(verdicts.scores / temperature),
            ),
        )
    ]
    constants = [{"scale": scale, "shift": shift, "temperature": temperature}]
    return found, {"Calibration": constants, "Calibration error": rows}


def fit_logit(scores: Floats, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Return the scale and the shift that turn scores into logits of labels, 0 or 1."""
    model = LogisticRegression(C=1e4, class_weight="balanced").fit(scores[:, None], labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def fit_temperature(scores: Floats, labels: NDArray[np.int64]) -> float:
    """Return the temperature that maximises the likelihood of the labels."""

    def loss(log: float) -> float:
        shares = _softmax(scores / math.exp(log))
        return -float(np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean())

    return math.exp(float(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def calibration_error(shares: Floats, labels: NDArray[np.int64], bins: int = BINS) -> float:
    """Return the expected calibration error of the likeliest class, over bins of equal width.

    ``shares`` are probabilities, of shape ``(trials, classes)``.
    """
    sure, right = shares.max(1), shares.argmax(1) == labels
    bin_of = np.minimum((sure * bins).astype(int), bins - 1)
    error = 0.0
    for number in np.unique(bin_of):
        own = bin_of == number
        error += own.mean() * abs(sure[own].mean() - right[own].mean())
    return float(error)


def _answerable(
    reader: SpanReader, data: Path, sample: int | None
) -> Iterator[tuple[float, int, str]]:
    """Yield trials of each passage, and alternately of it without its answer or of another one."""
    rng = random.Random(3)
    for questions in span_sets(data, sample).values():
        for at, question in enumerate(questions):
            near, other = without_answer(question), other_passage(question, rng)
            wrong = (near or other) if at % 2 else (other or near)
            if wrong is None:
                continue
            texts = question.context, wrong
            for reading, label in zip(reader.read(question.question, texts), (1, 0), strict=True):
                yield _logit(reading.answerable), label, question.context


def _verdicts(
    reader: SpanReader, data: Path, sample: int | None
) -> Iterator[tuple[list[float], int, str]]:
    for questions in verdict_sets(data, sample).values():
        for question in questions:
            yield log_verdict(reader, question), question.verdict, question.context


def log_verdict(reader: SpanReader, question: Question) -> list[float]:
    """Return the log-probabilities of neither, yes and no."""
    [reading] = reader.read(question.question, [question.context])
    return [math.log(share + 1e-12) for share in reading.verdict]


def _logit(share: float) -> float:
    share = min(max(share, 1e-12), 1 - 1e-12)
    return math.log(share / (1 - share))


def _sure(logits: Floats) -> Floats:
    shares = 1 / (1 + np.exp(-logits))
    return np.stack([1 - shares, shares], 1)


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
