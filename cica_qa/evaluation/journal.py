"""The journal of a run: a line for each outcome, written at once so that no answer is lost.

The first line identifies the question set and the system; a run of the same two continues after
the last complete line. The questions themselves are not copied from their set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from cica_qa.errors import EvaluationError
from cica_qa.evaluation.types import Outcome, Question, RunHit
from cica_qa.types import Citation

_FORMAT = 1
JOURNAL_NAME = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """What a run depends on; runs with equal headers have equal outcomes except for the times.

    ``set_fingerprint`` is that of the question set, ``system`` the configuration of the system, and
    ``variants`` the kinds of noise.
    """

    set_fingerprint: str
    system: Mapping[str, object]
    variants: tuple[str, ...]
    format: int = _FORMAT

    def line(self) -> bytes:
        """Return the header as the first line of a journal."""
        return _line(asdict(self))


class Journal:
    """Appends outcomes to a file, after those of an earlier, interrupted run."""

    def __init__(self, path: Path, header: JournalHeader) -> None:
        """Open or create the file. Raises ``EvaluationError`` if it belongs to another run."""
        self._path = path
        self.done = 0
        """The number of outcomes in the journal when it was opened."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._opened(header)
        except OSError as error:
            raise EvaluationError(
                f"cannot write to {path.parent}: {error}. Name another folder with --out."
            ) from error

    def _opened(self, header: JournalHeader) -> BinaryIO:
        stream = self._path.open("r+b" if self._path.exists() else "w+b")
        first = stream.readline()
        if first and first.endswith(b"\n") and first != header.line():
            stream.close()
            raise EvaluationError(
                f"{self._path.parent} holds a run of another question set, index or system. Name "
                "another folder with --out, or begin anew there with --restart."
            )
        if not first.endswith(b"\n"):  # the file is new, or its first line was interrupted
            stream.seek(0)
            stream.truncate()
            stream.write(header.line())
            stream.flush()
            return stream
        end = stream.tell()
        for line in stream:
            if not line.endswith(b"\n"):
                break
            self.done, end = self.done + 1, end + len(line)
        stream.seek(end)
        stream.truncate()
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def add(self, outcome: Outcome) -> None:
        """Write an outcome and flush it, so that it survives if the process is killed."""
        table = {
            name: getattr(outcome, name)
            for name in _FIELDS
            if getattr(outcome, name) != _EMPTY[name]
        }
        table["qid"] = outcome.question.qid
        table["cited"] = [astuple(one) for one in outcome.cited]
        table["found"] = [(one.unit, one.score, one.passage_id) for one in outcome.found]
        if outcome.confidence != outcome.confidence:
            table["confidence"] = None
        self._stream.write(_line(table))
        self._stream.flush()


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of a journal. Raises ``EvaluationError`` if it cannot be read."""
    try:
        with path.open("rb") as stream:
            header: dict[str, Any] = json.loads(stream.readline())
        if header["format"] != _FORMAT:
            raise ValueError("another format")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(
            f"{path.parent} holds no run that can be read ({error}). Name the folder of an "
            "evaluation, as --out named it."
        ) from error
    return header


def read_outcomes(path: Path, questions: Iterator[tuple[Question, str, str]]) -> Iterator[Outcome]:
    """Yield the outcomes of a journal in order, each with its question.

    ``questions`` yields the questions in the same order, as (question, text as asked, variant).
    Raises ``EvaluationError`` if they do not match the journal.
    """
    with path.open("rb") as stream:
        stream.readline()
        for line, (question, asked, variant) in zip(stream, questions, strict=False):
            table = json.loads(line)
            if table.pop("qid") != question.qid:
                raise EvaluationError(f"{path} does not fit its question set. Begin anew.")
            table["cited"] = tuple(_cited(one) for one in table["cited"])
            table["found"] = tuple(RunHit(*one) for one in table["found"])
            if table.get("confidence", 0.0) is None:
                table["confidence"] = float("nan")
            yield Outcome(question, asked, variant, **table)


def _cited(values: Sequence[Any]) -> Citation:
    number, passage_id, doc_id, start, end, quote, focus, *page = values
    stretches = tuple((a, b) for a, b in focus)
    return Citation(number, passage_id, doc_id, start, end, quote, stretches, *page)


def _line(table: Mapping[str, object]) -> bytes:
    text = json.dumps(table, ensure_ascii=False, sort_keys=True, default=str)
    return text.encode("utf-8", "surrogatepass") + b"\n"


_FIELDS = tuple(
    one.name for one in fields(Outcome) if one.name not in ("question", "asked", "variant")
)
_EMPTY = {one.name: one.default for one in fields(Outcome)}
