"""What an evaluation reads and makes: questions, what a system said, figures.

A set of questions is read from a stream and asked one at a time, so that its size does not matter;
what is kept of each is an ``Outcome``, a line of the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cica_qa.types import Citation, Document, Turn

Figures = Mapping[str, float]
"""What a question scores, by the name of the metric; a metric that does not apply is left out."""


@dataclass(frozen=True, slots=True)
class Gold:
    """An accepted answer; ``start`` is where it stands in document ``doc_id``, or -1."""

    text: str
    start: int = -1
    doc_id: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is known of its answer.

    ``golds`` are the accepted answers; where ``all_of``, an answer has to have all of them, as the
    items of a list. ``answerable`` is None where the set does not say. ``relevant`` maps what
    should be found to its grade (1 or more): document ids, or headings where the set's ``unit`` is
    «section». ``columns`` are the set's other columns, by which results may be sliced. ``line`` is
    where the question stands in its file, from 1; 0 where that says nothing.
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
class Problem:
    """What is wrong with a set, and where: ``line`` is 0 where it is not about one line.

    ``kind`` is a short name, as «malformed» or «duplicate-id»; ``message`` says what to do.
    """

    file: str
    line: int
    kind: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class QuestionSet(Protocol):
    """A question set on disk. Iterating reads it anew, so that it need not fit into memory.

    ``unit`` says what ``Question.relevant`` names: «document» or «section». ``problems`` is filled
    while iterating; a malformed entry is left out and told there.
    """

    name: str
    format: str
    unit: str
    problems: list[Problem]

    def __iter__(self) -> Iterator[Question]:
        """Yield the questions in the order of the file."""

    def documents(self) -> Iterable[Document] | None:
        """Return the documents that the set brings; None where it brings none."""

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with the content of the set's files."""


@dataclass(frozen=True, slots=True)
class Found:
    """A hit as a run has it: ``unit`` is the document's id, or the heading it stands under."""

    unit: str
    score: float
    passage_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system said to a question, and what that scores.

    ``variant`` is empty for the question as it is, else the name of the noise that was added to
    ``asked``. ``answer`` is the text shown, ``span`` the stretch that answers; both are empty where
    the system ``abstained``. ``confidence`` is NaN where the system gives none. ``found`` are the
    hits, best first, each unit once. ``error`` is what went wrong, where something did: then all
    else is empty. ``figures`` holds the metrics of this question, between 0 and 1. ``seconds`` is
    how long it took.
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
    found: tuple[Found, ...] = ()
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
    """How a metric differs from a baseline's, over the questions that both were asked.

    ``difference`` is ours less the baseline's; ``p`` that of a paired permutation test, and
    ``p_corrected`` after Holm's correction over all comparisons of an evaluation. ``needed`` is how
    many questions would show such a difference with a power of 80 %.
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
    """The figures of the questions that have ``value`` in ``column``."""

    column: str
    value: str
    count: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Drop:
    """What a kind of noise costs: the figures with it, and what they lose against the clean."""

    variant: str
    changed: int
    """How many questions the noise changed at all."""
    figures: Mapping[str, Estimate]
    losses: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve. Risk: ``x`` is the coverage, ``y`` the share of wrong answers.

    Reliability: ``x`` is the mean confidence of ``count`` answers, ``y`` the share that is right.
    """

    x: float
    y: float
    count: int = 0
    threshold: float = float("nan")


@dataclass(frozen=True, slots=True)
class SetResult:
    """All figures of one question set.

    ``latency`` has seconds: ``p50``, ``p95``, ``p99``, ``mean``, ``total``. ``configuration`` says
    what was asked of what: index manifest, model, versions, machine. ``counts`` has ``questions``,
    ``answerable``, ``unanswerable``, ``answered``, ``abstained``, ``errors``.
    """

    name: str
    format: str
    unit: str
    counts: Mapping[str, int]
    figures: Mapping[str, Estimate]
    slices: tuple[Slice, ...]
    drops: tuple[Drop, ...]
    risk: tuple[Point, ...]
    reliability: tuple[Point, ...]
    latency: Mapping[str, float]
    histogram: tuple[Point, ...]
    """Of seconds: ``x`` is where a bin begins, ``y`` where it ends, ``count`` how many fall in."""
    problems: tuple[Problem, ...]
    configuration: Mapping[str, object]
