"""The question sets in their original files: JSON lines, some of them gzipped."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.training.pairs import NEITHER, NO, YES
from cica_qa.arabic.normalize import Normalizer

normalizer = Normalizer()
_LABELS = {
    "entailment": YES,
    "contradiction": NO,
    "neutral": NEITHER,
    "yes": YES,
    "no": NO,
    "unknown": NEITHER,
}
_ASKS = {
    "ar": "هل {}؟",
    "fa": "آیا {}؟",
    "id": "Apakah {}?",
    "ja": "{}か?",
    "ru": "{}?",
    "ko": "{} 맞습니까?",
    "en": "Is it true that {}?",
}
_EDGES = " .،؛:,;«»\"'()"


@dataclass(slots=True)
class Question:
    """A question with its passage, not normalised; ``span`` is the answer's span.

    If the answer is yes or no, ``verdict`` is set and ``span`` is None.
    """

    source: str
    qid: str
    question: str
    context: str
    span: tuple[int, int] | None
    answerable: bool
    arabic: bool
    verdict: int = NEITHER
    asks_verdict: bool = False
    answers: tuple[str, ...] = ()
    others: list[str] = field(default_factory=list)
    """Other passages of the same document."""


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file; other lines are reported, counted and skipped."""
    opener = gzip.open if file.suffix == ".gz" else open
    corrupt = 0
    with opener(file, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TypeError("it is no object")
            except (ValueError, TypeError) as error:
                corrupt += 1
                print(f"{file.name}, line {number} is skipped: {error}", file=sys.stderr)
                continue
            yield row
    if corrupt:
        print(f"{file.name}: {corrupt} corrupt lines skipped", file=sys.stderr)


def find(data: Path, name: str) -> Path:
    """Return the file of a set, from any of the folders of ``data``."""
    for place in (
        f"{name}.jsonl",
        *(f"{d}/{name}.jsonl.gz" for d in ("reading", "verdicts", "passages", "tables")),
    ):
        if (data / place).exists():
            return data / place
    raise FileNotFoundError(f"no set {name} in {data}")


def span_questions(
    data: Path, name: str, keep: Callable[[dict[str, Any]], bool] = lambda _: True
) -> list[Question]:
    """Return the questions of a span set, each with the other passages of its document."""
    found: list[Question] = []
    titled: dict[str, dict[str, None]] = {}
    contexts: dict[str, str] = {}
    for row in read_lines(find(data, name)):
        if not keep(row) or not row["question"].strip():
            continue
        context = contexts.setdefault(row["context"], row["context"])
        span = None if row.get("is_impossible") else answer_span(row)
        if span is None and not row.get("is_impossible"):
            continue
        language = row.get("language") or row.get("lang") or "ar"
        answers = tuple(row.get("answers") or ())
        arabic = language in ("ar", "arabic")
        question = Question(
            name,
            row["qid"],
            row["question"],
            context,
            span,
            span is not None,
            arabic,
            answers=answers,
        )
        found.append(question)
        if row.get("title"):
            titled.setdefault(row["title"], {})[context] = None
            question.others = titled[row["title"]]
    for question in found:
        question.others = list(question.others)
    return found


def answer_span(row: dict[str, Any]) -> tuple[int, int] | None:
    """Return the span of the first answer that the context contains."""
    context = row["context"]
    for answer, start in zip(
        row.get("answers") or (), row.get("answer_starts") or (), strict=False
    ):
        if not answer.strip():
            continue
        if context[start : start + len(answer)] != answer:
            start = context.find(answer)
        if start >= 0:
            first = start + len(answer) - len(answer.lstrip(_EDGES))
            last = start + len(answer.rstrip(_EDGES))
            return (first, last) if first < last else None
    return None


def kept_for_measuring(context: str) -> bool:
    """Return whether a passage belongs to the tenth that is reserved for measuring verdicts."""
    return hashlib.sha256(context.encode()).digest()[0] % 10 == 0


def verdict_questions(data: Path, name: str, measured: bool = False) -> list[Question]:
    """Return the questions of a yes/no set, or its statements turned into questions.

    They are those for training, or those to be ``measured``.
    """
    found = []
    for at, row in enumerate(read_lines(find(data, name))):
        label = _LABELS.get(row.get("answer") or row.get("label") or "")
        if label is None:
            continue
        said = row.get("hypothesis") or row.get("statement") or ""
        question = row.get("question") or _ASKS[row["lang"]].format(said.rstrip(" .؟?!。"))
        if row.get("scenario"):
            continue  # the answer is outside the passage
        context = row.get("passage") or row.get("premise") or _fields(row)
        if not context.strip() or kept_for_measuring(context) != measured:
            continue
        found.append(
            Question(
                name,
                f"{name}-{at}",
                question,
                context,
                None,
                label != NEITHER,
                row["lang"] == "ar",
                label,
                True,
            )
        )
    return found


def _fields(row: dict[str, Any]) -> str:
    """Return a two-column table as lines of «field: value» below its title."""
    if len(row.get("header", ())) != 2:
        return ""
    return "\n".join((row["title"], *(": ".join(cells) for cells in row["rows"])))


@lru_cache(200_000)
def normalized(text: str) -> str:
    """Return a text normalised as for the reader."""
    return normalizer(text)


def normalized_span(text: str, span: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """Return a normalised text and a span mapped onto it."""
    normal = normalizer.normalize(text)
    first = int(np.searchsorted(normal.starts, span[0], "left"))
    last = int(np.searchsorted(normal.ends, span[1], "right"))
    return normal.text, (first, last)
