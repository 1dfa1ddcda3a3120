"""The types of an evaluation: questions, outcomes and figures.

A question set is streamed and asked one question at a time, so its size does not matter. What is
kept of each question is an ``Outcome``, a line of the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cica_qa.types import Citation, Document, Turn

Figures = Mapping[str, float]
"""The scores of a question by metric; metrics that do not apply are left out."""


@dataclass(frozen=True, slots=True)
class Gold:
    """An accepted answer; ``start`` is its offset in the document ``doc_id``, or -1 if unknown."""

    text: str
    start: int = -1
    doc_id: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its accepted answers and relevance judgements.

    ``golds`` are the accepted answers; if ``all_of``, an answer must contain all of them, as the
    items of a list. ``answerable`` is None if the set does not say. ``relevant`` maps the units
    that should be retrieved to their grades (1 or more): document ids, or headings if the set's
    ``unit`` is «section». ``columns`` are the set's other columns, by which results may be sliced.
    ``line`` is the line of the question in its file, from 1, or 0 if lines mean nothing.
    """

    qid: str
    text: str
    golds: tuple[Gold, ...] = ()
    all_of: bool = False
    answerable: bool | None = None
    history: tuple[Turn, ...] = ()
    relevant: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class SetProblem:
    """A problem in a question set; ``line`` is 0 if it does not concern a single line.

    ``kind`` is a short name such as «malformed» or «duplicate-id»; ``message`` says what to do.
    """

    file: str
    line: int
    kind: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class QuestionSet(Protocol):
    """A question set on disk. Each iteration reads it again, so it need not fit into memory.

    ``unit`` says what ``Question.relevant`` names: «document» or «section». ``problems`` is filled
    while iterating; malformed entries are skipped and recorded there.
    """

    name: str
    format: str
    unit: str
    problems: list[SetProblem]

    def __iter__(self) -> Iterator[Question]:
        """Yield the questions in the order of the file."""

    def documents(self) -> Iterable[Document] | None:
        """Return the set's own documents; None if it has none."""

    def fingerprint(self) -> str:
        """Return a hash of the set's files as 16 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class RunHit:
    """A hit of a run; ``unit`` is the document's id, or the heading of the passage."""

    unit: str
    score: float
    passage_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response of a system to a question, with its scores.

    ``variant`` is the name of the noise in ``asked``, or empty for the clean question. ``answer``
    is the text shown and ``span`` the part that answers; both are empty if the system
    ``abstained``. ``confidence`` is NaN if the system gives none. ``found`` are the hits, best
    first, each unit once. ``error`` describes a failure, after which the other fields of the
    response are empty. ``figures`` holds the metrics of this question, between 0 and 1. ``seconds``
    is the time it took.
    """

    question: Question
    asked: str
    variant: str = ""
    answer: str = ""
    span: str = ""
    cited: tuple[Citation, ...] = ()
    abstained: bool = False
    confidence: float = float("nan")
    reason: str = ""
    found: tuple[RunHit, ...] = ()
    error: str = ""
    figures: Figures = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over questions with its bootstrap 95 % interval."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference of a metric from the baseline's, over the questions that both asked.

    ``difference`` is our value minus the baseline's, ``p`` the p value of a paired permutation
    test, and ``p_corrected`` that after Holm's correction over all comparisons of an evaluation.
    ``needed`` is the number of questions that would show such a difference with a power of 80 %.
    """

    set_name: str
    metric: str
    baseline: float
    difference: Estimate
    p: float
    p_corrected: float
    needed: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of the questions whose ``column`` has ``value``."""

    column: str
    value: str
    count: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class NoiseDrop:
    """The effect of a kind of noise: the figures with it, and the losses against the clean ones."""

    variant: str
    changed: int
    """The number of questions that the noise changed."""
    figures: Mapping[str, Estimate]
    losses: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve.

    Of a risk-coverage curve, ``x`` is the coverage and ``y`` the share of wrong answers. Of a
    reliability curve, ``x`` is the mean confidence of ``count`` answers and ``y`` the share that is
    right.
    """

    x: float
    y: float
    count: int = 0
    threshold: float = float("nan")


@dataclass(frozen=True, slots=True)
class SetResult:
    """All figures of one question set.

    ``latency`` is in seconds: ``p50``, ``p95``, ``p99``, ``mean``, ``total``. ``configuration``
    describes the system: index manifest, model, versions, machine. ``counts`` has ``questions``,
    ``answerable``, ``unanswerable``, ``answered``, ``abstained``, ``errors``.
    """

    name: str
    format: str
    unit: str
    counts: Mapping[str, int]
    figures: Mapping[str, Estimate]
    slices: tuple[Slice, ...]
    drops: tuple[NoiseDrop, ...]
    risk: tuple[Point, ...]
    reliability: tuple[Point, ...]
    latency: Mapping[str, float]
    histogram: tuple[Point, ...]
    """Of seconds: a bin from ``x`` to ``y`` with ``count`` questions."""
    problems: tuple[SetProblem, ...]
    configuration: Mapping[str, object]
